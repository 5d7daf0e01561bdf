// Package promise checks every promise of the shop's privacy policy against the
// records: kept, at risk by a stated day, broken with the rows that break it,
// or not to be told, with what is missing and the act that mends it.
//
// In from the left: the registers, the orders, what the media rule makes of the
// storages, the cases with their deadlines, the runs, and when each service was
// last read. Out to the right: seventeen promises with their evidence, as keys
// and arguments of the text catalog.
//
// It serves GDPR Articles 5(2) and 24: the controller is able to demonstrate
// what she promised. A promise is never kept by default: without evidence, and
// where this version cannot look, nothing is claimed. It never reads a clock, a
// file or the network, changes nothing, and puts no name, address or mail text
// of a person into its evidence.
package promise
