package sign_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greffier/data/sign"
)

var made = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

func key(t testing.TB) (sign.Key, string) {
	t.Helper()
	k, seed, err := sign.New()
	if err != nil {
		t.Fatal(err)
	}
	return k, seed
}

func sshOf(t testing.TB, k sign.Key, data []byte) []byte {
	t.Helper()
	s, err := k.SSH(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAKeyComesBackFromItsSeed(t *testing.T) {
	k, seed := key(t)
	again, err := sign.Open(seed)
	if err != nil || again.Public() != k.Public() {
		t.Errorf("%v: %+v, %+v", err, again.Public(), k.Public())
	}
	if len(k.Public().ID) != 16 || !strings.HasPrefix(k.Public().SSH, "ssh-ed25519 ") {
		t.Errorf("%+v", k.Public())
	}
	for _, bad := range []string{"", "x", seed[:20], seed + seed} {
		if _, err := sign.Open(bad); !errors.Is(err, sign.ErrSeed) {
			t.Errorf("the seed %q: %v", bad, err)
		}
	}
}

func TestASignatureFitsItsFileAndNoOther(t *testing.T) {
	k, _ := key(t)
	other, _ := key(t)
	data := []byte("the certificate\n")
	s, m := sshOf(t, k, data), k.Minisign(data, "c\n\x1b.pdf", made)
	who, err := sign.VerifySSH(data, s)
	if err != nil || who != k.Public() {
		t.Errorf("SSH: %+v, %v", who, err)
	}
	if err := sign.VerifyMinisign(data, m, k.Public().Minisign); err != nil {
		t.Error("minisign:", err)
	}
	if bytes.Contains(m, []byte("\x1b")) || bytes.Count(m, []byte("\n")) != 4 {
		t.Errorf("the file's name breaks its line: %q", m)
	}
	changed := []byte("the certificate \n")
	if _, err := sign.VerifySSH(changed, s); !errors.Is(err, sign.ErrSignature) {
		t.Error("SSH, changed:", err)
	}
	if err := sign.VerifyMinisign(changed, m, k.Public().Minisign); !errors.Is(err, sign.ErrSignature) {
		t.Error("minisign, changed:", err)
	}
	if err := sign.VerifyMinisign(data, m, other.Public().Minisign); !errors.Is(err, sign.ErrSignature) {
		t.Error("minisign, another key:", err)
	}
	if who, err := sign.VerifySSH(data, sshOf(t, other, data)); err != nil || who == k.Public() {
		t.Errorf("SSH, another key: %+v, %v", who, err)
	}
	forged := bytes.Replace(m, []byte("file:"), []byte("File:"), 1)
	if err := sign.VerifyMinisign(data, forged, k.Public().Minisign); !errors.Is(err, sign.ErrSignature) {
		t.Error("minisign, another comment:", err)
	}
}

// TestOrdinaryToolsVerifyTheSignatures runs what a third party would.
func TestOrdinaryToolsVerifyTheSignatures(t *testing.T) {
	k, _ := key(t)
	dir := t.TempDir()
	data := []byte("the manifest of a dossier\n")
	for name, b := range map[string][]byte{"M": data, "M.sig": sshOf(t, k, data), "M.minisig": k.Minisign(data, "M", made),
		"signers": []byte(k.Public().AllowedSigners()), "signer.pub": []byte(k.Public().File()), "X": append(data, 'x')} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name, file, tool string
		args             []string
		fits             bool
	}{
		{"ssh-keygen", "M", "ssh-keygen", []string{"-Y", "verify", "-f", "signers", "-I", sign.Identity, "-n", sign.Namespace, "-s", "M.sig"}, true},
		{"ssh-keygen, a changed file", "X", "ssh-keygen", []string{"-Y", "verify", "-f", "signers", "-I", sign.Identity, "-n", sign.Namespace, "-s", "M.sig"}, false},
		{"ssh-keygen, another purpose", "M", "ssh-keygen", []string{"-Y", "verify", "-f", "signers", "-I", sign.Identity, "-n", "file", "-s", "M.sig"}, false},
		{"minisign", "M", "minisign", []string{"-V", "-H", "-p", "signer.pub", "-m", "M", "-x", "M.minisig"}, true},
		{"minisign, a changed file", "X", "minisign", []string{"-V", "-H", "-p", "signer.pub", "-m", "X", "-x", "M.minisig"}, false},
		{"minisign, the key as a word", "M", "minisign", []string{"-V", "-H", "-P", k.Public().Minisign, "-m", "M", "-x", "M.minisig"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := exec.LookPath(tc.tool); err != nil {
				if os.Getenv("GREFFIER_NO_SKIP") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			in, err := os.Open(filepath.Join(dir, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			cmd := exec.CommandContext(t.Context(), tc.tool, tc.args...)
			cmd.Dir, cmd.Stdin = dir, in
			out, err := cmd.CombinedOutput()
			if (err == nil) != tc.fits {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func FuzzSignatures(f *testing.F) {
	k, _, err := sign.New()
	if err != nil {
		f.Fatal(err)
	}
	data := []byte("data")
	s, err := k.SSH(data)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s, k.Public().Minisign)
	f.Add(k.Minisign(data, "f", made), k.Public().Minisign)
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"), "RW")
	f.Fuzz(func(t *testing.T, signature []byte, public string) {
		if who, err := sign.VerifySSH([]byte("other data"), signature); err == nil && who == k.Public() {
			t.Fatal("a signature by nobody is accepted")
		}
		if sign.VerifyMinisign([]byte("other data"), signature, k.Public().Minisign) == nil {
			t.Fatal("a signature by nobody is accepted")
		}
		_ = sign.VerifyMinisign(data, signature, public)
	})
}
