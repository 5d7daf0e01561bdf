// Package app is the façade that the window and the commands call: it joins
// the flow from message to register, in transactions, with jobs that report
// progress and can be cancelled.
//
// In from the left: ui and main. Out to the right: every package below app,
// and the outside world through the ports declared here, which data and
// reports implement. It never formats for a screen and never speaks SQL,
// HTTP or IMAP itself.
package app
