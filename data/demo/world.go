package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// loopback is the only address on which anything of the demonstration listens.
const loopback = "127.0.0.1"

// The environment variables that ProfileTOML names and Env fills.
const (
	PasswordEnv   = "GREFFIER_DEMO_MAIL_PASSWORD"
	ShopKeyEnv    = "GREFFIER_DEMO_SHOP_KEY"
	ShopSecretEnv = "GREFFIER_DEMO_SHOP_SECRET"
)

// Feed makes the shop's server: a handler that answers for the orders given as
// WooCommerce's REST API v3 does, to who presents the key and the secret.
type Feed func(key, secret string, orders []Order) http.Handler

// World is the running demonstration. Its servers live in this process until
// Close.
type World struct {
	IMAPHost               string // 127.0.0.1: reached without TLS
	IMAPPort               int
	IMAPUser, IMAPPassword string
	ShopURL                string // http on the loopback address, no slash at the end
	ShopKey, ShopSecret    string
	PhotosDir              string    // root of the folder storage, absolute
	Now                    time.Time // UTC; the first start in this folder, on which all dates hang
	FirstStart             bool      // the photographs were written by this start
	Orders                 []Order   // oldest first
	Mails                  []Mail    // oldest first
	imap                   *imapserver.Server
	shop                   *http.Server
	imapListen, shopListen net.Listener
	serving                sync.WaitGroup
	closeOnce              sync.Once
	closeErr               error
}

// Start brings the demonstration up in a folder, which it makes. The first
// start dates everything back from now, writes the photographs below dir/photos
// and then dir/demo.json; a later start in the same folder takes the instant
// from there and writes no photograph, so that an erased one stays erased. ctx
// ends the start only: the servers run until Close.
//
// Errors: ErrMarker, ErrData, those of ctx, and those of the file system and of
// opening a socket.
func Start(ctx context.Context, dir string, now time.Time, feed Feed) (*World, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the demonstration's folder: %w", bare(err))
	}
	photos := filepath.Join(dir, "photos")
	if err := os.MkdirAll(photos, 0o700); err != nil {
		return nil, fmt.Errorf("make the demonstration's folder: %w", bare(err))
	}
	m, known, err := readMarker(dir)
	if err != nil {
		return nil, err
	}
	if !known {
		m = newMarker(now)
	}
	data, err := newWorld(m.Seed, m.Now)
	if err != nil {
		return nil, err
	}
	if !known {
		if err := data.writePhotos(ctx, photos); err != nil {
			return nil, err
		}
	}

	w := &World{
		IMAPHost: loopback, IMAPUser: Address, IMAPPassword: m.Password,
		ShopKey: m.Key, ShopSecret: m.Secret, PhotosDir: photos, Now: m.Now, FirstStart: !known,
		Orders: data.orders, Mails: data.mails,
	}
	if w.imapListen, w.IMAPPort, err = listen(m.IMAPPort); err != nil {
		return nil, fmt.Errorf("open the demonstration's mailbox: %w", err)
	}
	var shopPort int
	if w.shopListen, shopPort, err = listen(m.ShopPort); err != nil {
		w.imapListen.Close()
		return nil, fmt.Errorf("open the demonstration's shop: %w", err)
	}
	w.ShopURL = "http://" + net.JoinHostPort(loopback, strconv.Itoa(shopPort))
	// Only now, with the photographs whole, does the folder count as started.
	if !known || m.IMAPPort != w.IMAPPort || m.ShopPort != shopPort {
		m.IMAPPort, m.ShopPort = w.IMAPPort, shopPort
		if err := m.write(dir); err != nil {
			w.imapListen.Close()
			w.shopListen.Close()
			return nil, fmt.Errorf("remember the demonstration's start: %w", err)
		}
	}
	if err := w.serve(feed); err != nil {
		w.imapListen.Close()
		w.shopListen.Close()
		return nil, err
	}
	return w, nil
}

