// Package site visits the shop's own site as a visitor does who has consented to
// nothing, and tells what that visitor met: cookies, trackers, other hosts, the
// page of the privacy policy, the encryption, the contact address.
//
// In from the left: the address of the profile. Out to the right: a
// promise.Site, from which promises P12, P13 and P17 are checked (LIL Art. 82;
// GDPR Art. 13 and 32).
//
// It asks the shop's own host and its www twin, and nobody else: a redirect to
// another host is told and not followed, and an address of a private network is
// refused unless the profile itself names one. Its requests are few, slow and
// bounded in size and time. Everything that a page says is hostile text.
package site
