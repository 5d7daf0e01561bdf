package mail_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

// saying answers every request alike.
type saying struct {
	status int
	kind   string
	body   []byte
}

func (s saying) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{"Content-Type": {s.kind}},
		Body: io.NopCloser(bytes.NewReader(s.body)), ContentLength: int64(len(s.body))}, nil
}

// FuzzTokenAnswer: whatever a provider answers, a token is one or there is an
// error, which quotes nothing of the answer.
func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"b","scope":"x"}`))
	f.Add(200, "application/x-www-form-urlencoded", []byte("access_token=a&expires_in=3600"))
	f.Add(200, "application/json", []byte(`{"access_token":"a","expires_in":"-9e99"}`))
	f.Add(400, "application/json", []byte(`{"error":"invalid_grant","error_description":"PLANTED"}`))
	f.Add(400, "text/html", []byte("<html>PLANTED"))
	f.Add(200, "application/json", []byte(`{"access_token":"a\nPLANTED: b"}`))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if status < 200 || status > 599 || strings.ContainsAny(kind, "\r\n") {
			return
		}
		o := &mail.OAuth{HTTP: &http.Client{Transport: saying{status, kind, body}}}
		a := mailbox.Account{Provider: "gmail", ClientID: "id", Address: "claire@example.org"}
		var kept []mailbox.Token
		get := o.TokenSource(t.Context(), a, mailbox.Secret{Token: mailbox.Token{Refresh: "refresh"}}, func(k mailbox.Token) error { kept = append(kept, k); return nil })
		access, err := get(t.Context())
		switch {
		case err == nil && (access == "" || len(kept) != 1 || kept[0].Refresh == ""):
			t.Errorf("%q is taken for a token; kept are %+v", access, kept)
		case err == nil && strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r == 0x7f }):
			t.Errorf("a token of several lines: %q", access)
		case err != nil && (len(kept) > 0 || strings.Contains(err.Error(), "PLANTED")):
			t.Errorf("%v; kept are %+v", err, kept)
		}
	})
}
