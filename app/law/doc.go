// Package law holds the statute as pure functions: how long a request may wait,
// how long data may stay, which days are worked, and the article behind each
// answer.
//
// From the left come plain facts and nothing else: the instant at which the
// server received a message, the controller's zone and territory, the notice of
// an extension, the suspensions that the owner entered, the instant at which a
// breach became known. To the right go civil dates ([Date], without clock or
// zone) with the reasoning that leads to them, step by step, in French and in
// English, each step with its source.
//
// It serves GDPR Articles 12(3), 12(4) and 33(1), Regulation (EEC, Euratom)
// 1182/71 on periods, dates and time limits, Article 77 of décret 2019-536,
// Article 51 II of the loi Informatique et Libertés, the public holidays of the
// code du travail, and the retention periods of the policy's Article 7.
//
// Figures that a legislator may change (one month, 72 hours, the holidays) are
// rows with the day from which they apply: see [Rules] and [Holidays].
//
// It never reads a clock, a file or the network, keeps no state, knows no
// person, and imports nothing but the standard library.
package law
