package mail_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"greffier/app/mailbox"
	"greffier/data/mail"
	"greffier/data/mail/mailtest"

	"github.com/emersion/go-imap/v2"
)

// shaper writes mails of all shapes that mail programs make, and of some that
// only broken ones make.
type shaper struct {
	*rand.Rand
	n     int  // boundaries so far
	huge  int  // bytes of a large attachment
	large bool // one is in
}

func pick[T any](s *shaper, list ...T) T { return list[s.IntN(len(list))] }

func (s *shaper) words() string {
	var b strings.Builder
	for range 1 + s.IntN(60) {
		b.WriteString(pick(s, "Bonjour", "effacez", "mes photos", "s'il vous plaît", "été", "=E9", "--", "commande 1234", ".", "\r\n", "From me", "<b>"))
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

func (s *shaper) encode(body []byte, encoding string) []byte {
	var b bytes.Buffer
	switch encoding {
	case "base64":
		text := base64.StdEncoding.EncodeToString(body)
		width := pick(s, 76, 76, 76, 72, 60)
		for len(text) > width {
			b.WriteString(text[:width] + "\r\n")
			text = text[width:]
		}
		b.WriteString(text + pick(s, "", "\r\n"))
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		w.Write(body)
		w.Close()
	default:
		b.Write(body)
	}
	return b.Bytes()
}

func (s *shaper) part(header string, body []byte, encoding string) []byte {
	if encoding != "" {
		header += "Content-Transfer-Encoding: " + encoding + "\r\n"
	}
	return append([]byte(header+"\r\n"), s.encode(body, encoding)...)
}

func (s *shaper) leaf() []byte {
	switch s.IntN(9) {
	case 0, 1, 2:
		return s.part("Content-Type: text/plain; charset=utf-8"+pick(s, "", "; format=flowed", ";\r\n name=\"lettre.txt\"")+"\r\n", []byte(s.words()), pick(s, "", "8bit", "base64", "quoted-printable"))
	case 3:
		return s.part("Content-Type: text/html; charset=\"utf-8\"\r\n", []byte("<html><body><p>"+s.words()+"</p></body></html>"), pick(s, "8bit", "base64", "quoted-printable"))
	case 4:
		return s.part("Content-Type: message/rfc822\r\n"+pick(s, "", "Content-Disposition: attachment; filename=\"mail.eml\"\r\n"), append([]byte("From: x@example.org\r\nSubject: transf\r\n"), s.leaf()...), "")
	case 5:
		return s.part("Content-Type: application/octet-stream; name=\"avis.eml\"\r\nContent-Disposition: attachment; filename=\"avis.eml\"\r\n",
			append([]byte("From: y@example.org\r\nSubject: joint\r\n"), s.leaf()...), pick(s, "", "base64"))
	case 6:
		return s.part("", []byte(s.words()), "") // no header at all
	}
	return s.attachment(s.IntN(30 << 10))
}

// noise gives bytes as those of a photo.
func (s *shaper) noise(size int) []byte {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(s.Uint32())
	}
	body := make([]byte, size)
	rand.NewChaCha8(seed).Read(body)
	return body
}

func (s *shaper) attachment(size int) []byte {
	body := s.noise(size)
	header := pick(s,
		"Content-Type: image/jpeg; name=\"photo.jpg\"\r\nContent-Disposition: attachment; filename=\"photo.jpg\"\r\n",
		"Content-Type: image/png;\r\n\tname=\"=?utf-8?q?=C3=A9t=C3=A9.png?=\"\r\n",
		"Content-Disposition: attachment;\r\n filename*0*=utf-8''%C3%A9t;\r\n filename*1*=%C3%A9.zip\r\nContent-Type: application/zip\r\n",
		"Content-Type: application/octet-stream\r\nContent-Disposition: inline\r\n",
		"content-type : VIDEO/MP4 (a film; of hers); name=film.mp4\r\n",
		"Content-Type: image/gif; name=broken; =; name=\"x\r\n",
		"Content-Type: image\r\nContent-Disposition: attachment; filename=strange.bin\r\n",
		"Content-Type: audio/ogg; name=\"../../etc/passwd\"\r\nX-Note: garbage follows\r\nthis is no field\r\n")
	return s.part(header, body, "base64")
}

func (s *shaper) entity(depth int) []byte {
	if depth == 0 || s.IntN(4) == 0 {
		if !s.large && s.IntN(3) > 0 {
			s.large = true
			return s.attachment(s.huge)
		}
		return s.leaf()
	}
	kids := make([][]byte, 1+s.IntN(4))
	for i := range kids {
		kids[i] = s.entity(depth - 1)
	}
	return s.multipart(kids)
}

func (s *shaper) multipart(kids [][]byte) []byte {
	s.n++
	boundary := fmt.Sprintf(pick(s, "b%d", "=_Part_%d", "a b%d", "prefix", "----=_NextPart_%d_x"), s.n)
	boundary, _, _ = strings.Cut(boundary, "%!")
	var b bytes.Buffer
	fmt.Fprintf(&b, "Content-Type: multipart/%s; boundary=%q\r\n\r\n", pick(s, "mixed", "mixed", "alternative", "related", "digest", "report"), boundary)
	b.WriteString(pick(s, "", "This is a multi-part message in MIME format.\r\n"))
	for _, k := range kids {
		b.WriteString("\r\n--" + boundary + pick(s, "", "", " ") + "\r\n")
		b.Write(k)
	}
	if s.IntN(8) > 0 {
		b.WriteString("\r\n--" + boundary + "--\r\n")
		b.WriteString(pick(s, "", "", "epilogue: never read\r\n"))
	}
	return b.Bytes()
}

func (s *shaper) mail(i int) []byte {
	head := fmt.Sprintf("From: Client <c%d@example.org>\r\nTo: contact@localhost.test\r\nSubject: forme %d\r\nMessage-ID: <p%d@example.org>\r\nMIME-Version: 1.0\r\n", i, i, i)
	s.large = false
	body := s.entity(3)
	if !s.large {
		body = s.multipart([][]byte{body, s.attachment(s.huge)})
	}
	return append([]byte(head), body...)
}

// TestPartialIsWhole is the promise of reading in parts: what is read of a mail
// says the same as the whole mail does.
func TestPartialIsWhole(t *testing.T) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			const n = 150
			sh := &shaper{Rand: rand.New(rand.NewPCG(4, 2))}
			for i := range n {
				sh.huge = 100<<10 + sh.IntN(200<<10)
				s.Append("INBOX", nil, time.Time{}, sh.mail(i))
			}
			b := open(t, config(s))
			var k, whole keeper
			k.fetch(t, b)
			keepAll := whole.reader()
			keepAll.Keep = func(m mailbox.Message) bool { return true }
			if err := b.Fetch(t.Context(), nil, keepAll); err != nil {
				t.Fatalf("Fetch: %v", err)
			}
			if len(k.messages) != len(whole.messages) {
				t.Fatalf("%d messages in parts, %d whole", len(k.messages), len(whole.messages))
			}
			partial, exact := 0, 0
			for i, m := range k.messages {
				w := whole.messages[i]
				if name == "in-memory server" && len(w.Raw) == 0 && len(m.Raw) == 0 {
					continue // the in-memory server loses what it cannot parse
				}
				if w.Partial || len(w.Raw) == 0 {
					t.Fatalf("%s was to be kept: partial %v, %d bytes", w.Subject, w.Partial, len(w.Raw))
				}
				if m.Partial {
					partial++
					if m.Raw != nil {
						t.Errorf("%s is partial and has %d bytes", m.Subject, len(m.Raw))
					}
				}
				if m.Text != w.Text {
					t.Errorf("%s: text in parts %q, whole %q", m.Subject, m.Text, w.Text)
				}
				if reflect.DeepEqual(m.Attachments, w.Attachments) {
					exact++
				} else {
					t.Errorf("%s: attachments in parts %+v, whole %+v", m.Subject, m.Attachments, w.Attachments)
				}
				m.Text, m.Raw, m.Attachments, m.Partial, m.Problems = w.Text, w.Raw, w.Attachments, false, w.Problems
				if !reflect.DeepEqual(m, w) {
					t.Errorf("in parts %+v, whole %+v", m, w)
				}
			}
			if name != "in-memory server" && partial < n/2 {
				t.Errorf("only %d of %d were read in parts: nothing was tested", partial, n)
			}
			t.Logf("%d of %d read in parts", partial, n)
		})
	}
}

