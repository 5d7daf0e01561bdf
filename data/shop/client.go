package shop

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"greffier/app/erasure"

	"github.com/hashicorp/go-retryablehttp"
	"greffier/data/reach"
)

const (
	maxAnswer   = 64 << 20        // bytes of one answer; 100 real orders are about 100 KB
	maxWait     = 2 * time.Minute // the longest Retry-After that is waited for
	maxAtOnce   = 2               // requests under way to one shop; small hosts refuse more
	defaultTime = time.Minute
)

// clientConfig says how to speak to one shop.
type clientConfig struct {
	// name is the connection's name in the profile, for errors.
	name string
	// site is the address that every request must lie on. https is required;
	// http is accepted for this computer only (loopback). Without a scheme it
	// is https.
	site string
	// caFile is a PEM file with one more certificate authority, or "".
	caFile string
	// timeout bounds one request, its answer included. Zero means one minute.
	timeout time.Duration
	// now is the clock against which Retry-After dates are read; nil means
	// time.Now.
	now func() time.Time
	// authorise puts the credentials into a request's headers; never into its
	// address, which ends in logs. nil means none.
	authorise func(*http.Request)
	// reason finds in the body of a refusal the shop's own code for it. Only
	// ASCII letters, digits, _ and - of it are ever shown. nil means none.
	reason func(body []byte) string
}

// client speaks HTTP to one shop: TLS 1.2 or later, credentials to its own
// host only, bounded answers, two requests at once, a busy shop waited for as
// long as it asks. It sends a request that failed again, so that each request
// must be one that may be repeated, or be sent with notTwice. It is safe for
// concurrent use.
type client struct {
	name      string
	base      *url.URL
	timeout   time.Duration
	now       func() time.Time
	authorise func(*http.Request)
	reason    func([]byte) string
	slots     chan struct{}
	http      *retryablehttp.Client
}

// newClient checks the configuration and does not connect. Errors: ErrAddress,
// ErrPlainRefused, ErrCertificate.
func newClient(c clientConfig) (*client, error) {
	site := strings.TrimSpace(c.site)
	if !strings.Contains(site, "://") {
		site = "https://" + site
	}
	u, err := url.Parse(site)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		// The parser's own error repeats the address, and with it a password
		// that someone may have written into it.
		return nil, fmt.Errorf("open shop %s: %w", c.name, ErrAddress)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, fmt.Errorf("open shop %s: %w", c.name, ErrPlainRefused)
	default:
		return nil, fmt.Errorf("open shop %s: %w", c.name, ErrAddress)
	}
	u.RawPath, u.RawQuery, u.Fragment = "", "", ""
	u.Path = strings.TrimRight(u.Path, "/")

	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if c.caFile != "" {
		pem, err := os.ReadFile(c.caFile)
		if err != nil {
			return nil, fmt.Errorf("read certificate authority of shop %s: %w: %w", c.name, ErrCertificate, bare(err))
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read certificate authority of shop %s: %w: no certificate in the file", c.name, ErrCertificate)
		}
	}
	cl := &client{
		name: c.name, base: u, timeout: c.timeout, now: c.now,
		authorise: c.authorise, reason: c.reason, slots: make(chan struct{}, maxAtOnce),
	}
	if cl.timeout <= 0 {
		cl.timeout = defaultTime
	}
	if cl.now == nil {
		cl.now = time.Now
	}
	cl.http = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Timeout:       cl.timeout,
			CheckRedirect: cl.checkRedirect,
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
				TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    20 * time.Second,
				ForceAttemptHTTP2:      true,
				MaxIdleConnsPerHost:    maxAtOnce,
				IdleConnTimeout:        90 * time.Second,
				MaxResponseHeaderBytes: 256 << 10,
			},
		},
		// No logger: what the library would log contains addresses.
		Logger:          nil,
		ResponseLogHook: func(_ retryablehttp.Logger, r *http.Response) { reach.Hear(r) },
		RetryMax:        4,
		RetryWaitMin:    500 * time.Millisecond,
		RetryWaitMax:    30 * time.Second,
		CheckRetry:      cl.checkRetry,
		Backoff:         cl.backoff,
		ErrorHandler:    retryablehttp.PassthroughErrorHandler,
	}
	return cl, nil
}

// url is the address of a path below the shop's own, such as
// "/wp-json/wc/v3/orders", with a query.
func (c *client) url(path string, q url.Values) string {
	u := *c.base
	u.Path += path
	u.RawQuery = q.Encode()
	return u.String()
}

// atOnce is the context key that asks for no second try.
type atOnce struct{}

// onlyOnce is the context key that asks for no second try of a request that
// the shop may have carried out.
type onlyOnce struct{}

// notTwice makes the requests of a context ones that are sent again only where
// the shop said that it did nothing (429): for a change that must not be made
// to what stands there after it was made once.
func notTwice(ctx context.Context) context.Context {
	return context.WithValue(ctx, onlyOnce{}, true)
}

// withoutWaiting makes the requests of a context fail rather than wait for a
// busy shop, for a live test in a settings page.
func withoutWaiting(ctx context.Context) context.Context {
	return context.WithValue(ctx, atOnce{}, true)
}

