// Package reach keeps a connection to an address that a stranger named (an
// answer of a shop, the domain of a mail address, a redirect) out of this
// machine and of the private network around it. What the owner set herself is
// not its business.
//
// The address is looked at when it is dialled, after the name was resolved, so
// that a name that changes its answer in between gains nothing.
package reach
