package mail_test

import (
	"reflect"
	"strings"
	"testing"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

// report is a multipart/report of RFC 6522 with the parts that are not for
// people.
func report(kind, head string, parts ...string) string {
	s := "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nReturn-Path: <>\n" + head + "Content-Type: multipart/report; report-type=" + kind + "; boundary=b\n\n--b\n\nYour mail did not arrive.\n"
	for _, p := range parts {
		s += "--b\nContent-Type: " + p + "\n"
	}
	return s + "--b--\n"
}

const (
	returnedMail = "message/rfc822\n\nMessage-ID: <letter-1@shop.example.com>\nFrom: contact@shop.example.com\nSubject: Votre demande\n\nEffacez tout.\n"
	returnedHead = "text/rfc822-headers\n\nFrom: contact@shop.example.com\nMessage-ID:\n <letter-1@shop.example.com>\n"
)

func TestReturned(t *testing.T) {
	marie := mailbox.Return{To: "marie@example.org", Status: "5.1.1", Permanent: true, MessageID: "letter-1@shop.example.com"}
	noStatus := marie
	noStatus.Status = ""
	for name, tc := range map[string]struct {
		raw  string
		want []mailbox.Return
	}{
		"Postfix: a recipient who is not known": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; mx.example.net\nX-Postfix-Queue-ID: 1\n\nFinal-Recipient: rfc822; marie@example.org\nOriginal-Recipient: rfc822;marie@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n", returnedMail),
			[]mailbox.Return{marie}},
		"only the head came back": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: RFC822; <marie@example.org>\nAction: Failed\nStatus: 5.1.1 (unknown user)\n", returnedHead),
			[]mailbox.Return{marie}},
		"the address written to counts, not the one it was passed on to": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; other@example.com\nOriginal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 5.1.1\n", returnedHead),
			[]mailbox.Return{marie}},
		"a delay is not the end": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: delayed\nStatus: 4.4.1\n", returnedHead),
			[]mailbox.Return{{To: "marie@example.org", Status: "4.4.1", MessageID: "letter-1@shop.example.com"}}},
		"given up after days is the end though the status is of class 4": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 4.4.7\n"),
			[]mailbox.Return{{To: "marie@example.org", Status: "4.4.7", Permanent: true}}},
		"each recipient is named once": {report("delivery-status", "", "message/delivery-status\n\n\nReporting-MTA: dns; x\n\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; Marie@example.org\nAction: failed\nStatus: 5.0.0\n\nFinal-Recipient: rfc822; paul@example.org\nAction: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; zoe@example.org\nAction: delivered\nStatus: 2.0.0\n", returnedHead),
			[]mailbox.Return{marie, {To: "paul@example.org", Status: "5.2.2", Permanent: true, MessageID: "letter-1@shop.example.com"}}},
		"the report may be encoded": {report("delivery-status", "", "message/delivery-status\nContent-Transfer-Encoding: base64\n\nUmVwb3J0aW5nLU1UQTogZG5zOyB4CgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsgbWFyaWVAZXhhbXBsZS5vcmcKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=\n", returnedHead),
			[]mailbox.Return{marie}},
		"arrived well is no return": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: delivered\nStatus: 2.0.0\n", returnedHead), nil},
		"Exim names the recipient in the header": {"From: Mailer-Daemon@mx.example.net\nReturn-Path: <>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: marie@example.org\nSubject: Mail delivery failed\n\nA message that you sent could not be delivered.\n\n  marie@example.org\n    550 unknown\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <contact@shop.example.com>\nMessage-ID: <letter-1@shop.example.com>\nFrom: contact@shop.example.com\n\nEffacez tout.\n",
			[]mailbox.Return{noStatus}},
		"qmail names the recipient in the text": {"From: MAILER-DAEMON@mx.example.net\nReturn-Path: <>\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.net.\n\n<marie@example.org>:\nUser unknown. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <contact@shop.example.com>\nMessage-ID: <letter-1@shop.example.com>\nReferences: <x@y>\n\nEffacez tout.\n",
			[]mailbox.Return{marie}},
		"Gmail says in the header to which mail it answers": {strings.Replace(report("delivery-status", "In-Reply-To: <letter-1@shop.example.com>\nX-Failed-Recipients: marie@example.org\n", "message/delivery-status\n\nReporting-MTA: dns; googlemail.com\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 5.1.1\n"), "MAILER-DAEMON@", "mailer-daemon@", 1),
			[]mailbox.Return{marie}},
		"a status that is no code is left out": {report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: broken\n", returnedHead),
			[]mailbox.Return{noStatus}},
		"a report without addresses returns nobody": {report("delivery-status", "", "message/delivery-status\n\nhello\n\n\nthere\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(tc.raw)
			sound(t, m.Raw, m)
			if !m.Bounce || !m.AutoSubmitted || m.Receipt {
				t.Errorf("bounce %v, automatic %v, receipt %v", m.Bounce, m.AutoSubmitted, m.Receipt)
			}
			if !reflect.DeepEqual(m.Returned, tc.want) {
				t.Errorf("returned %+v\nwant %+v", m.Returned, tc.want)
			}
			if strings.Contains(m.Text, "Effacez") && strings.Contains(tc.raw, "multipart/report") {
				t.Errorf("the owner's own letter is read: %q", m.Text)
			}
		})
	}
	t.Run("a person who forwards a bounce is a person", func(t *testing.T) {
		m := parse("From: marie@example.org\nReturn-Path: <marie@example.org>\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nVoyez.\n--a\nContent-Type: message/rfc822\n\n" + report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 5.1.1\n") + "--a--\n")
		if m.Bounce || m.AutoSubmitted || m.Returned != nil || !strings.HasPrefix(m.Text, "Voyez.") {
			t.Errorf("%+v", m)
		}
	})
}

