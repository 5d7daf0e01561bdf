// Package register turns records into the registers that accountability asks
// for (GDPR Art. 5(2)): processing activities (Art. 30), processors, requests,
// erasures, retention, breaches (Art. 33(5)), trackers, consents and policy
// versions.
//
// In from the left: cases, erasure runs, and the records that the owner keeps.
// Out to the right: a Document of headings, fields and tables that
// reports prints as PDF, CSV or JSON. It never formats for one medium.
package register
