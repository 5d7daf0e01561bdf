package reach

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// ErrPrivate says that an address of a stranger leads to this machine or into a
// private network.
var ErrPrivate = errors.New("the address leads into a private network")

// special are networks that are neither private in the sense of netip nor
// anybody's on the Internet (RFC 6890; RFC 6052 and 3056 carry others inside).
var special = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

// given is what of IPv6 is given out for the Internet (RFC 4291, 2.4): whatever
// lies beside it is local, or carries an address of IPv4 inside.
var given = netip.MustParsePrefix("2000::/3")

// Public tells whether an address is one of the Internet.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Is6() && !given.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Dialer dials public addresses alone, and tells of others with ErrPrivate.
func Dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: timeout, Control: control}
}

func control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !Public(ap.Addr()) {
		return ErrPrivate
	}
	return nil
}

// guard carries requests to public addresses alone.
type guard struct{ direct, proxied *http.Transport }

// Guard returns a transport like t that reaches public addresses alone. A
// request that goes through the owner's proxy is resolved there: only an
// address that is written as a number can be refused before.
func Guard(t *http.Transport) http.RoundTripper {
	g := guard{direct: t.Clone(), proxied: t}
	g.direct.Proxy = nil
	g.direct.DialContext = Dialer(20 * time.Second).DialContext
	g.direct.DialTLSContext = nil
	return g
}

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	if a, err := netip.ParseAddr(host); err == nil && !Public(a) || err != nil && numeric(host) {
		return nil, fmt.Errorf("reach a server: %w", ErrPrivate)
	}
	if g.proxied.Proxy != nil {
		if u, err := g.proxied.Proxy(r); err != nil || u != nil {
			return g.proxied.RoundTrip(r)
		}
	}
	return g.direct.RoundTrip(r)
}

// numeric tells of an address that is written as no address usually is,
// "2130706433" or "0x7f.1": a proxy would resolve it (WHATWG URL, 3.5).
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