func TestMachines(t *testing.T) {
	type is struct{ auto, list, bounce, receipt bool }
	for name, tc := range map[string]struct {
		raw  string
		want is
	}{
		"a person":                      {"From: a@example.org\n\nx", is{}},
		"a read receipt":                {report("disposition-notification", "", "message/disposition-notification\n\nReporting-UA: x\nDisposition: manual-action/MDN-sent-manually; displayed\n", returnedHead), is{auto: true, receipt: true}},
		"Outlook's \"Read:\"":           {"From: marie@example.org\nSubject: Lu : Votre demande\nReturn-Path: <marie@example.org>\nContent-Type: multipart/report; boundary=b; report-type=\"disposition-notification\"\n\n--b\nContent-Type: text/plain\n\nVotre message a été lu\n--b\nContent-Type: message/disposition-notification\n\nDisposition: automatic-action/MDN-sent-automatically; displayed\n--b--\n", is{auto: true, receipt: true}},
		"a subject \"Read:\" of one":    {"From: a@example.org\nSubject: Read: this\n\nx", is{}},
		"Auto-Submitted":                {"From: a@example.org\nAuto-Submitted: auto-generated\n\nx", is{auto: true}},
		"Auto-Submitted: no":            {"From: a@example.org\nAuto-Submitted: No (a person)\n\nx", is{}},
		"X-Autoreply":                   {"From: a@example.org\nX-Autoreply: yes\n\nx", is{auto: true}},
		"X-Autoreply: no":               {"From: a@example.org\nX-Autoreply: no\n\nx", is{}},
		"Precedence: auto_reply":        {"From: a@example.org\nPrecedence: auto_reply\n\nx", is{auto: true}},
		"Precedence: bulk":              {"From: a@example.org\nPrecedence: bulk\n\nx", is{list: true}},
		"Exchange marks a person's too": {"From: a@example.org\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\nSubject: Mes données\n\nx", is{}},
		"Exchange's absent person":      {"From: a@example.org\nX-Auto-Response-Suppress: All\nSubject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0:_Votre_demande?=\n\nx", is{auto: true}},
		"an absent person's words":      {"From: a@example.org\nReturn-Path: <a@example.org>\nSubject: Absence du bureau et mes données\n\nx", is{}},
		"an absence without a way back": {"From: a@example.org\nReturn-Path: <>\nSubject: Abwesenheitsnotiz: Ihre Anfrage\n\nx", is{auto: true}},
		"a person who answers one":      {"From: a@example.org\nX-Auto-Response-Suppress: All\nSubject: RE: Automatic reply: Votre demande\n\nx", is{}},
		"English out of office":         {"From: a@example.org\nPrecedence: junk\nSubject: Out of Office: hello\n\nx", is{auto: true, list: true}},
		"a complaint of spam":           {"From: a@example.org\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n--b--\n", is{auto: true}},
		"a newsletter":                  {"From: a@example.org\nList-Id: <x.example.org>\n\nx", is{list: true}},
		"an empty way back alone":       {"From: a@example.org\nReturn-Path: <>\n\nx", is{}},
		"a daemon that bounces":         {"From: MAILER-DAEMON@example.org\nReturn-Path: <>\n\nx", is{auto: true, bounce: true}},
		"a postmaster who writes":       {"From: postmaster@example.org\nReturn-Path: <postmaster@example.org>\n\nx", is{}},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(tc.raw)
			if got := (is{m.AutoSubmitted, m.List, m.Bounce, m.Receipt}); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if m.Text == "" {
				t.Error("no text")
			}
		})
	}
}

func FuzzBounce(f *testing.F) {
	f.Add([]byte("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nOriginal-Recipient: rfc822;a@b\nAction: failed\nStatus: 5.1.1\n"), []byte("Message-ID: <a@b>\n\nx"), []byte("<a@b>:\nx\n--- Below this line is a copy of the message.\nMessage-ID: <c@d>\n"))
	f.Add([]byte(strings.Repeat("\n\nAction: failed\nFinal-Recipient: x; a@b", 20)), []byte{}, []byte("<a@b>:"))
	f.Fuzz(func(t *testing.T, status, came, text []byte) {
		raw := []byte(report("delivery-status", "", "message/delivery-status\n\n"+string(status), "message/rfc822\n\n"+string(came)))
		check := func(raw []byte) {
			m := mail.Parse(raw, trust)
			sound(t, raw, m)
			if len(m.Returned) > 100 {
				t.Errorf("%d returned", len(m.Returned))
			}
			for _, r := range m.Returned {
				if !strings.Contains(r.To, "@") || strings.ContainsAny(r.To+r.Status+r.MessageID, "\n\x00") {
					t.Errorf("returned %+v", r)
				}
			}
		}
		check(raw)
		check(append([]byte("From: MAILER-DAEMON@x.example\nReturn-Path: <>\n\n"), text...))
	})
}
