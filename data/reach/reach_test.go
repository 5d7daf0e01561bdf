package reach_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"greffier/data/reach"
)

func TestWhichAddressesAreOfTheInternet(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "100.64.0.1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "198.18.0.1": false,
		"::7f00:1": false, "::ffff:0:7f00:1": false, "64:ff9b:1::1": false, "100::1": false, "fec0::1": false, "2001:10::1": false, "2001:db8::1": false, "3fff::1": false, "5f00::1": false, "2a00:1450:4007::1": true, "2001:4860:4860::8888": true,
	} {
		if got := reach.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestANameThatLeadsHomeIsRefusedWhenItIsDialled: what counts is the address
// that is dialled, not the name that was asked for.
func TestANameThatLeadsHomeIsRefusedWhenItIsDialled(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	client := &http.Client{Transport: reach.Guard(&http.Transport{})}
	for _, u := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1), strings.Replace(s.URL, "127.0.0.1", "0.0.0.0", 1)} {
		if _, err := client.Get(u); !errors.Is(err, reach.ErrPrivate) {
			t.Errorf("%s: %v", u, err)
		}
	}
	if _, err := reach.Dialer(0).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://")); !errors.Is(err, reach.ErrPrivate) {
		t.Error("dialled:", err)
	}
	if asked != 0 {
		t.Error("it was reached")
	}
}

// TestAnAddressInDisguiseIsNotGivenToAProxy: a proxy would resolve it.
func TestAnAddressInDisguiseIsNotGivenToAProxy(t *testing.T) {
	asked := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: reach.Guard(&http.Transport{Proxy: http.ProxyURL(at)})}
	for _, host := range []string{"127.0.0.1", "[::1]", "2130706433", "127.1", "0x7f.1", "0X7F000001", "0177.0.0.01", "169.254.169.254", "10.0.0.1."} {
		if _, err := client.Get("http://" + host + "/"); !errors.Is(err, reach.ErrPrivate) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked != 0 {
		t.Error("the proxy was asked")
	}
	if r, err := client.Get("http://shop.example/"); err != nil || asked != 1 {
		t.Errorf("a name goes through the proxy: %v, %d", err, asked)
	} else {
		r.Body.Close()
	}
}

func FuzzPublic(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1})
	f.Add([]byte{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if ok && reach.Public(a) && (a.Unmap().IsLoopback() || a.Unmap().IsPrivate()) {
			t.Fatal(a)
		}
	})
}
