package mail_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"greffier/app/mailbox"
	"greffier/data/mail"
)

var trust = mail.TrustOf("imap.provider.test.example.net", "contact@shop.example.com", nil)

func parse(s string) mailbox.Message {
	return mail.Parse([]byte(strings.ReplaceAll(s, "\n", "\r\n")), trust)
}

// body puts a content type and a body under a plain header.
func body(contentType, text string) string {
	return "From: a@example.org\nMIME-Version: 1.0\nContent-Type: " + contentType + "\n\n" + text
}

func TestText(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, tc := range map[string]struct {
		raw, want string
		problem   string // part of one problem; "" for none at all
	}{
		"plain text is taken as it is": {
			"From: a@example.org\n\nBonjour,\n\nmerci.\n", "Bonjour,\n\nmerci.", ""},
		"plain text is preferred to HTML": {
			body("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain; charset=utf-8\n\nEffacez mes données.\n--b\nContent-Type: text/html\n\n<p>Autre</p>\n--b--\n"), "Effacez mes données.", ""},
		"HTML is read where the plain part is empty": {
			body("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>Effacez <b>tout</b></p>\n--b--\n"), "Effacez tout", ""},
		"HTML is read where the plain part only says to use another program": {
			body("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain\n\nVotre logiciel ne lit pas le HTML.\n--b\nContent-Type: text/html\n\n<p>"+strings.Repeat("Je demande l'effacement de mes données. ", 10)+"</p>\n--b--\n"), strings.TrimSpace(strings.Repeat("Je demande l'effacement de mes données. ", 10)), ""},
		"Latin-1 is decoded": {
			body("text/plain; charset=iso-8859-1", "donn\xe9es"), "données", ""},
		"Windows-1252 in quoted-printable is decoded": {
			"From: a@example.org\nContent-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\n=80 et l=92=E9t=\n=E9", "€ et l’été", ""},
		"8-bit text without a charset is guessed": {
			"From: a@example.org\n\ndonn\xe9es \xe0 effacer", "données à effacer", "charset"},
		"an unknown charset is told and the text kept": {
			body("text/plain; charset=x-foo", "hello"), "hello", "unknown charset x-foo"},
		"an unknown transfer encoding is told and the text kept": {
			"From: a@example.org\nContent-Transfer-Encoding: x-rot13\n\nhello", "hello", "unknown transfer encoding x-rot13"},
		"base64 with garbage in it is decoded": {
			"From: a@example.org\nContent-Transfer-Encoding: base64\n\n" + b64("Effacez ")[:8] + "!!\n" + b64("Effacez tout")[8:] + "\n", "Effacez tout", "bad base64"},
		"base64 that ends too early gives what is there": {
			"From: a@example.org\nContent-Transfer-Encoding: base64\n\n" + b64("Effacez tout")[:14], "Effacez to", "bad base64"},
		"Windows' signs in what calls itself Latin-1 are kept": {
			body("text/plain; charset=ISO-8859-1", "l\x92\xe9t\xe9 \x80"), "l’été €", ""},
		"UTF-8 that calls itself Latin-1 is read as UTF-8": {
			body("text/plain; charset=iso-8859-1", "données"), "données", "not of the charset"},
		"Latin-1 that calls itself UTF-8 is read as Latin-1": {
			body("text/plain; charset=utf-8", "donn\xe9es"), "données", "not of the charset"},
		"8-bit text that calls itself ASCII is guessed": {
			body("text/plain; charset=us-ascii", "donn\xe9es"), "données", "not of the charset"},
		"UTF-8 that calls itself Chinese is read as UTF-8": {
			body("text/plain; charset=gb2312", "Löschen Sie alle Äußerungen über größere Schäden für früher"), "Löschen Sie alle Äußerungen über größere Schäden für früher", "not of the charset"},
		"UTF-7 is decoded": {
			body("text/plain; charset=utf-7", "donn+AOk-es +- 1+-1 +2D3eAA- +AOk"), "données + 1+1 😀 é", ""},
		"ISO-2022-JP is decoded": {
			body("text/plain; charset=ISO-2022-JP", "\x1b$B:o=|\x1b(B ok"), "削除 ok", ""},
		"Shift_JIS is decoded": {
			body("text/plain; charset=Shift_JIS", "\x8d\xed\x8f\x9c"), "削除", ""},
		"GB18030 is decoded": {
			body("text/plain; charset=GB18030", "\xc9\xbe\xb3\xfd \x81\x30\x89\x38"), "删除 ß", ""},
		"KOI8-R is decoded": {
			body("text/plain; charset=koi8-r", "\xf5\xc4\xc1\xcc\xc9\xd4\xc5"), "Удалите", ""},
		"Windows-1251 is decoded": {
			body("text/plain; charset=windows-1251", "\xd3\xe4\xe0\xeb\xe8\xf2\xe5"), "Удалите", ""},
		"Big5 is decoded": {
			body("text/plain; charset=big5", "\xa7R\xb0\xa3"), "刪除", ""},
		"EUC-KR is decoded": {
			body("text/plain; charset=ks_c_5601-1987", "\xbb\xe8\xc1\xa6"), "삭제", ""},
		"code page 850 is decoded": {
			body("text/plain; charset=cp850", "donn\x82es"), "données", ""},
		"Mac Roman is decoded": {
			body("text/plain; charset=macintosh", "donn\x8ees"), "données", ""},
		"UTF-16 with its mark is decoded": {
			body("text/plain; charset=utf-16", "\xff\xfed\x00\xe9\x00"), "dé", ""},
		"UTF-32 is decoded": {
			body("text/plain; charset=utf-32le", "d\x00\x00\x00\xe9\x00\x00\x00"), "dé", ""},
		"a page's own word on its charset is believed": {
			body("text/html", "<meta charset=koi8-r><p>\xf5\xc4\xc1\xcc\xc9\xd4\xc5"), "Удалите", ""},
		"bytes that are of no charset are told": {
			body("text/plain; charset=shift_jis", "ok \xff\xff\xff\xfd\xfd"), "ok \uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "not of the charset"},
		"broken quoted-printable keeps what it cannot decode": {
			"From: a@example.org\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\n=C3=A9t=C3=A9 = 5 =ZZ=\n!\x07", "été = 5 =ZZ!", "bad quoted-printable"},
		"a truncated multipart gives its parts": {
			body("multipart/mixed; boundary=b", "--b\n\nun\n--b\n\ndeux"), "un\n\ndeux", "not closed"},
		"a multipart without a boundary is text": {
			body("multipart/mixed", "--b\n\nun"), "--b\n\nun", "without a boundary"},
		"a boundary that is a prefix of another is told apart": {
			body("multipart/mixed; boundary=b", "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nun\n--bb\n\ndeux\n--bb--\n--b\n\ntrois\n--b--\n"), "un\n\ndeux\n\ntrois", ""},
		"text parts of a mixed mail follow one another": {
			body("multipart/mixed; boundary=b", "--b\n\nun\n--b\nContent-Type: text/html\n\n<p>deux\n--b--\n"), "un\n\ndeux", ""},
		"an attached text stands below its line": {
			body("multipart/mixed; boundary=b", "--b\n\nun\n--b\nContent-Disposition: attachment; filename=a.txt\n\ndeux\n--b--\n"), "un\n\n---------- Attachment: a.txt ----------\n\ndeux", ""},
		"flowed lines are joined": {
			body("text/plain; format=flowed", "Je demande \nl'effacement \nde tout.\n\n> cité \n> encore\n>> plus\n -- \n-- \nMarie"), "Je demande l'effacement de tout.\n\n> cité encore\n>> plus\n-- \n-- \nMarie", ""},
		"delsp takes the space away": {
			body("text/plain; format=flowed; delsp=yes", "efface \nment"), "effacement", ""},
		"a forwarded message is appended": {
			body("multipart/mixed; boundary=b", "--b\n\nVoir ci-dessous.\n--b\nContent-Type: message/rfc822\n\nFrom: =?utf-8?q?Zo=C3=A9?= <zoe@example.org>\nSubject: Mes =?utf-8?q?donn=C3=A9es?=\n\nEffacez-les.\n--b--\n"),
			"Voir ci-dessous.\n\n---------- Forwarded message ----------\nFrom: Zoé <zoe@example.org>\nSubject: Mes données\n\nEffacez-les.", ""},
		"an attached message in base64 is read": {
			body("multipart/mixed; boundary=b", "--b\n\nVoir.\n--b\nContent-Type: application/octet-stream; name=demande.eml\nContent-Disposition: attachment; filename=demande.eml\nContent-Transfer-Encoding: base64\n\n"+b64("From: zoe@example.org\r\nSubject: Mes droits\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nEffacez-moi été.\r\n")+"\n--b\n\nMerci.\n--b--\n"),
			"Voir.\n\n---------- Forwarded message ----------\nFrom: zoe@example.org\nSubject: Mes droits\n\nEffacez-moi été.\n\nMerci.", ""},
		"an attached message with two From fields shows no more than its first": {
			body("message/rfc822", "From: zoe@example.org\nFrom: paul@example.org\n\nEffacez."), "---------- Forwarded message ----------\nFrom: zoe@example.org\n\nEffacez.", "attached message has 2 From fields"},
		"a forwarded message in a forwarded message is read": {
			body("message/rfc822", "From: un@example.org\nContent-Type: message/rfc822\n\nFrom: deux@example.org\n\nEffacez."), "---------- Forwarded message ----------\nFrom: un@example.org\n\n---------- Forwarded message ----------\nFrom: deux@example.org\n\nEffacez.", ""},
		"alternatives inside related parts inside mixed ones are read once": {
			body("multipart/mixed; boundary=a", "--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nun\n--c\nContent-Type: text/html\n\n<p>un</p>\n--c--\n--b\nContent-Type: image/png\nContent-ID: <x>\n\nPNG\n--b--\n--a\n\npied de page\n--a--\n"), "un\n\npied de page", ""},
		"words that are no mail are kept as text": {
			"just some words\nand more", "just some words\nand more", "not a mail message"},
		"a leading mbox line is skipped": {
			"From a@example.org Mon Nov  2 10:00:00 2026\nFrom: a@example.org\nSubject: x\n\ntexte", "texte", "mbox"},
		"a garbage line in the header is skipped": {
			"From: a@example.org\ngarbage line\nSubject: x\n\ntexte", "texte", "garbage"},
		"nothing gives nothing": {"", "", "empty"},
		"NUL, bell, zero-width and bidi characters are removed": {
			body("text/plain; charset=utf-8", "ef\x00fa\u200bcez\x07 \u202etout\u202c\ufeff \u00adici"), "effacez tout ici", ""},
		"decomposed accents are composed": {
			body("text/plain; charset=utf-8", "e\u0301te\u0301"), "été", ""},
		"HTML that does not say so is read as HTML": {
			"From: a@example.org\n\n<html><body><p>Bonjour</p></body></html>", "Bonjour", ""},
		"an unreadable Content-Type is text": {
			"From: a@example.org\nContent-Type: ;;;=\n\ntexte", "texte", "Content-Type"},
		"a broken parameter costs neither boundary nor charset": {
			"From: a@example.org\nContent-Type: text/plain; foo bar; charset=iso-8859-1\n\n\xe9t\xe9", "été", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(tc.raw)
			if m.Text != tc.want {
				t.Errorf("text %q, want %q", m.Text, tc.want)
			}
			if tc.problem == "" && len(m.Problems) > 0 || tc.problem != "" && !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, tc.problem) }) {
				t.Errorf("problems %q, want one with %q", m.Problems, tc.problem)
			}
		})
	}
}

