package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNotVendure means that no Vendure Admin API answers at the address.
var ErrNotVendure = errors.New("no Vendure Admin API at this address")

// errVendureGone tells that the shop has no record of that id.
var errVendureGone = errors.New("no such record in the shop")

// VendureConfig says where a Vendure shop is and how to read it.
type VendureConfig struct {
	// Name is the connection's name in the profile.
	Name string
	// URL is the address of the Admin API, such as
	// https://shop.example/admin-api; without a path, /admin-api is meant.
	// https is required; http is accepted for this computer only (loopback).
	URL string
	// User and Password are those of an administrator who may read orders and
	// customers and, for erasures, change orders and change and delete
	// customers.
	User, Password string
	// CAFile is a PEM file with one more certificate authority to trust, or
	// empty.
	CAFile string
	// PhotoMeta are the custom fields of orders and order lines whose values
	// are keys or URLs of photos. Empty means that all of them are searched
	// for what looks like one.
	PhotoMeta []string
	// Timeout bounds one request, its answer included. Zero means one minute.
	Timeout time.Duration
	// Now is the clock used where the shop does not send its own. Nil means
	// time.Now.
	Now func() time.Time
}

// Vendure is a Vendure shop, read through its Admin API (measured on 3.7.3). It
// implements order.Resumable, and its Desk can erase in the shop's records. It
// is safe for concurrent use.
type Vendure struct {
	name      string
	user      string
	password  string
	photoMeta []string
	now       func() time.Time
	client    *client
	seal      []byte // the key of the fingerprints

	mu     sync.Mutex
	token  string // of the session, "" before the first login
	custom *vendureCustom
	asked  time.Time // when custom was asked for
}

// NewVendure checks the configuration and returns the source. It does not
// connect. Errors: ErrAddress, ErrPlainRefused, ErrAuth when user or password
// are missing, ErrCertificate when CAFile cannot be used.
func NewVendure(c VendureConfig) (*Vendure, error) {
	v := &Vendure{name: c.Name, user: c.User, password: c.Password, photoMeta: c.PhotoMeta, seal: sealKey(KindVendure, c.Password)}
	cl, err := newClient(clientConfig{
		name: c.Name, site: c.URL, caFile: c.CAFile, timeout: c.Timeout, now: c.Now,
		authorise: func(r *http.Request) {
			if t := v.session(); t != "" {
				r.Header.Set("Authorization", "Bearer "+t)
			}
		},
		reason: func(body []byte) string {
			var a vendureAnswer
			if json.Unmarshal(body, &a) != nil || len(a.Errors) == 0 {
				return ""
			}
			return a.Errors[0].Extensions.Code
		},
	})
	if err != nil {
		return nil, err
	}
	if c.User == "" || c.Password == "" {
		return nil, fmt.Errorf("open shop %s: %w: user or password is empty", c.Name, ErrAuth)
	}
	if cl.base.Path == "" {
		cl.base.Path = "/admin-api"
	}
	v.client, v.now = cl, cl.now
	return v, nil
}

// Name returns the connection's name in the profile.
func (v *Vendure) Name() string { return v.name }

// String returns the connection's name, so that printing the source cannot
// print its password.
func (v *Vendure) String() string { return "Vendure shop " + v.name }

// GoString does what String does.
func (v *Vendure) GoString() string { return v.String() }

// Check logs in and returns how many orders the account can read ("250
// orders"), for the settings' live test. It does not wait for a busy shop.
// Errors: ErrUnreachable, ErrCertificate, ErrPlainRefused, ErrMoved, ErrAuth,
// ErrNotVendure, ErrBusy, ErrAnswer, the context's.
func (v *Vendure) Check(ctx context.Context) (string, error) {
	var said struct{ Orders struct{ TotalItems int } }
	err := v.ask(withoutWaiting(ctx), `{orders(options:{take:1,filter:{active:{eq:false}}}){totalItems}}`, nil, &said)
	if err != nil {
		return "", fmt.Errorf("ask shop %s: %w", v.name, err)
	}
	return fmt.Sprintf("%d orders", said.Orders.TotalItems), nil
}

func (v *Vendure) session() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token
}

// vendureAnswer is what every answer of the API looks like. An error comes with
// status 200.
type vendureAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

// ask sends a query or a mutation, logging in before it and once more where
// the session has ended, and decodes its data into what is given.
func (v *Vendure) ask(ctx context.Context, query string, variables map[string]any, into any) error {
	fresh := false
	if v.session() == "" {
		if err := v.login(ctx); err != nil {
			return err
		}
		fresh = true
	}
	for {
		code, _, err := v.send(ctx, query, variables, into)
		switch {
		case err != nil:
			return err
		case code == "":
			return nil
		case code == "FORBIDDEN" && !fresh:
			// An ended session and a missing permission look the same.
			if err := v.login(ctx); err != nil {
				return err
			}
			fresh = true
			continue
		case code == "FORBIDDEN":
			return fmt.Errorf("%w: the account may not do this", ErrAuth)
		case code == "ENTITY_NOT_FOUND":
			return errVendureGone
		}
		return fmt.Errorf("%w: %s", ErrAnswer, code)
	}
}