// photo is a mail with a large attachment.
func photo(n, size int, text string) []byte {
	sh := &shaper{Rand: rand.New(rand.NewPCG(uint64(n), 1))}
	body := sh.noise(size)
	return fmt.Appendf(nil, "From: Client %d <client%d@example.org>\r\nTo: contact@localhost.test\r\nSubject: Photo %d\r\nMessage-ID: <p%d@example.org>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=bound\r\n\r\n--bound\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n"+
		"--bound\r\nContent-Type: image/jpeg; name=\"visage.jpg\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"visage.jpg\"\r\n\r\n%s\r\n--bound--\r\n",
		n, n, n, n, text, sh.encode(body, "base64"))
}

func TestKeep(t *testing.T) {
	at := time.Date(2026, 11, 3, 8, 30, 0, 0, time.UTC)
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			ask, other := photo(1, 300<<10, "Effacez mes photos."), photo(2, 300<<10, "Merci !")
			s.Append("INBOX", nil, at, letter(0))
			s.Append("INBOX", nil, at, ask)
			s.Append("INBOX", nil, at, other)
			b := open(t, config(s))
			var k keeper
			var asked []string
			r := k.reader()
			r.Keep = func(m mailbox.Message) bool {
				asked = append(asked, m.Subject)
				return strings.Contains(m.Text, "Effacez")
			}
			if err := b.Fetch(t.Context(), nil, r); err != nil {
				t.Fatalf("Fetch: %v", err)
			}
			want(t, k.messages, "INBOX: Question 0", "INBOX: Photo 1", "INBOX: Photo 2")
			if !slices.Equal(asked, []string{"Photo 1", "Photo 2"}) {
				t.Errorf("asked about %q", asked)
			}
			for i, raw := range [][]byte{letter(0), ask, nil} {
				m := k.messages[i]
				if !bytes.Equal(m.Raw, raw) || m.Partial != (i == 2) {
					t.Errorf("message %d: partial %v, %d bytes, want %d", i, m.Partial, len(m.Raw), len(raw))
				}
			}
			for _, m := range k.messages[1:] {
				if len(m.Attachments) != 1 || m.Attachments[0] != (mailbox.Attachment{Name: "visage.jpg", Type: "image/jpeg", SizeBytes: 300 << 10}) {
					t.Errorf("attachments %+v", m.Attachments)
				}
			}
			for _, f := range s.Flags("INBOX") {
				if slices.Contains(f, imap.FlagSeen) {
					t.Errorf("a message was marked read")
				}
			}
		})
	}
}

