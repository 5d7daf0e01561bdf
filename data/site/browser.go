package site

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"greffier/app/promise"
)

// browserNames are the programs that speak the DevTools protocol.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome", "brave-browser"}

// FindBrowser returns the path of a browser that can load pages without a
// window, "" where there is none. Windows cannot hand it the pipes that it is
// spoken to through.
func FindBrowser() string {
	if runtime.GOOS == "windows" {
		return ""
	}
	for _, name := range browserNames {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	for _, p := range []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"} {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p
		}
	}
	return ""
}

// The bounds of the browser.
const (
	browserTimeout = 90 * time.Second
	maxReply       = 8 << 20
	maxEvents      = 20_000
	browserPages   = 3 // home and two more: each loads what it wants
)

// settle is how long a page is left alone after it has loaded: scripts set
// their cookies then.
var settle = 3 * time.Second

// browse loads the pages that were read in a browser that has never been
// anywhere and clicks nothing. What fails is told as a problem: the plain
// reading stands then.
func (t *visit) browse(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, browserTimeout)
	defer cancel()
	var own *url.URL
	if t.private {
		own = t.home
	}
	g, err := newGate(own)
	if err != nil {
		t.out.Problems = append(t.out.Problems, "browser")
		return
	}
	defer g.close()
	b, err := startBrowser(ctx, t.v.Browser, g.address())
	if err != nil {
		t.out.Problems = append(t.out.Problems, "browser")
		return
	}
	defer b.close()
	name, err := b.open(ctx, !t.private)
	for i, u := range t.read[:min(browserPages, len(t.read))] {
		if err != nil {
			break
		}
		t.report(i+1, browserPages+1, "browser")
		err = b.load(ctx, u.String(), func(address, how string) {
			if r, perr := url.Parse(address); perr == nil && r.Hostname() != "" && !t.own(r) {
				t.found(promise.SiteFound{Host: r.Hostname(), How: how, Page: u.Path}, ofHost(r.Hostname()))
			}
		})
	}
	var cookies []browserCookie
	if err == nil {
		cookies, err = b.cookies(ctx)
	}
	if err != nil {
		t.out.Problems = append(t.out.Problems, "browser")
		return
	}
	for _, c := range cookies {
		var until time.Time
		if !c.Session && c.Expires > 0 {
			until = time.Unix(int64(c.Expires), 0)
		}
		t.cookie(c.Name, strings.TrimPrefix(c.Domain, "."), t.read[0].Path, until)
	}
	t.out.Browser = shorten(name)
}

// browser is a browser under way, spoken to through two pipes: messages of JSON
// that end in a zero byte (DevTools protocol).
type browser struct {
	cmd     *exec.Cmd
	dir     string // its profile, which goes with it
	in      io.WriteCloser
	replies chan message
	next    int
	session string
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startBrowser starts a browser whose only way out is the proxy at gate: it
// resolves no name by itself, and takes no way around, by UDP or by a list of
// hosts of this machine.
func startBrowser(ctx context.Context, path, gate string) (*browser, error) {
	dir, err := os.MkdirTemp("", "greffier-browser-*")
	if err != nil {
		return nil, err
	}
	b := &browser{dir: dir, replies: make(chan message, 64)}
	toIt, in, err := os.Pipe()
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	out, fromIt, err := os.Pipe()
	if err != nil {
		toIt.Close()
		in.Close()
		os.RemoveAll(dir)
		return nil, err
	}
	b.cmd = exec.CommandContext(ctx, path, "--headless=new", "--remote-debugging-pipe", "--user-data-dir="+filepath.Join(dir, "profile"), "--no-first-run", "--no-default-browser-check",
		"--disable-extensions", "--disable-background-networking", "--disable-sync", "--disable-component-update", "--mute-audio",
		"--proxy-server=http://"+gate, "--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-quic", "about:blank")
	b.cmd.ExtraFiles = []*os.File{toIt, fromIt} // 3 and 4 of the browser
	b.cmd.WaitDelay = 5 * time.Second
	err = b.cmd.Start()
	toIt.Close()
	fromIt.Close()
	if err != nil {
		in.Close()
		out.Close()
		os.RemoveAll(dir)
		return nil, err
	}
	b.in = in
	go b.listen(ctx, out)
	return b, nil
}

// listen reads what the browser says until it ends.
func (b *browser) listen(ctx context.Context, out *os.File) {
	defer close(b.replies)
	defer out.Close()
	s := bufio.NewScanner(out)
	s.Buffer(nil, maxReply)
	s.Split(func(data []byte, end bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, 0); i >= 0 {
			return i + 1, data[:i], nil
		}
		return 0, nil, nil
	})
	for n := 0; s.Scan() && n < maxEvents; n++ {
		var m message
		if json.Unmarshal(s.Bytes(), &m) != nil {
			continue
		}
		select {
		case b.replies <- m:
		case <-ctx.Done():
			return
		}
	}
}

