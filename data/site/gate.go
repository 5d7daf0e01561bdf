package site

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"greffier/data/reach"
)

// The bounds of what a browser may move in one visit.
const (
	gateConns = 64
	gateBytes = 256 << 20
	gateDial  = 10 * time.Second
)

// gate is the only way out of the browser: a proxy on this machine that resolves
// names itself and looks at the address that it dials. A page cannot lead the
// browser into a private network by a name that answers so, or that answers
// otherwise the second time.
type gate struct {
	ln    net.Listener
	srv   *http.Server
	own   *url.URL // what the owner named: it alone may be in her own network
	plain *http.Transport
	left  atomic.Int64 // bytes
	conns chan struct{}
	// refused counts what was not let through.
	refused atomic.Int64
	mu      sync.Mutex
	open    map[net.Conn]bool // tunnels, which the server no longer knows
}

// newGate opens a gate. own is nil where nothing private is let through.
func newGate(own *url.URL) (*gate, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{ln: ln, own: own, conns: make(chan struct{}, gateConns), open: map[net.Conn]bool{}}
	g.left.Store(gateBytes)
	g.plain = &http.Transport{DialContext: g.dial, MaxResponseHeaderBytes: maxHeader, ResponseHeaderTimeout: pageTimeout, DisableCompression: true}
	g.srv = &http.Server{Handler: g, ReadHeaderTimeout: pageTimeout, MaxHeaderBytes: maxHeader}
	go func() { _ = g.srv.Serve(ln) }() // ends with close
	return g, nil
}

// address is where the gate listens.
func (g *gate) address() string { return g.ln.Addr().String() }

// dial dials a public address, or the owner's own host.
func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := reach.Dialer(gateDial)
	if g.own != nil && strings.EqualFold(address, ownPort(g.own)) {
		d = &net.Dialer{Timeout: gateDial, Control: func(_, at string, _ syscall.RawConn) error {
			_, err := netip.ParseAddrPort(at)
			return err
		}}
	}
	c, err := d.DialContext(ctx, network, address)
	if errors.Is(err, reach.ErrPrivate) {
		g.refused.Add(1)
	}
	return c, err
}

// ownPort is where an address leads, with its port.
func ownPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case g.conns <- struct{}{}:
		defer func() { <-g.conns }()
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Method == http.MethodConnect {
		g.tunnel(w, r)
		return
	}
	g.forward(w, r)
}

// tunnel carries a connection whose words are nobody's but the browser's and the
// server's.
func (g *gate) tunnel(w http.ResponseWriter, r *http.Request) {
	out, err := g.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the browser has gone
	}
	defer in.Close()
	if !g.keep(in, out) {
		return
	}
	defer g.drop(in, out)
	if _, err := io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{}, 2)
	carry := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, g.bounded(from)) // either side may end it
		done <- struct{}{}
	}
	go carry(out, buffered)
	go carry(in, out)
	<-done
}

// keep remembers the ends of a tunnel, false where the gate is closed.
func (g *gate) keep(cs ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		return false
	}
	for _, c := range cs {
		g.open[c] = true
	}
	return true
}

func (g *gate) drop(cs ...net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range cs {
		delete(g.open, c)
	}
}

// forward asks for a page without TLS.
func (g *gate) forward(w http.ResponseWriter, r *http.Request) {
	if r.URL.Scheme != "http" || r.URL.Host == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	hop(out.Header)
	res, err := g.plain.RoundTrip(out)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	defer res.Body.Close()
	hop(res.Header)
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, g.bounded(res.Body)) // the browser sees where it ends
}

// hop removes what is of one connection alone (RFC 9110, 7.6.1).
func hop(h http.Header) {
	for _, named := range strings.Split(h.Get("Connection"), ",") {
		h.Del(strings.TrimSpace(named))
	}
	for _, k := range []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		h.Del(k)
	}
}

// bounded ends a stream when the visit has moved all that it may.
func (g *gate) bounded(r io.Reader) io.Reader { return &metered{g, r} }

type metered struct {
	g *gate
	r io.Reader
}

func (m *metered) Read(b []byte) (int, error) {
	if m.g.left.Load() <= 0 {
		return 0, io.EOF
	}
	n, err := m.r.Read(b)
	m.g.left.Add(-int64(n))
	return n, err
}

// close ends the gate and every connection through it.
func (g *gate) close() {
	_ = g.srv.Close()
	g.plain.CloseIdleConnections()
	g.mu.Lock()
	open := g.open
	g.open = nil
	g.mu.Unlock()
	for c := range open {
		_ = c.Close()
	}
}