// login begins a session.
func (v *Vendure) login(ctx context.Context) error {
	v.mu.Lock()
	v.token = ""
	v.mu.Unlock()
	var said struct {
		Login vendureResult
	}
	code, header, err := v.send(ctx, `mutation($u:String!,$p:String!){login(username:$u,password:$p){__typename ... on ErrorResult{errorCode}}}`,
		map[string]any{"u": v.user, "p": v.password}, &said)
	if err != nil {
		return err
	}
	if code != "" {
		return fmt.Errorf("%w: %s", ErrAnswer, code)
	}
	if said.Login.Typename != "CurrentUser" {
		return fmt.Errorf("%w: %s", ErrAuth, plainCode(said.Login.ErrorCode))
	}
	token := header.Get("vendure-auth-token")
	if token == "" || len(token) > 4096 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%w: logged in, but no token came (the shop must allow bearer tokens)", ErrAuth)
	}
	v.mu.Lock()
	v.token = token
	v.mu.Unlock()
	return nil
}

// send makes one request. code is the shop's own reason where it answers with
// an error.
func (v *Vendure) send(ctx context.Context, query string, variables map[string]any, into any) (code string, header http.Header, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return "", nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.client.url("", url.Values{}), bytes.NewReader(body))
	if err != nil {
		return "", nil, ErrAddress
	}
	req.Header.Set("Content-Type", "application/json")
	answer, header, status, err := v.client.do(ctx, req)
	var a vendureAnswer
	readable := json.Unmarshal(answer, &a) == nil
	if err != nil {
		if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
			return "", nil, fmt.Errorf("%w: status %d", ErrNotVendure, status)
		}
		if readable && status == http.StatusBadRequest && len(a.Errors) > 0 {
			return plainCode(a.Errors[0].Extensions.Code), header, nil
		}
		return "", nil, err
	}
	if !readable || a.Data == nil && len(a.Errors) == 0 {
		return "", nil, ErrNotVendure
	}
	if len(a.Errors) > 0 {
		return plainCode(a.Errors[0].Extensions.Code), header, nil
	}
	if err := json.Unmarshal(a.Data, into); err != nil {
		return "", nil, fmt.Errorf("%w: not the shape that was asked for", ErrAnswer)
	}
	return "", header, nil
}

// plainCode keeps of the shop's code what cannot be personal data.
func plainCode(s string) string {
	if s == "" || len(s) > 60 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		return "an error without a code"
	}
	return s
}

// vendureResult is the part of a union that tells an error from a result.
type vendureResult struct {
	Typename  string `json:"__typename"`
	ErrorCode string `json:"errorCode"`
}

// vendureID tells whether an id of the shop may stand in a key and a query.
func vendureID(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// vendureCustom are the custom fields that a shop has added to its records.
type vendureCustom struct{ order, line, address, customer []vendureCustomField }

type vendureCustomField struct {
	name  string
	asset bool // refers to a file of the shop's library
	text  bool // may hold a person's words, and can be emptied
	fixed bool // cannot be changed through the API
}

var graphName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]{0,99}$`)

// customFields asks the shop which custom fields it has; what it said holds for
// an hour.
func (v *Vendure) customFields(ctx context.Context) (*vendureCustom, error) {
	v.mu.Lock()
	known, asked := v.custom, v.asked
	v.mu.Unlock()
	if known != nil && v.now().Sub(asked) < time.Hour {
		return known, nil
	}
	var said struct {
		GlobalSettings struct {
			ServerConfig struct {
				EntityCustomFields []struct {
					EntityName   string
					CustomFields []struct {
						Name, Type, Entity       string
						List, Readonly, Internal bool
						Nullable                 *bool
					}
				}
			}
		}
	}
	if err := v.ask(ctx, `{globalSettings{serverConfig{entityCustomFields{entityName customFields{... on CustomField{name type list readonly internal nullable} ... on RelationCustomFieldConfig{entity}}}}}}`, nil, &said); err != nil {
		return nil, err
	}
	c := &vendureCustom{}
	for _, e := range said.GlobalSettings.ServerConfig.EntityCustomFields {
		var to *[]vendureCustomField
		switch e.EntityName {
		case "Order":
			to = &c.order
		case "OrderLine":
			to = &c.line
		case "Address":
			to = &c.address
		case "Customer":
			to = &c.customer
		default:
			continue
		}
		for _, f := range e.CustomFields {
			text := slices.Contains([]string{"string", "text", "localeString", "localeText"}, f.Type)
			asset := f.Type == "relation" && f.Entity == "Asset"
			if f.Internal || !text && !asset || !graphName.MatchString(f.Name) || len(*to) >= 200 {
				continue
			}
			*to = append(*to, vendureCustomField{name: f.Name, asset: asset, text: text,
				fixed: f.Readonly || asset || f.Nullable != nil && !*f.Nullable})
		}
	}
	v.mu.Lock()
	v.custom, v.asked = c, v.now()
	v.mu.Unlock()
	return c, nil
}

// selection is the part of a query that asks for custom fields.
func selection(fields []vendureCustomField) string {
	if len(fields) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(" customFields{")
	for _, f := range fields {
		b.WriteString(f.name)
		if f.asset {
			b.WriteString("{source}")
		}
		b.WriteByte(' ')
	}
	b.WriteByte('}')
	return b.String()
}