func TestHTML(t *testing.T) {
	for name, tc := range map[string]struct{ html, want string }{
		"paragraphs are separated":                              {"<p>un</p><p>deux<br>trois</p>", "un\n\ndeux\ntrois"},
		"divs are lines":                                        {"<div>un</div><div>deux</div><div><br></div><div>trois</div>", "un\ndeux\n\ntrois"},
		"white space is one space":                              {"<p>un \n\t deux&nbsp;&nbsp;trois</p>", "un deux trois"},
		"inline elements do not split words":                    {"<p>ef<b>fac</b>ez <i>tout</i>.</p>", "effacez tout."},
		"quotes are marked":                                     {"<p>oui</p><blockquote><p>un</p><blockquote>deux</blockquote></blockquote><p>fin</p>", "oui\n\n> un\n>\n> > deux\n\nfin"},
		"the target of a link is shown":                         {`<p>voir <a href="https://example.org/x">ici</a>.</p>`, "voir ici (https://example.org/x)."},
		"a link that says its target is not":                    {`<a href="https://example.org/">example.org</a> <a href="mailto:a@example.org">a@example.org</a>`, "example.org a@example.org"},
		"a link to a script is not shown":                       {`<a href="javascript:alert(1)">ici</a>`, "ici"},
		"script, style, head and title are not":                 {"<head><title>T</title><style>p{color:red}</style></head><body><script>var x='<p>y</p>'</script>texte</body>", "texte"},
		"display:none is left out":                              {`un<div style="display: none !important">deux</div> trois`, "un trois"},
		"visibility:hidden is left out, a visible child is not": {`<div style="visibility:hidden">un<span style="visibility:visible">deux</span></div>`, "deux"},
		"font-size:0 is left out":                               {`<p>un<span style="font-size:0px">deux</span></p>`, "un"},
		"a layout cell of font-size:0 does not hide its text":   {`<td style="font-size:0px"><div style="font-size:13px">texte</div></td>`, "texte"},
		"the hidden attribute is obeyed":                        {`<p hidden>un</p><p>deux</p>`, "deux"},
		"white on white is left out":                            {`<p>un <font color="#FFFFFF">deux</font><span style="color:#fefefe">trois</span></p>`, "un"},
		"white on black is read":                                {`<table bgcolor="#000000"><tr><td><font color="white">texte</font></td></tr></table>`, "texte"},
		"white on a picture is read":                            {`<div style="background:url(x.jpg)"><p style="color:#fff">texte</p></div>`, "texte"},
		"white on a background set elsewhere is read":           {`<style>table.x td{background:#000}</style><body><table class=x><td style="color:white">texte</td></table>`, "texte"},
		"black on black is left out":                            {`<div style="background-color:black"><p>un</p><p style="color:white">deux</p></div>`, "deux"},
		"a class that hides is obeyed":                          {`<style>.pre{display:none} @media print{.corps{display:none}}</style><div class="pre">un</div><div class="corps">deux</div>`, "deux"},
		"a preheader is left out":                               {`<div style="display:none;max-height:0px;overflow:hidden">Découvrez&zwnj;&nbsp;&zwnj;</div><p>Bonjour</p>`, "Bonjour"},
		"text moved off the page is left out":                   {`<div style="position:absolute; left:-9999px">un</div>deux`, "deux"},
		"what an unclosed hidden paragraph hides ends with it":  {`<p style="display:none">un<p>deux`, "deux"},
		"mail hidden from one program only is read":             {`<div style="mso-hide:all">texte</div>`, "texte"},
		"a mail with nothing but hidden text is read":           {`<div style="display:none">Effacez tout</div>`, "Effacez tout"},
		"opacity 0 is left out":                                 {`<p style="opacity:0">un</p><p style="opacity:0%">un</p><p style="opacity:.9">deux</p>`, "deux"},
		"a size of one pixel is left out":                       {`<p style="font-size:1px">un</p><p style="FONT-SIZE: 0.01em">un</p><p style="font:0/0 a">un</p><p style="font: bold 12px/1.5 Arial">deux</p>`, "deux"},
		"white that is nearly so on white is left out":          {`<p style="color:#f4f4f4">un</p><p style="color:rgb(250, 250, 250)">un</p><p style="color:rgba(255,255,255,1)">un</p><p style="color:hsl(0,0%,100%)">un</p><p style="color:#999">deux</p>`, "deux"},
		"text of the colour of its cell is left out":            {`<table><tr bgcolor="#336699"><td><span style="color:#336699">un</span><font color=white>deux</font></td></tr></table>`, "deux"},
		"a background of the parent counts":                     {`<div style="background:#222"><div><p style="color:#222">un</p><p style="color:#eee">deux</p></div></div>`, "deux"},
		"transparent text is left out":                          {`<p style="color:transparent">un</p><p style="color:rgba(0,0,0,0)">un<b style="color:#000">deux</b></p>`, "deux"},
		"a transparent background is the parent's":              {`<div style="background:#000"><p style="background-color:rgba(0,0,0,0);color:#fff">deux</p></div>`, "deux"},
		"boxes without height that cut are left out":            {`<div style="height:0;overflow:hidden">un</div><div style="max-height:1px; overflow: hidden">un</div><div style="height:0">deux</div>`, "deux"},
		"text moved by a margin or an indent is left out":       {`<p style="text-indent:-9999px">un</p><p style="margin-left:-100em">un</p><p style="position:relative;left:-2000px">un</p><p style="margin-left:-10px">deux</p>`, "deux"},
		"text made small to nothing or cut away is left out":    {`<p style="transform: scale(0)">un</p><p style="clip-path: inset(100%)">un</p><p style="position:absolute;clip:rect(0 0 0 0)">un</p><p>deux</p>`, "deux"},
		"dialogs that are not open and lists are left out":      {`<dialog>un</dialog><datalist><option>un</datalist><template>un</template><p>deux`, "deux"},
		"what is shown without scripts is read":                 {`<noscript><p>un</p></noscript>deux`, "un\n\ndeux"},
		"words for one program only are left out":               {`<!--[if gte mso 9]><p>un</p><![endif]--><![if !mso]><p>deux</p><![endif]>`, "deux"},
		"hidden by the sheet, shown by the element is read":     {`<style>p{color:#fff}</style><p style="color:#000">deux</p>`, "deux"},
		"lists have dashes":                                     {"<ul><li>un<li>deux</ul>", "- un\n- deux"},
		"cells are separated":                                   {"<table><tr><td>un</td><td>deux</td></tr><tr><td>trois</td></tr></table>", "un deux\ntrois"},
		"preformatted text keeps its lines":                     {"<pre>un\n  deux</pre>", "un\n  deux"},
		"a picture says what it shows":                          {`<img alt="Logo CléverFaces" src="cid:x">texte`, "[Logo CléverFaces]texte"},
		"comments are not text":                                 {"un<!-- deux -->trois<!--[if mso]>quatre<![endif]-->", "untrois"},
		"a page cut in a tag gives what is there":               {"<p>un</p><p>deux <a href=\"htt", "un\n\ndeux"},
		"a picture inside the page costs nothing":               {`<p>un<img src="data:image/png;base64,` + strings.Repeat("A", 5<<20) + `">deux</p>`, "undeux"},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(body("text/html; charset=utf-8", tc.html))
			if m.Text != tc.want {
				t.Errorf("got %q, want %q", m.Text, tc.want)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	type addrs = []mailbox.Address
	for name, tc := range map[string]struct {
		raw    string
		from   addrs
		sender bool
		check  func(mailbox.Message) any
		want   any
	}{
		"a name in encoded words is decoded":  {raw: "From: =?iso-8859-1?Q?Zo=E9?= <zoe@example.org>\n\n", from: addrs{{Name: "Zoé", Email: "zoe@example.org"}}, sender: true},
		"two From fields prove nothing":       {raw: "From: a@example.org\nFrom: b@example.org\n\n", from: addrs{{Email: "a@example.org"}, {Email: "b@example.org"}}},
		"the same From twice proves nothing":  {raw: "From: a@example.org\nfrom : a@example.org\n\n", from: addrs{{Email: "a@example.org"}, {Email: "a@example.org"}}},
		"a second From far below is counted":  {raw: "From: a@example.org\n" + strings.Repeat("X-Y: z\n", 5000) + "From: b@example.org\n\n", from: addrs{{Email: "a@example.org"}}},
		"a folded second From is counted":     {raw: "From: a@example.org\nFROM\t:\n b@example.org\n\n", from: addrs{{Email: "a@example.org"}, {Email: "b@example.org"}}},
		"a second From in another charset is": {raw: "From: a@example.org\nfrom: =?iso-8859-1?q?Zo=E9?= <zoe@example.org>\n\n", from: addrs{{Email: "a@example.org"}, {Name: "Zoé", Email: "zoe@example.org"}}},
		"From in the body is no field":        {raw: "From: a@example.org\n\nFrom: b@example.org\n", from: addrs{{Email: "a@example.org"}}, sender: true},
		"Sender and Resent-From are not From": {raw: "From: a@example.org\nSender: b@example.org\nResent-From: c@example.org\nX-From: d@example.org\n\n", from: addrs{{Email: "a@example.org"}}, sender: true},
		"a From inside a Subject is none":     {raw: "Subject: x\n From: b@example.org\nFrom: a@example.org\n\n", from: addrs{{Email: "a@example.org"}}, sender: true},
		"a group in From is no one":           {raw: "From: group: a@example.org, b@example.org;\n\n", from: addrs{{Email: "a@example.org"}, {Email: "b@example.org"}}},
		"a name that encodes another address": {raw: "From: =?utf-8?q?victim=40example.com=3E=2C?= <a@example.org>\n\n", from: addrs{{Name: "victim@example.com>,", Email: "a@example.org"}}, sender: true},
		"a name in UTF-7 is decoded":          {raw: "From: =?utf-7?q?Zo+AOk-?= <zoe@example.org>\n\n", from: addrs{{Name: "Zoé", Email: "zoe@example.org"}}, sender: true},
		"comments a thousand deep in From":    {raw: "From: " + strings.Repeat("(", 1000) + "x" + strings.Repeat(")", 1000) + " zoe@example.org\n\n", from: addrs{{Email: "zoe@example.org"}}, sender: true},
		"two addresses in From are no one":    {raw: "From: a@example.org, b@example.org\n\n", from: addrs{{Email: "a@example.org"}, {Email: "b@example.org"}}},
		"no From is no one":                   {raw: "Subject: x\nTo: a@example.org\n\n"},
		"an address as name stays a name":     {raw: "From: \"victim@example.com\" <a@example.org>\n\n", from: addrs{{Name: "victim@example.com", Email: "a@example.org"}}, sender: true},
		"a broken From that could be two is":  {raw: "From: victim@example.com <a@example.org>\n\n", from: addrs{{Email: "victim@example.com"}, {Email: "a@example.org"}}},
		"a broken From with one address has":  {raw: "From: Dupont, Marie <marie@example.org>\n\n", from: addrs{{Name: "Dupont, Marie", Email: "marie@example.org"}}, sender: true},
		"an 8-bit From is read":               {raw: "From: \"Zo\xe9\" <zoe@example.org>\n\n", from: addrs{{Name: "Zoé", Email: "zoe@example.org"}}, sender: true},
		"comments in From are skipped":        {raw: "From: (a (b (c))) zoe@example.org (d)\n\n", from: addrs{{Email: "zoe@example.org"}}, sender: true},

		"a folded subject is one line": {raw: "From: a@example.org\nSubject: =?utf-8?B?w6l0w6k=?=\n =?utf-8?Q?_=3D?= fin\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.Subject }, want: "été = fin"},
		"a line break in an encoded subject is a space": {raw: "From: a@example.org\nSubject: =?utf-8?Q?a=0D=0ABcc:_b?=\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.Subject }, want: "a Bcc: b"},
		"an 8-bit subject is read": {raw: "From: a@example.org\nSubject: donn\xe9es\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.Subject }, want: "données"},
		"identifiers lose their brackets": {raw: "From: a@example.org\nMessage-ID: <a@b>\nIn-Reply-To: <c@d> (x)\nReferences: <e@f>\n\t<c@d>\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return []any{m.MessageID, m.InReplyTo, m.References} }, want: []any{"a@b", []string{"c@d"}, []string{"e@f", "c@d"}}},
		"the date is in UTC": {raw: "From: a@example.org\nDate: Mon, 2 Nov 2026 10:00:00 +0100 (CET)\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.SentAt }, want: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)},
		"a date of nonsense is none": {raw: "From: a@example.org\nDate: yesterday\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return []any{m.SentAt.IsZero(), m.Problems} }, want: []any{true, []string{"malformed Date"}}},
		"an automatic reply is told": {raw: "From: a@example.org\nAuto-Submitted: auto-replied (vacation)\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return []bool{m.AutoSubmitted, m.List, m.Bounce} }, want: []bool{true, false, false}},
		"Auto-Submitted: no is a person": {raw: "From: a@example.org\nAuto-Submitted: no\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.AutoSubmitted }, want: false},
		"a newsletter is told": {raw: "From: a@example.org\nList-Unsubscribe: <https://example.org>\n\n", from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return []bool{m.AutoSubmitted, m.List, m.Bounce} }, want: []bool{false, true, false}},
		"a bounce is told and what it returns is not read": {raw: "From: MAILER-DAEMON@example.org\nReturn-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nFailed\n--b\nContent-Type: message/rfc822\n\nFrom: x@example.org\n\nEffacez\n--b--\n",
			from: addrs{{Email: "MAILER-DAEMON@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return []any{m.AutoSubmitted, m.Bounce, m.Text} }, want: []any{true, true, "Failed"}},
		"attachments have harmless names": {raw: "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/jpeg; name=\"x\"\nContent-Disposition: attachment; filename*=utf-8''..%2F..%2Fphoto%20d%27%C3%A9t%C3%A9.jpg\nContent-Transfer-Encoding: base64\n\nAAAAAAAA\n--b\nContent-Type: application/octet-stream; name=\"C:\\\\a\\\\..exe\"\n\nxy\n--b\nContent-Type: application/pdf\n\n\n--b--\n",
			from: addrs{{Email: "a@example.org"}}, sender: true,
			check: func(m mailbox.Message) any { return m.Attachments },
			want:  []mailbox.Attachment{{Name: "photo d'été.jpg", Type: "image/jpeg", SizeBytes: 6}, {Name: "exe", Type: "application/octet-stream", SizeBytes: 2}, {Name: "unnamed", Type: "application/pdf"}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(tc.raw)
			if !slices.Equal(m.From, tc.from) {
				t.Errorf("From %+v, want %+v", m.From, tc.from)
			}
			if _, ok := m.Sender(); ok != tc.sender {
				t.Errorf("Sender() is %v, want %v", ok, tc.sender)
			}
			if tc.check != nil {
				if got := tc.check(m); !reflect.DeepEqual(got, tc.want) {
					t.Errorf("got %#v, want %#v", got, tc.want)
				}
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	const me = "imap.provider.test.example.net"
	for name, tc := range map[string]struct {
		head string
		want mailbox.Authentication
	}{
		"nobody checked": {"", mailbox.Authentication{}},
		"the provider's results are believed": {"Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=bounce@mail.client.org;\n dkim=pass (2048-bit key) header.d=client.org header.s=a; dmarc=pass (p=none) header.from=client.org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", SPF: mailbox.Pass, DKIM: mailbox.Pass, DMARC: mailbox.Pass, DKIMDomain: "client.org", SPFDomain: "mail.client.org"}},
		"the mailbox's own domain is believed": {"Authentication-Results: shop.example.com 1; dkim=pass header.i=@client.org\n",
			mailbox.Authentication{AuthServID: "shop.example.com", DKIM: mailbox.Pass, DKIMDomain: "client.org"}},
		"somebody else's results are not": {"Authentication-Results: mx.attacker.org; dkim=pass header.d=client.org\n",
			mailbox.Authentication{UntrustedBy: "mx.attacker.org"}},
		"only the topmost counts": {"Authentication-Results: mx.attacker.org; dkim=none\nAuthentication-Results: " + me + "; dkim=pass header.d=client.org\n",
			mailbox.Authentication{UntrustedBy: "mx.attacker.org"}},
		"a domain that only ends alike is not believed": {"Authentication-Results: evilexample.net; dkim=pass header.d=client.org\n",
			mailbox.Authentication{UntrustedBy: "evilexample.net"}},
		"a pass of the attacker's own domain proves nothing": {"Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=x@attacker.org; dkim=pass header.d=attacker.org; dmarc=pass header.from=attacker.org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", SPF: mailbox.Neutral, DKIM: mailbox.Neutral, DMARC: mailbox.Neutral, DKIMDomain: "attacker.org", SPFDomain: "attacker.org"}},
		"a public suffix aligns with nobody": {"Authentication-Results: mx.example.net; dkim=pass header.d=org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", DKIM: mailbox.Neutral, DKIMDomain: "org"}},
		"failures are failures": {"Authentication-Results: mx.example.net; spf=softfail smtp.mailfrom=client.org; dkim=fail header.d=client.org; dmarc=fail header.from=client.org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", SPF: mailbox.Fail, DKIM: mailbox.Fail, DMARC: mailbox.Fail, DKIMDomain: "client.org", SPFDomain: "client.org"}},
		"of several signatures the aligned one counts": {"Authentication-Results: mx.example.net; dkim=pass header.d=esp.com; dkim=pass header.d=client.org; dkim=fail header.d=client.org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", DKIM: mailbox.Pass, DKIMDomain: "client.org"}},
		"a result inside quotes or comments is none": {"Authentication-Results: mx.example.net; spf=fail smtp.mailfrom=\"x;dkim=pass header.d=client.org;\"@attacker.org; dkim=none (a; dkim=pass header.d=client.org ; dmarc=pass) ; dmarc=none\n",
			mailbox.Authentication{AuthServID: "mx.example.net", SPF: mailbox.Fail, DKIM: mailbox.Neutral, DMARC: mailbox.Neutral, SPFDomain: "attacker.org"}},
		"a version and spaces around the sign are allowed": {"Authentication-Results: mx.example.net 1; dkim/1 = pass header.d=client.org\n",
			mailbox.Authentication{AuthServID: "mx.example.net", DKIM: mailbox.Pass, DKIMDomain: "client.org"}},
		"no results are no results":       {"Authentication-Results: mx.example.net; none\n", mailbox.Authentication{AuthServID: "mx.example.net"}},
		"with two From fields none pass":  {"From: a@client.org\nAuthentication-Results: mx.example.net; dkim=pass header.d=client.org; dmarc=pass header.from=client.org\n", mailbox.Authentication{AuthServID: "mx.example.net", DKIM: mailbox.Neutral, DMARC: mailbox.Neutral, DKIMDomain: "client.org"}},
		"another version is not believed": {"Authentication-Results: mx.example.net 2; dkim=pass header.d=client.org\n", mailbox.Authentication{UntrustedBy: "unreadable"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(tc.head + "From: Marie <marie@client.org>\n\nx")
			if m.Auth != tc.want {
				t.Errorf("got %+v\nwant %+v", m.Auth, tc.want)
			}
		})
	}
	t.Run("an authserv-id that the owner added is believed, Gmail's without adding", func(t *testing.T) {
		for id, tr := range map[string]mail.Trust{
			"filter.other.org": mail.TrustOf("imap.example.net", "", []string{"Filter.Other.org"}),
			"mx.google.com":    mail.TrustOf("imap.gmail.com", "shop@gmail.com", nil),
		} {
			m := mail.Parse([]byte("From: a@client.org\r\nAuthentication-Results: "+id+"; dkim=pass header.d=client.org\r\n\r\n"), tr)
			if m.Auth.DKIM != mailbox.Pass {
				t.Errorf("%s: %+v", id, m.Auth)
			}
		}
	})
	t.Run("without any trust nobody is believed", func(t *testing.T) {
		m := mail.Parse([]byte("From: a@client.org\r\nAuthentication-Results: localhost; dkim=pass header.d=client.org\r\n\r\n"), mail.Trust{})
		if m.Auth != (mailbox.Authentication{UntrustedBy: "localhost"}) {
			t.Errorf("got %+v", m.Auth)
		}
	})
}

func TestReceived(t *testing.T) {
	internal := time.Date(2026, 11, 3, 10, 0, 0, 0, time.FixedZone("CET", 3600))
	for name, tc := range map[string]struct {
		head     string
		internal time.Time
		want     string
	}{
		"INTERNALDATE in UTC": {"", internal, "2026-11-03T09:00:00Z"},
		"an earlier Received of the provider": {"Received: from a (by mx.attacker.org [1.2.3.4]) by mx.example.net (Postfix) with ESMTPS id x\n for <c@example.net>; Mon, 2 Nov 2026 23:59:30 +0100 (CET)\n",
			internal, "2026-11-02T22:59:30Z"},
		"a later Received is not taken":              {"Received: from a by mx.example.net; Wed, 4 Nov 2026 00:00:00 +0000\n", internal, "2026-11-03T09:00:00Z"},
		"somebody else's Received is not taken":      {"Received: from a by mx.attacker.org; Mon, 2 Nov 2026 00:00:00 +0000\n", internal, "2026-11-03T09:00:00Z"},
		"only the topmost Received is looked at":     {"Received: from b by mx.attacker.org; Tue, 3 Nov 2026 00:00:00 +0000\nReceived: from a by mx.example.net; Mon, 2 Nov 2026 00:00:00 +0000\n", internal, "2026-11-03T09:00:00Z"},
		"a Received without a date is not taken":     {"Received: from a by mx.example.net\n", internal, "2026-11-03T09:00:00Z"},
		"without INTERNALDATE the Received is taken": {"Received: from a by mx.example.net; Wed, 4 Nov 2026 00:00:00 +0000\n", time.Time{}, "2026-11-04T00:00:00Z"},
		"without anything there is no time":          {"", time.Time{}, "0001-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mail.Received([]byte(tc.head+"From: a@client.org\n\nx"), tc.internal, trust)
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("got %s, want %s", got.Format(time.RFC3339), tc.want)
			}
		})
	}
}

// hostile are messages made to break a reader.
func hostile() map[string]string {
	nest := func(depth int) string {
		var b strings.Builder
		b.WriteString("From: a@example.org\r\n")
		for i := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		b.WriteString("\r\ndeep\r\n")
		return b.String()
	}
	formatting := strings.Repeat("<p>", 1)
	for i := range 500 {
		formatting += fmt.Sprintf("<font color=%d>", i)
	}
	var rules strings.Builder
	rules.WriteString("<style>")
	for i := range 5000 {
		fmt.Fprintf(&rules, ".c%d,div{display:block}", i)
	}
	rules.WriteString("</style>")
	html := func(s string) string { return "From: a@example.org\r\nContent-Type: text/html\r\n\r\n" + s }
	return map[string]string{
		"ten thousand parts":                  "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 10000) + "--b--\r\n",
		"a thousand nested parts":             nest(1000),
		"the same boundary all the way":       "From: a@example.org\r\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 5000),
		"nested messages":                     "From: a@example.org\r\n" + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 5000),
		"nested comments in From":             "From: " + strings.Repeat("(", 200000) + "a@example.org\r\n\r\nx",
		"quotes in From":                      "From: " + strings.Repeat(`"\"`, 60000) + " <a@example.org>\r\n\r\nx",
		"addresses in From":                   "From: " + strings.Repeat("a@b.c,", 100000) + "\r\n\r\nx",
		"at signs in From":                    "From: " + strings.Repeat("a@", 100000) + "\r\n\r\nx",
		"brackets in From":                    "From: " + strings.Repeat("<a@[", 4000) + "\r\n\r\nx",
		"encoded words without an end":        "Subject: " + strings.Repeat("=?utf-8?q?", 100000) + "\r\nFrom: " + strings.Repeat("=?", 8000) + "\r\n\r\nx",
		"many encoded words":                  "Subject: " + strings.Repeat("=?utf-8?b?w6k=?= ", 100000) + "\r\n\r\nx",
		"encoded words of many kinds":         "Subject: " + strings.Repeat("=?x-y?b?w6k=?= ", 10000) + "\r\n\r\nx",
		"identifiers without an end":          "References: " + strings.Repeat("<", 500000) + "\r\n\r\nx",
		"identifiers":                         "References: " + strings.Repeat("<a@b> ", 100000) + "\r\n\r\nx",
		"header fields":                       strings.Repeat("From: a@example.org\r\n", 100000) + "\r\nx",
		"one long line":                       "Subject: " + strings.Repeat("a", 5<<20),
		"parameters":                          "Content-Type: text/plain" + strings.Repeat("; a*0*=utf-8''%41", 5000) + "\r\n\r\nx",
		"continued parameters":                "Content-Disposition: attachment; " + strings.Repeat("filename*0=a; ", 4000) + "\r\n\r\nx",
		"results with spaces":                 "Authentication-Results: mx.example.net; dkim" + strings.Repeat(" ", 60000) + "=pass" + strings.Repeat(";", 60000) + "\r\nFrom: a@example.org\r\n\r\nx",
		"NUL bytes":                           "Fr\x00om: a\r\nFrom: a@\x00example.org\r\nSubject: \x00\x00\r\n\r\n\x00\x00x",
		"dashes":                              "Content-Type: multipart/mixed; boundary=\"-\"\r\n\r\n" + strings.Repeat("-", 1<<20),
		"almost boundaries":                   "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--bx\r\n", 200000),
		"nested divs":                         html(strings.Repeat("<div>", 100000) + "x"),
		"nested unknown elements":             html(strings.Repeat("<x-y>", 100000) + "x" + strings.Repeat("</x-z>", 100000)),
		"nested quotes":                       html(strings.Repeat("<blockquote>x", 50000)),
		"end tags of nothing":                 html(strings.Repeat("<b>", 5000) + strings.Repeat("</i>", 300000)),
		"open formatting elements":            html(formatting + "</p>" + strings.Repeat("<p>x</p>", 100000)),
		"tables in tables":                    html(strings.Repeat("<table><tr><td>", 50000) + "x"),
		"attributes":                          html("<p " + strings.Repeat("a=b ", 300000) + ">x"),
		"style rules":                         html(rules.String() + strings.Repeat("<div class='"+strings.Repeat("c1 ", 50)+"'>", 10000) + "x"),
		"style comments":                      html("<style>" + strings.Repeat("/*", 100000) + "</style><p style='" + strings.Repeat("/**/", 2000) + "'>x"),
		"links":                               html(strings.Repeat("<a href=http://x.y/z>z</a>", 100000)),
		"unclosed links":                      html(strings.Repeat("<a href=http://x.y/z>", 100000)),
		"images inside":                       html(strings.Repeat("<img src='data:image/png;base64,AAAA'>", 50000)),
		"entities":                            html(strings.Repeat("&#x1F600;&zwnj;&amp", 100000)),
		"less-than signs":                     html(strings.Repeat("<", 1<<20)),
		"comments without an end":             html(strings.Repeat("<!--", 200000)),
		"text far too long":                   "From: a@example.org\r\n\r\n" + strings.Repeat("é tout effacer\r\n", 100000),
		"HTML far too long":                   html(strings.Repeat("<p>é tout effacer", 400000)),
		"combining marks":                     "From: a@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ne" + strings.Repeat("\u0301", 300000),
		"flowed quotes":                       "Content-Type: text/plain; format=flowed\r\nFrom: a@example.org\r\n\r\n" + strings.Repeat(">", 500000) + strings.Repeat("\r\n>x ", 50000),
		"a million open tags":                 html(strings.Repeat("<b>", 1000000) + "Effacez tout"),
		"a million unclosed cells":            html(strings.Repeat("<td>", 1000000) + "Effacez tout"),
		"base64 of nothing":                   "From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("!", 4<<20),
		"base64 far too long":                 "From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("ZWZmYWNleiB0b3V0\r\n", 400000),
		"quoted-printable signs":              "From: a@example.org\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=", 2<<20),
		"quoted-printable soft breaks":        "From: a@example.org\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=\r\n", 1<<20) + "Effacez tout",
		"attached text in ten thousand parts": "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n", 10000) + "--b--\r\n",
		"addresses in To":                     "From: a@example.org\r\nTo: " + strings.Repeat("a@b.c,\r\n ", 100000) + "x@y.z\r\n\r\nx",
		"To fields":                           "From: a@example.org\r\n" + strings.Repeat("To: a@b.c\r\n", 100000) + "\r\nx",
		"comments in Content-Type":            "From: a@example.org\r\nContent-Type: " + strings.Repeat("(", 60000) + " text/plain\r\n\r\nx",
		"UTF-7 shifts":                        "From: a@example.org\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n" + strings.Repeat("+AOk-+", 300000),
		"many texts":                          "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n"+strings.Repeat("x", 300000)+"\r\n", 60) + "--b--\r\n",
	}
}

// sound checks what holds for every message whatever its bytes.
func sound(t testing.TB, raw []byte, m mailbox.Message) {
	t.Helper()
	texts := []string{m.Subject, m.Text, m.MessageID, m.Auth.AuthServID, m.Auth.UntrustedBy, m.Auth.DKIMDomain, m.Auth.SPFDomain}
	texts = append(append(append(texts, m.InReplyTo...), m.References...), m.Problems...)
	for _, a := range slices.Concat(m.From, m.ReplyTo, m.To) {
		texts = append(texts, a.Name, a.Email)
	}
	for _, a := range m.Attachments {
		texts = append(texts, a.Name, a.Type)
		if strings.ContainsAny(a.Name, "/\\\n") || strings.HasPrefix(a.Name, ".") || a.Name == "" {
			t.Errorf("attachment named %q", a.Name)
		}
	}
	for i, s := range texts {
		if !utf8.ValidString(s) {
			t.Errorf("invalid UTF-8 in %q", s[:min(len(s), 100)])
		}
		for _, r := range s {
			if unicode.IsControl(r) && (i != 1 || r != '\n' && r != '\t') || r >= 0x202A && r <= 0x202E || r == 0x200B || r == 0xFEFF {
				t.Errorf("character %U in %q", r, s[:min(len(s), 100)])
				break
			}
		}
	}
	if len(m.Text) > mailbox.MaxTextBytes || len(m.Subject) > 2000 || len(m.Problems) > 20 || len(m.From) > 200 || len(m.References) > 200 || len(m.Attachments) > 201 {
		t.Errorf("bounds: text %d, subject %d, problems %d, from %d", len(m.Text), len(m.Subject), len(m.Problems), len(m.From))
	}
	if !bytes.Equal(m.Raw, raw) {
		t.Errorf("Raw is not what came")
	}
	if _, ok := m.Sender(); !ok && (m.Auth.DKIM == mailbox.Pass || m.Auth.SPF == mailbox.Pass || m.Auth.DMARC == mailbox.Pass) {
		t.Errorf("a pass for nobody: %+v", m.Auth)
	}
	if y := m.SentAt.Year(); !m.SentAt.IsZero() && (y < 1970 || y > 2200) {
		t.Errorf("sent in %d", y)
	}
}

func TestHostile(t *testing.T) {
	for name, raw := range hostile() {
		t.Run(name, func(t *testing.T) {
			m := mail.Parse([]byte(raw), trust)
			sound(t, []byte(raw), m)
			mail.Received([]byte(raw), time.Time{}, trust)
		})
	}
	t.Run("parts beyond the bound are told", func(t *testing.T) {
		m := mail.Parse([]byte(hostile()["ten thousand parts"]), trust)
		if !slices.Contains(m.Problems, "more than 200 parts") {
			t.Errorf("problems %q", m.Problems)
		}
	})
	t.Run("depth beyond the bound is told", func(t *testing.T) {
		m := mail.Parse([]byte(hostile()["a thousand nested parts"]), trust)
		if !slices.Contains(m.Problems, "nested deeper than 20 parts") {
			t.Errorf("problems %q", m.Problems)
		}
	})
	t.Run("what can be read of a hostile message is read, and what cannot is told", func(t *testing.T) {
		all := hostile()
		for name, tc := range map[string]struct{ text, problem string }{
			"a million open tags":                 {"Effacez tout", ""},
			"a million unclosed cells":            {"Effacez tout", ""},
			"nested divs":                         {"x", ""},
			"quoted-printable soft breaks":        {"Effacez tout", ""},
			"base64 far too long":                 {"", "part too long"},
			"attached text in ten thousand parts": {"Attachment: a.txt", "more than 200 parts"},
			"nested comments in From":             {"x", "address field too long"},
			"addresses in From":                   {"x", "address field too long"},
			"addresses in To":                     {"x", "address field too long"},
			"quotes in From":                      {"x", "address field too long"},
			"encoded words of many kinds":         {"x", "unknown charset x-y"},
			"a thousand nested parts":             {"", "nested deeper than 20 parts"},
			"nested messages":                     {"Forwarded", "nested deeper than 20 parts"},
			"one long line":                       {"", ""},
		} {
			m := mail.Parse([]byte(all[name]), trust)
			if !strings.Contains(m.Text, tc.text) || tc.problem != "" && !slices.Contains(m.Problems, tc.problem) {
				t.Errorf("%s: text %.200q, problems %q", name, m.Text, m.Problems)
			}
		}
	})
	t.Run("From fields are counted however many there are, and prove nothing", func(t *testing.T) {
		m := mail.Parse([]byte(hostile()["header fields"]), trust)
		if _, ok := m.Sender(); ok || m.FromFields != 100000 || len(m.From) != 200 {
			t.Errorf("%d fields, %d addresses", m.FromFields, len(m.From))
		}
	})
	t.Run("text beyond the bound is told", func(t *testing.T) {
		for _, k := range []string{"text far too long", "HTML far too long"} {
			m := mail.Parse([]byte(hostile()[k]), trust)
			if !slices.Contains(m.Problems, "text cut at 256 KB") || len(m.Text) < mailbox.MaxTextBytes-10 {
				t.Errorf("%s: problems %q, %d bytes", k, m.Problems, len(m.Text))
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	// The beginnings of the hostile ones: a short seed is a fast one.
	for _, s := range hostile() {
		f.Add([]byte(s[:min(len(s), 600)]))
	}
	f.Add([]byte(body("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain; charset=utf-8; format=flowed\n\na \nb\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p style=3D\"color:#fff\">x<a href=3D\"http://x\">y</a>\n--b--\n")))
	f.Add([]byte("From a\nFrom: a@b\nAuthentication-Results: mx.example.net; dkim=pass header.d=b (c;\"\n\n"))
	f.Add([]byte(body("message/rfc822", "From: =?utf-8?b?w6k=?= <x@y>\n\nz")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sound(t, raw, mail.Parse(raw, trust))
		mail.Received(raw, time.Time{}, trust)
	})
}

func FuzzHTML(f *testing.F) {
	f.Add(`<style>.a,p#b{display:none;color:rgb(1,2,3)}@media x{y{z:0}}</style><p class="a b" style="font-size:0;/*x*/background:url(y) #fff">un<a href="https://x.y">z</a><blockquote>q<br><pre>a
b</pre></blockquote><table><td>1<td hidden>2<tr><li>3</table><img alt="xx" src="data:a"><svg><b>w</p>`)
	f.Fuzz(func(t *testing.T, page string) {
		raw := []byte("From: a@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page)
		sound(t, raw, mail.Parse(raw, trust))
	})
}

func BenchmarkParse(b *testing.B) {
	for name, raw := range map[string]string{
		"plain": "From: =?utf-8?q?Zo=C3=A9?= <zoe@example.org>\r\nTo: contact@shop.example.com\r\nSubject: =?utf-8?q?Mes_donn=C3=A9es?=\r\nMessage-ID: <a@b>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			strings.Repeat("Je demande l'effacement de mes donn=C3=A9es.\r\n", 30),
		"HTML": "From: a@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<style>.x{display:none}</style>" +
			strings.Repeat(`<table><tr><td style="font-family:Arial;color:#333"><p class="y">Bonjour <a href="https://example.org/x">ici</a></p></td></tr></table>`, 200),
		"alternative": strings.ReplaceAll(body("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain; charset=iso-8859-1\n\n"+strings.Repeat("Effacez mes donn\xe9es.\n", 20)+"--b\nContent-Type: text/html\n\n"+strings.Repeat("<p>Effacez mes données.</p>\n", 20)+"--b--\n"), "\n", "\r\n"),
		"bounce":      strings.ReplaceAll(report("delivery-status", "", "message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marie@example.org\nAction: failed\nStatus: 5.1.1\n", returnedMail), "\n", "\r\n"),
		"PDF":         string(attached([3]string{"application/pdf", "lettre.pdf", pdf(b, true, true, strings.Repeat(demand+" ", 40))})),
		"DOCX":        string(attached([3]string{"application/octet-stream", "lettre.docx", docx(b, strings.Repeat("<w:p><w:r><w:t>"+demand+"</w:t></w:r></w:p>", 40))})),
		"winmail":     string(attached(winmail(newPacket().add(1, bodyText, strings.Repeat(demand+" ", 40))))),
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(raw)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				mail.Parse(data, trust)
			}
		})
	}
}