// listen opens a socket on the port of the last time, or on any where that one
// is taken.
func listen(port int) (net.Listener, int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil && port != 0 {
		l, err = net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	}
	if err != nil {
		return nil, 0, err
	}
	return l, l.Addr().(*net.TCPAddr).Port, nil
}

// literal is a message as the mailbox takes it in.
type literal struct{ *bytes.Reader }

// serve fills the mailbox and starts both servers.
func (w *World) serve(feed Feed) error {
	user := imapmemserver.NewUser(w.IMAPUser, w.IMAPPassword)
	for _, name := range Folders {
		if err := user.Create(name, nil); err != nil {
			return fmt.Errorf("make the folder %s: %w", name, err)
		}
	}
	for _, m := range w.Mails {
		options := &imap.AppendOptions{Time: m.Received}
		if m.Seen {
			options.Flags = append(options.Flags, imap.FlagSeen)
		}
		if m.Folder == "Drafts" {
			options.Flags = append(options.Flags, imap.FlagDraft)
		}
		if _, err := user.Append(m.Folder, literal{bytes.NewReader(m.Raw)}, options); err != nil {
			return fmt.Errorf("fill the folder %s: %w", m.Folder, err)
		}
	}
	mailboxes := imapmemserver.New()
	mailboxes.AddUser(user)
	quiet := log.New(io.Discard, "", 0) // the library logs each connection that breaks off
	w.imap = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mailboxes.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		Logger:       quiet,
		InsecureAuth: true, // nothing leaves this computer
	})
	w.shop = &http.Server{
		Handler:           feed(w.ShopKey, w.ShopSecret, slices.Clone(w.Orders)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          quiet,
	}
	w.serving.Go(func() { w.imap.Serve(w.imapListen) })
	w.serving.Go(func() { w.shop.Serve(w.shopListen) })
	return nil
}

// Close ends both servers and their connections, and waits until they no longer
// listen. The folder stays. A second Close does nothing.
func (w *World) Close() error {
	w.closeOnce.Do(func() {
		closed := func(err error) error {
			if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return err
		}
		w.closeErr = errors.Join(closed(w.imap.Close()), closed(w.imapListen.Close()), closed(w.shop.Close()), closed(w.shopListen.Close()))
		w.serving.Wait()
	})
	return w.closeErr
}

// Env returns the secrets under the names of the environment variables that
// ProfileTOML gives for them.
func (w *World) Env() map[string]string {
	return map[string]string{PasswordEnv: w.IMAPPassword, ShopKeyEnv: w.ShopKey, ShopSecretEnv: w.ShopSecret}
}

// ProfileTOML is the profile file that leads to this world. It holds no secret:
// see Env.
func (w *World) ProfileTOML() string {
	return fmt.Sprintf(`# The profile of the demonstration: invented orders and mails, servers on this
# computer. The controller is the one that the policy names.

[controller]
name = "KIONKE Kathryn EI"
address = "7 avenue Foch, 59800 Lille, France"
email = "contact@cleverfaces.com"
site = "https://www.cleverfaces.com"
language = "fr"
time_zone = "Europe/Paris"

[mailbox]
host = %s
port = %d
security = "plain"
user = %s
password_env = %s

[[shop]]
kind = "woocommerce"
url = %s
key_env = %s
secret_env = %s

[[storage]]
name = "photos"
kind = "folder"
path = %s
  [[storage.locator]]
  holds = "photo"
  key = "uploads/{order}/"
  [[storage.locator]]
  holds = "portrait"
  key = "portraits/{order}/"
  [[storage.locator]]
  holds = "derived"
  key = "thumbs/{order}/"
`, quoted(w.IMAPHost), w.IMAPPort, quoted(w.IMAPUser), quoted(PasswordEnv),
		quoted(w.ShopURL), quoted(ShopKeyEnv), quoted(ShopSecretEnv), quoted(w.PhotosDir))
}

// quoted writes a TOML basic string: a path may have backslashes or quotes.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
