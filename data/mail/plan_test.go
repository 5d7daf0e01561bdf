package mail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestPlan(t *testing.T) {
	part := func(typ, sub string, size uint32, name string) imap.BodyStructure {
		return &imap.BodyStructureSinglePart{Type: typ, Subtype: sub, Encoding: "base64", Size: size, Params: map[string]string{"name": name}}
	}
	mixed := func(kids ...imap.BodyStructure) imap.BodyStructure {
		return &imap.BodyStructureMultiPart{Subtype: "mixed", Children: kids}
	}
	deep := part("text", "plain", 10, "")
	for range maxDepth + 1 {
		deep = mixed(deep)
	}
	many := make([]imap.BodyStructure, maxParts)
	for i := range many {
		many[i] = part("text", "plain", 10, "")
	}
	photo := part("image", "jpeg", 1<<20, "a.jpg")
	for name, tc := range map[string]struct {
		structure imap.BodyStructure
		size      int64
		parts     bool
	}{
		"a mail with a photo is read in parts":                           {mixed(part("text", "plain", 2000, ""), photo), 1 << 20, true},
		"a photo alone is read in parts":                                 {photo, 1 << 20, true},
		"a mail that is mostly text is read whole":                       {mixed(part("text", "html", 300<<10, "")), 310 << 10, false},
		"a large mail that was attached is read":                         {mixed(part("message", "rfc822", 3<<20, ""), photo), 4 << 20, false},
		"a large document is left out":                                   {mixed(part("text", "plain", 2000, ""), part("application", "pdf", 3<<20, "a.pdf")), 3 << 20, true},
		"a small document is read":                                       {mixed(part("text", "plain", 2000, ""), part("application", "octet-stream", 1<<20, "a.PDF")), 1 << 20, false},
		"a document that claims to be a picture is read":                 {mixed(part("text", "plain", 2000, ""), part("image", "jpeg", 1<<20, "a.pdf")), 1 << 20, false},
		"a letter in Outlook's form is read, however large":              {mixed(part("application", "ms-tnef", 3<<20, "winmail.dat")), 3 << 20, false},
		"a large mail that was attached as a file is read":               {mixed(part("application", "octet-stream", 3<<20, "x.eml"), photo), 4 << 20, false},
		"a multipart without parts is read whole":                        {mixed(), 1 << 20, false},
		"more parts than are read of any mail are not asked for":         {mixed(many...), 1 << 20, false},
		"parts deeper than are read of any mail are not asked for":       {deep, 1 << 20, false},
		"a mail too large to be read whole is read in parts in any case": {mixed(part("text", "plain", 40<<20, ""), photo), 41 << 20, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := planOf(tc.structure, tc.size)
			if (p != nil) != tc.parts {
				t.Fatalf("plan %+v", p)
			}
			if p != nil && p.bytes > hugeBytes+1<<20 {
				t.Errorf("it would bring %d bytes", p.bytes)
			}
		})
	}
}

func FuzzWithType(f *testing.F) {
	for _, s := range []string{"Content-Type: image/jpeg; name=a.jpg\r\n\r\n", "content-type : image/jpeg (x;y);\r\n\tname*0*=utf-8''%C3; name*1=x\r\nX: y\r\n\r\n", "Content-Type:\r\n image/png\r\n\r\n", "X\r\nContent-Type", ":\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		out, ok := withType(head, mark+"1")
		if !ok {
			return
		}
		h, _ := splitHead(out, true)
		if ct, _ := contentType(h.get("content-type")); ct != mark+"1" {
			t.Errorf("type %q of %q", ct, out)
		}
	})
}

// FuzzMessage puts together a message of bytes that a server made up.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"), []byte("Content-Type: text/plain\r\n\r\n"), []byte("Bonjour"), []byte("Content-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"), []byte(strings.Repeat("QUJD\r\n", 50)), int64(20000))
	f.Fuzz(func(t *testing.T, root, head, body, photo, tail []byte, size int64) {
		size = max(size, littleBytes+1) % (1 << 40)
		p := planOf(&imap.BodyStructureMultiPart{Subtype: "mixed", Children: []imap.BodyStructure{
			&imap.BodyStructureSinglePart{Type: "text", Subtype: "plain", Size: uint32(len(body))},
			&imap.BodyStructureSinglePart{Type: "image", Subtype: "jpeg", Encoding: "base64", Size: uint32(size % (1 << 32))},
		}}, 1<<30)
		if p == nil {
			return
		}
		p.nodes[0].head, p.nodes[1].head, p.nodes[1].body, p.nodes[2].head, p.nodes[2].tail = root, head, body, photo, tail
		raw, ok := p.message(size + int64(len(body)+len(root)+len(head)+len(photo)))
		if !ok {
			return
		}
		m := Parse(raw, Trust{})
		p.restore(&m)
		if bytes.Contains(raw, tail) && len(tail) > 100 && bytes.Count(body, tail)+bytes.Count(root, tail)+bytes.Count(head, tail)+bytes.Count(photo, tail) == 0 {
			t.Errorf("a part that was left out is in the message")
		}
		for _, a := range m.Attachments {
			if strings.Contains(a.Type, "x-greffier") || a.SizeBytes < 0 && size < 1<<32 {
				t.Errorf("attachment %+v", a)
			}
		}
	})
}