var errBrowser = errors.New("the browser does not answer")

// call asks for something; events that come meanwhile are handed to event.
func (b *browser) call(ctx context.Context, method string, params any, result any, event func(message)) error {
	b.next++
	ask := map[string]any{"id": b.next, "method": method, "params": params}
	if b.session != "" {
		ask["sessionId"] = b.session
	}
	raw, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(raw, 0)); err != nil {
		return errBrowser
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-b.replies:
			switch {
			case !ok:
				return errBrowser
			case m.ID != b.next:
				if event != nil && m.Method != "" {
					event(m)
				}
				continue
			case m.Error != nil:
				return fmt.Errorf("%s: %w", method, errBrowser)
			case result == nil:
				return nil
			}
			return json.Unmarshal(m.Result, result)
		}
	}
}

type none struct{}

// open opens a page and returns the browser's name. strict keeps the page from
// asking this machine or the network around it.
func (b *browser) open(ctx context.Context, strict bool) (string, error) {
	var version struct {
		Product string `json:"product"`
	}
	var target struct {
		ID string `json:"targetId"`
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := errors.Join(b.call(ctx, "Browser.getVersion", none{}, &version, nil), b.call(ctx, "Target.createTarget", map[string]any{"url": "about:blank"}, &target, nil)); err != nil {
		return "", err
	}
	if err := b.call(ctx, "Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &session, nil); err != nil {
		return "", err
	}
	b.session = session.ID
	err := errors.Join(b.call(ctx, "Network.enable", none{}, nil, nil), b.call(ctx, "Page.enable", none{}, nil, nil))
	if err == nil && strict {
		err = b.call(ctx, "Network.setBlockedURLs", map[string]any{"urls": []string{"*://localhost*", "*://*.localhost*", "*://0.*", "*://127.*", "*://10.*", "*://192.168.*", "*://172.*", "*://169.254.*", "*://100.*", "*://[*", "file:*"}}, nil, nil)
	}
	return version.Product, err
}

// load loads an address and tells of each request that the page makes.
func (b *browser) load(ctx context.Context, address string, asked func(address, how string)) error {
	loaded := false
	event := func(m message) {
		switch m.Method {
		case "Page.loadEventFired":
			loaded = true
		case "Network.requestWillBeSent":
			var p struct {
				Type    string `json:"type"`
				Request struct {
					URL string `json:"url"`
				} `json:"request"`
			}
			if json.Unmarshal(m.Params, &p) == nil {
				asked(p.Request.URL, how(p.Type))
			}
		}
	}
	if err := b.call(ctx, "Page.navigate", map[string]any{"url": address}, nil, event); err != nil {
		return err
	}
	quiet := time.NewTimer(pageTimeout)
	defer quiet.Stop()
	for {
		if loaded {
			loaded = false
			quiet.Reset(settle)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet.C:
			return nil
		case m, ok := <-b.replies:
			if !ok {
				return errBrowser
			}
			event(m)
		}
	}
}

// how says in Greffier's words what a page asks for.
func how(kind string) string {
	switch kind {
	case "Script":
		return "script"
	case "Image", "Media":
		return "image"
	case "Document":
		return "frame"
	case "Stylesheet":
		return "style"
	case "Font":
		return "font"
	}
	return "request"
}

type browserCookie struct {
	Name    string  `json:"name"`
	Domain  string  `json:"domain"`
	Expires float64 `json:"expires"` // seconds of Unix time
	Session bool    `json:"session"`
}

// cookies returns all that was set, whoever set it.
func (b *browser) cookies(ctx context.Context) ([]browserCookie, error) {
	var out struct {
		Cookies []browserCookie `json:"cookies"`
	}
	session := b.session
	b.session = "" // asked of the browser as a whole
	defer func() { b.session = session }()
	err := b.call(ctx, "Storage.getCookies", none{}, &out, nil)
	return out.Cookies, err
}

// close ends the browser and removes its profile.
func (b *browser) close() {
	b.in.Close()
	done := make(chan struct{})
	go func() { _ = b.cmd.Wait(); close(done) }() // that it was ended is no error
	select {
	case <-done:
	case <-time.After(3 * time.Second):
		_ = b.cmd.Process.Kill()
		<-done
	}
	_ = os.RemoveAll(b.dir) // a temporary folder that nobody reads again
}