func TestDocuments(t *testing.T) {
	s := mailtest.Dovecot(t)
	doc := func(n, size int) []byte {
		return bytes.ReplaceAll(bytes.ReplaceAll(photo(n, size, "Voir la lettre."), []byte("image/jpeg"), []byte("application/pdf")), []byte("visage.jpg"), []byte("lettre.pdf"))
	}
	s.Append("INBOX", nil, time.Time{}, doc(1, 300<<10))
	s.Append("INBOX", nil, time.Time{}, doc(2, 3<<20))
	var k keeper
	got := k.fetch(t, open(t, config(s)))
	if got[0].Partial || len(got[0].Raw) == 0 {
		t.Errorf("a mail with a small document is not whole")
	}
	if !got[1].Partial || !slices.ContainsFunc(got[1].Problems, func(p string) bool { return strings.Contains(p, "document of more than 2 MB") }) ||
		got[1].Attachments[0] != (mailbox.Attachment{Name: "lettre.pdf", Type: "application/pdf", SizeBytes: 3 << 20}) {
		t.Errorf("a mail with a large document: %+v, problems %q", got[1].Attachments, got[1].Problems)
	}
}

func TestSent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.Append("Sent", nil, now.AddDate(0, 0, -150), letter(1))
			s.Append("Sent", nil, now.AddDate(0, 0, -90), letter(2))
			s.Append("Sent", []imap.Flag{imap.FlagSeen}, now.AddDate(0, 0, -3), photo(3, 300<<10, "Voici."))
			s.Append("Sent", nil, now, letter(4))
			b := open(t, config(s)).WithNow(func() time.Time { return now })
			var k keeper
			var asked []string
			r := k.reader()
			r.Keep = func(m mailbox.Message) bool {
				if !m.Sent || !m.Partial || m.Text != "" || m.Raw != nil {
					t.Errorf("asked about %+v", m)
				}
				asked = append(asked, m.Subject)
				return m.Subject != "Question 4"
			}
			if err := b.Fetch(t.Context(), nil, r); err != nil {
				t.Fatalf("Fetch: %v", err)
			}
			if !slices.Equal(asked, []string{"Question 2", "Photo 3", "Question 4"}) {
				t.Errorf("asked about %q", asked)
			}
			want(t, k.messages, "Sent: Question 2", "Sent: Photo 3")
			for _, m := range k.messages {
				if !m.Sent || m.Partial || len(m.Raw) == 0 || m.Text == "" {
					t.Errorf("not whole: %+v", m)
				}
			}
			if k.cursors["Sent"].UIDNext != 5 {
				t.Errorf("cursor %+v", k.cursors["Sent"])
			}
			s.Append("Sent", nil, now.AddDate(0, 0, -120), letter(5))
			k.messages = nil
			if err := b.Fetch(t.Context(), k.since(), r); err != nil {
				t.Fatalf("Fetch: %v", err)
			}
			want(t, k.messages, "Sent: Question 5")

			if err := b.SaveSent(t.Context(), letter(6)); err != nil {
				t.Fatalf("SaveSent: %v", err)
			}
			if f := s.Flags("Sent")[6]; !slices.Contains(f, imap.FlagSeen) || slices.Contains(f, imap.FlagDraft) {
				t.Errorf("flags of what was sent: %v", f)
			}
			if !bytes.Equal(s.Raw("Sent")[6], letter(6)) {
				t.Errorf("what was sent was changed")
			}
		})
	}
	t.Run("a mailbox without a folder for sent mail is told", func(t *testing.T) {
		s := mailtest.Memory(t)
		s.Delete("Sent")
		if err := open(t, config(s)).SaveSent(t.Context(), letter(1)); !errors.Is(err, mail.ErrNoSent) {
			t.Errorf("SaveSent: %v", err)
		}
	})
}