// do sends a request with the shop's credentials and returns the whole answer.
// Any status but 2xx comes back with an error beside the body, so that the
// caller may know better what, say, a 404 means. Nothing in the errors comes
// from the address or the body. Errors: ErrUnreachable, ErrCertificate,
// ErrPlainRefused, ErrMoved, ErrAuth (401, 403), ErrBusy (429, 503), ErrAnswer
// (any other status, or too long), ErrAddress for a request that is not for
// this shop, the context's.
func (c *client) do(ctx context.Context, req *http.Request) (body []byte, header http.Header, status int, err error) {
	if req.URL.Scheme != c.base.Scheme || !strings.EqualFold(hostPort(req.URL), hostPort(c.base)) {
		return nil, nil, 0, ErrAddress
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, nil, 0, ctx.Err()
	}
	again, err := retryablehttp.FromRequest(req.WithContext(ctx)) // keeps the body for a second try
	if err != nil {
		return nil, nil, 0, ErrAddress
	}
	if c.authorise != nil {
		c.authorise(again.Request)
	}
	if again.Header.Get("Accept") == "" {
		again.Header.Set("Accept", "application/json")
	}
	again.Header.Set("User-Agent", "Greffier")
	for try := 0; ; try++ {
		body, header, status, err = c.once(ctx, again)
		var cut *cutError
		if errors.As(err, &cut) && try < 2 && ctx.Err() == nil && ctx.Value(onlyOnce{}) == nil {
			continue // the connection broke within the answer
		}
		return body, header, status, err
	}
}

// cutError tells that an answer began well and did not end.
type cutError struct{ error }

func (c *cutError) Unwrap() error { return c.error }

func (c *client) once(ctx context.Context, req *retryablehttp.Request) ([]byte, http.Header, int, error) {
	resp, err := c.http.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return nil, nil, 0, c.explain(ctx, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return body, resp.Header, resp.StatusCode, c.refusal(resp, body)
	}
	if err != nil {
		return nil, nil, 0, &cutError{c.explain(ctx, err)}
	}
	if len(body) > maxAnswer {
		return nil, nil, 0, fmt.Errorf("%w: more than %d MB", ErrAnswer, maxAnswer>>20)
	}
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), resp.Header, resp.StatusCode, nil
}

// refusal says what a status other than 2xx means.
func (c *client) refusal(resp *http.Response, body []byte) error {
	code := ""
	if c.reason != nil {
		code = c.reason(body)
	}
	if len(code) > 80 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		code = "" // the shop's text, which may repeat anything
	}
	says := fmt.Sprintf("status %d", resp.StatusCode)
	if code != "" {
		says += ", " + code
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		if code == "" && c.reason != nil {
			says += ", without the shop's own reason (a firewall or a security plugin may stand before it)"
		}
		return fmt.Errorf("%w: %s", ErrAuth, says)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if d, ok := retryAfter(resp, c.now()); ok {
			says += ", asks to wait " + d.Round(time.Second).String()
		}
		return fmt.Errorf("%w: %s", ErrBusy, says)
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %s", ErrUnreachable, says)
	}
	return fmt.Errorf("%w: %s", ErrAnswer, says)
}

// explain turns an error of the network into one of ours, without the address
// that the library puts around it.
func (c *client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var (
		ue     *url.Error
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		ne     net.Error
	)
	if errors.As(err, &ue) {
		err = ue.Err
	}
	for _, ours := range []error{ErrMoved, ErrPlainRefused, ErrAnswer} {
		if errors.Is(err, ours) {
			return err
		}
	}
	switch {
	case errors.As(err, &verify):
		return fmt.Errorf("%w: %w", ErrCertificate, verify.Err)
	case certificateError(err):
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	case errors.As(err, &record):
		return fmt.Errorf("%w: the server does not speak TLS on this port", ErrUnreachable)
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("%w: no answer within %s", ErrUnreachable, c.timeout)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

func certificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// checkRedirect follows a shop within its own host and never to plain http,
// so that the credentials go nowhere else. A redirect that would turn a
// writing call into a reading one is not followed: its 200 would look like
// success.
func (c *client) checkRedirect(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != "https" && c.base.Scheme == "https" {
		return fmt.Errorf("redirected to http: %w", ErrPlainRefused)
	}
	if !strings.EqualFold(hostPort(req.URL), hostPort(c.base)) || req.Method != via[0].Method {
		return ErrMoved
	}
	if len(via) > 4 {
		return fmt.Errorf("%w: redirects in a circle", ErrAnswer)
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// checkRetry decides what may succeed when tried again.
func (c *client) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if ctx.Value(atOnce{}) != nil ||
		ctx.Value(onlyOnce{}) != nil && (err != nil || resp.StatusCode != http.StatusTooManyRequests) {
		return false, nil
	}
	if err != nil {
		var dns *net.DNSError
		var record tls.RecordHeaderError
		switch {
		case certificateError(err), errors.As(err, &record),
			errors.As(err, &dns) && dns.IsNotFound,
			errors.Is(err, ErrMoved), errors.Is(err, ErrPlainRefused), errors.Is(err, ErrAnswer):
			return false, nil
		}
		return true, nil
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		d, ok := retryAfter(resp, c.now())
		return !ok || d <= maxWait, nil
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// backoff waits as long as the shop asks, or twice as long at each try.
func (c *client) backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		if d, ok := retryAfter(resp, c.now()); ok {
			return min(d, maxWait)
		}
	}
	return min(least<<min(attempt, 16), most)
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date.
func retryAfter(resp *http.Response, now time.Time) (time.Duration, bool) {
	h := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if n, err := strconv.ParseInt(h, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(h); err == nil {
		return max(t.Sub(now), 0), true
	}
	return 0, false
}

// deskError adds to an error of a desk the sentinel of app/erasure by which a
// run knows whether to try again, to stop or to ask the owner.
func deskError(err error) error {
	for _, pair := range [][2]error{{ErrUnreachable, erasure.ErrOffline}, {ErrBusy, erasure.ErrOffline}, {ErrAuth, erasure.ErrDenied}} {
		if errors.Is(err, pair[0]) && !errors.Is(err, pair[1]) {
			return fmt.Errorf("%w: %w", pair[1], err)
		}
	}
	return err
}
