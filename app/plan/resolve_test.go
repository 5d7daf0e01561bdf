package plan_test

import (
	"strings"
	"testing"

	"greffier/app/plan"
)

var bases = []plan.Base{
	{Storage: "photos", URL: "https://s3.example.net/photos/"},
	{Storage: "photos", URL: "https://photos.s3.example.net"},
	{Storage: "photos", URL: "https://cdn.example.org/img/"},
	{Storage: "local", URL: "file:///srv/shop/media/"},
	{Storage: "prints", URL: "https://s3.example.net/photos/prints/"},
}

func TestResolve(t *testing.T) {
	for _, tc := range []struct {
		name, ref, storage, key string
		ok                      bool
	}{
		{"a bare key", "uploads/1042/a.jpg", "", "uploads/1042/a.jpg", true},
		{"a bare key with odd characters", "uploads/1/portrait ü+1#.jpg", "", "uploads/1/portrait ü+1#.jpg", true},
		{"path style", "https://s3.example.net/photos/uploads/1/a.jpg", "photos", "uploads/1/a.jpg", true},
		{"over plain http", "http://s3.example.net/photos/uploads/1/a.jpg", "photos", "uploads/1/a.jpg", true},
		{"with the usual port", "https://s3.example.net:443/photos/a.jpg", "photos", "a.jpg", true},
		{"with another port", "https://s3.example.net:9000/photos/a.jpg", "", "", false},
		{"virtual-host style", "https://photos.s3.example.net/a.jpg", "photos", "a.jpg", true},
		{"a host in capitals", "https://Photos.S3.example.net/a.jpg", "photos", "a.jpg", true},
		{"a public address", "https://cdn.example.org/img/a.jpg", "photos", "a.jpg", true},
		{"a signed address", "https://s3.example.net/photos/a.jpg?X-Amz-Signature=00&versionId=1#x", "photos", "a.jpg", true},
		{"escapes", "https://s3.example.net/photos/orders/1/portrait%20%C3%BC%2B1.jpg", "photos", "orders/1/portrait ü+1.jpg", true},
		{"a plus is a plus in a path", "https://s3.example.net/photos/a+b.jpg", "photos", "a+b.jpg", true},
		{"a file", "file:///srv/shop/media/a%20b.jpg", "local", "a b.jpg", true},
		{"the longest base wins", "https://s3.example.net/photos/prints/a.pdf", "prints", "a.pdf", true},
		{"somebody else's host", "https://evil.example/photos/a.jpg", "", "", false},
		{"another bucket", "https://s3.example.net/photos2/a.jpg", "", "", false},
		{"another folder", "https://cdn.example.org/image/a.jpg", "", "", false},
		{"climbing", "https://s3.example.net/photos/../secret/a.jpg", "", "", false},
		{"climbing in disguise", "https://s3.example.net/photos/%2e%2e/a.jpg", "", "", false},
		{"climbing with backslashes", `uploads\..\a.jpg`, "", "", false},
		{"a bare key that climbs", "../a.jpg", "", "", false},
		{"an absolute path", "/etc/passwd", "", "", false},
		{"a folder", "uploads/1042/", "", "", false},
		{"the base itself", "https://s3.example.net/photos/", "", "", false},
		{"nothing", " ", "", "", false},
		{"a control character", "a\x00b", "", "", false},
		{"an escaped control character", "https://s3.example.net/photos/a%00b", "", "", false},
		{"broken escapes", "https://s3.example.net/photos/%zz", "", "", false},
		{"a password in the address", "https://u:p@s3.example.net/photos/a.jpg", "", "", false},
		{"something endless", strings.Repeat("a", 5000), "", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, k, ok := plan.Resolve(tc.ref, bases)
			if s != tc.storage || k != tc.key || ok != tc.ok {
				t.Errorf("Resolve(%q) = %q, %q, %v", tc.ref, s, k, ok)
			}
		})
	}
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{"a.jpg", "https://s3.example.net/photos/%2e%2e/a", "file:///srv/shop/media/x", "://", "\xff", "https://[::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		_, key, ok := plan.Resolve(ref, bases)
		if !ok {
			return
		}
		if key == "" || key[0] == '/' {
			t.Fatalf("Resolve(%q) gives %q", ref, key)
		}
		for _, part := range strings.FieldsFunc(key, func(r rune) bool { return r == '/' || r == '\\' }) {
			if part == ".." {
				t.Fatalf("Resolve(%q) climbs: %q", ref, key)
			}
		}
	})
}
