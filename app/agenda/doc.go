// Package agenda looks ahead: from the records to the dates that wait, what
// each asks for, and what it means to be away.
//
// In from the left: cases with their clocks, the orders' media periods, holds,
// recipients to be reminded, processors' contracts, open breaches, and the days
// on which the owner is away. Out to the right: entries in the order of their
// dates, what has to be done before leaving, and the events of a calendar file.
//
// It serves GDPR Articles 5(1)(e), 12(3), 12(4), 19, 28(3) and 33(1). It is pure:
// it reads no clock and keeps nothing, and the words of an entry come from the
// catalog that it is given.
package agenda
