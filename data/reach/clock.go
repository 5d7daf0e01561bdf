package reach

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// heard is by how much this machine's clock was ahead of each server's, when one
// last said its time.
var heard = struct {
	sync.Mutex
	by map[string]word
}{by: map[string]word{}}

type word struct {
	ahead time.Duration
	at    time.Time
}

const (
	// wordFor is how long a server's word counts: a clock that was put right is
	// believed soon, because each answer says the time anew.
	wordFor = time.Hour
	// maxServers bounds how many servers are remembered.
	maxServers = 100
)

// Hear takes the time from an answer (Date, RFC 9110, 6.6.1). What lies on this
// machine has its clock and says nothing new; an answer out of a cache (Age) has
// an old date.
func Hear(r *http.Response) {
	if r == nil || r.Request == nil || r.Header.Get("Age") != "" {
		return
	}
	host := strings.ToLower(r.Request.URL.Hostname())
	said, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || mine(host) {
		return
	}
	note(host, said, time.Now())
}

func mine(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func note(host string, said, now time.Time) {
	heard.Lock()
	defer heard.Unlock()
	w := word{now.Sub(said), now}
	// The latest time that a server said within the hour is the best: what was
	// written before may have waited on the way.
	if old, ok := heard.by[host]; ok && now.Sub(old.at) < wordFor && old.ahead < w.ahead && !now.Before(old.at) {
		return
	} else if !ok && len(heard.by) >= maxServers {
		return
	}
	heard.by[host] = w
}

// Ahead returns by how much the clock of this machine is ahead of the servers
// that said their time within the last hour: the most, because one that is right
// is enough to doubt it. It is false where none said anything, negative where the
// clock is behind.
func Ahead() (ahead time.Duration, known bool) { return aheadAt(time.Now()) }

func aheadAt(now time.Time) (ahead time.Duration, known bool) {
	heard.Lock()
	defer heard.Unlock()
	for host, w := range heard.by {
		if since := now.Sub(w.at); since < 0 || since >= wordFor {
			delete(heard.by, host)
			continue
		}
		if !known || w.ahead > ahead {
			ahead, known = w.ahead, true
		}
	}
	return ahead, known
}

// Listen returns a transport that hears the time from each answer.
func Listen(next http.RoundTripper) http.RoundTripper { return listener{next} }

type listener struct{ next http.RoundTripper }

func (l listener) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	Hear(resp)
	return resp, err
}
