// Package retention applies the retention rules of the policy: rules × orders
// × objects give what is due, and why what is due waits.
//
// In from the left: orders, objects found, holds, open cases. Out to the
// right: rows of what is due, from which a plan is made. It never erases. A
// Tally takes objects as they are found and keeps those that are due.
package retention
