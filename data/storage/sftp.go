package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"greffier/app/erasure"
	"greffier/app/plan"
)

// maxKeyBytes bounds a key: a tree that goes deeper is none, but a server that
// invents one.
const maxKeyBytes = 32 << 10

// SFTPConfig says where a folder of an SSH server is and how to enter.
type SFTPConfig struct {
	Name string // the storage's name in the profile
	Host string
	Port int // 0 is 22
	User string
	// KeyFile is the path of a private key (PEM), and KeyPassphrase opens it
	// where it is encrypted. It is read when a connection is made.
	KeyFile       string
	KeyPassphrase string
	Password      string
	// HostKey pins the server: "ssh-ed25519 AAAA…" or "SHA256:…" as
	// ssh-keygen -l prints it; several on lines of their own.
	HostKey string
	// Root is the folder on the server: absolute, or below the folder in which
	// a login begins, which is itself ".".
	Root string
	// Connections is how many are made at most, 0 for two. Each carries many
	// calls at a time.
	Connections int
}

// SFTP is a folder of an SSH server. Keys are paths below it. Links are entries
// of their own, which are erased without what they lead to. A Fingerprint is
// size and modification time, which SFTP tells in whole seconds: a file that is
// overwritten by one of the same size within the same second looks the same.
// The protocol does not tell how many names a file has, so that a hard link
// elsewhere on the server is not seen. It is safe for use from several
// goroutines.
type SFTP struct {
	cfg   SFTPConfig
	root  string
	lines *sshLines

	mu   sync.Mutex
	disk uint64 // of the folder when it was first seen; 0 where unknown
}

var (
	_ erasure.Storage = (*SFTP)(nil)
	_ erasure.Looker  = (*SFTP)(nil)
	_ erasure.Opener  = (*SFTP)(nil)
)

// NewSFTP prepares a folder of a server; nothing is asked of it yet. It returns
// ErrBadAddress, or ErrHostKey where the pinned key cannot be read. Without a
// pinned key every call returns an UnknownHostError.
func NewSFTP(cfg SFTPConfig) (*SFTP, error) {
	fail := func(err error) (*SFTP, error) { return nil, fmt.Errorf("storage %q: %w", cfg.Name, err) }
	addr, err := sshAddress(cfg.Host, cfg.Port)
	if err != nil {
		return fail(err)
	}
	if cfg.Name == "" || cfg.User == "" || cfg.Root == "" || strings.ContainsRune(cfg.Root+cfg.User, 0) {
		return fail(ErrBadAddress)
	}
	p, err := parsePins(cfg.HostKey)
	if err != nil {
		return fail(err)
	}
	s := &SFTP{cfg: cfg, root: path.Clean(cfg.Root)}
	n := cfg.Connections
	if n <= 0 {
		n = 2
	}
	s.lines = newSSHLines(min(n, maxLines), func(ctx context.Context) (*sshLine, error) { return enter(ctx, addr, p, s.login) })
	return s, nil
}

// login fills in how to enter. It is only used with a server whose host key is
// pinned: nothing of it is sent to another.
func (s *SFTP) login(c *ssh.ClientConfig) {
	c.User = s.cfg.User
	if s.cfg.KeyFile != "" {
		c.Auth = append(c.Auth, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			signer, err := s.signer()
			if err != nil {
				return nil, err
			}
			return []ssh.Signer{signer}, nil
		}))
	}
	if s.cfg.Password != "" {
		c.Auth = append(c.Auth, ssh.Password(s.cfg.Password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range answers {
				if !echos[i] { // what is shown while it is typed is no password
					answers[i] = s.cfg.Password
				}
			}
			return answers, nil
		}))
	}
}

// signer reads the private key.
func (s *SFTP) signer() (ssh.Signer, error) {
	pem, err := os.ReadFile(s.cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the file of the private key: %w", ErrKeyFile)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && s.cfg.KeyPassphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(s.cfg.KeyPassphrase))
	}
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w", ErrKeyFile)
	}
	return signer, nil
}

// Name returns the storage's name in the profile.
func (s *SFTP) Name() string { return s.cfg.Name }

// Bases returns the folder's sftp address, with and without the port where it
// is the usual one. A folder below the one where a login begins has none.
func (s *SFTP) Bases() []plan.Base {
	if !path.IsAbs(s.root) {
		return nil
	}
	host := s.cfg.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	p := strings.TrimSuffix(s.root, "/") + "/"
	hosts := []string{host + ":" + strconv.Itoa(s.cfg.Port)}
	if s.cfg.Port == 0 || s.cfg.Port == 22 {
		hosts = []string{host, host + ":22"}
	}
	var out []plan.Base
	for _, h := range hosts {
		out = append(out, plan.Base{Storage: s.cfg.Name, URL: (&url.URL{Scheme: "sftp", Host: h, Path: p}).String()})
	}
	return out
}

// Close ends the connections. The storage can go on being used: it connects
// again.
func (s *SFTP) Close() error { s.lines.close(); return nil }

// fail puts an answer of the server into the words of app/erasure, without the
// path in it. missing is what "does not exist" means here.
func (s *SFTP) fail(doing string, err, missing error) error {
	if err == nil {
		return nil
	}
	sentinel := erasure.ErrOffline // an error of the server's disk
	var status *sftp.StatusError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		sentinel = missing
	case errors.Is(err, fs.ErrPermission):
		sentinel = erasure.ErrDenied
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &status) && status.Code != uint32(sftp.ErrSSHFxFailure):
		sentinel = ErrUnclear
	case errors.Is(err, erasure.ErrDenied), errors.Is(err, erasure.ErrOffline), errors.Is(err, ErrHostUnknown), errors.Is(err, ErrHostChanged),
		errors.Is(err, ErrKeyFile), errors.Is(err, ErrUnclear):
		return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, err)
	}
	if sentinel == nil {
		return nil
	}
	return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, sentinel)
}

// there returns ErrNotThere unless the folder itself was seen, on the disk
// where it was first seen.
func (s *SFTP) there(ctx context.Context) error {
	var info os.FileInfo
	var disk uint64
	err := s.lines.do(ctx, func(c *sftp.Client) (err error) {
		if info, err = c.Stat(s.root); err != nil {
			return err
		}
		disk = 0
		if _, told := c.HasExtension("statvfs@openssh.com"); told {
			vfs, err := c.StatVFS(s.root)
			if isAnswer(err) {
				return nil // it is not told, then
			}
			if err != nil {
				return err
			}
			disk = vfs.Fsid
		}
		return nil
	})
	if err != nil {
		return s.fail("look for the folder", err, erasure.ErrNotThere)
	}
	if !info.IsDir() {
		return fmt.Errorf("folder of storage %q: not a folder: %w", s.cfg.Name, erasure.ErrNotThere)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.disk == 0:
		s.disk = disk
	case disk != 0 && disk != s.disk:
		return fmt.Errorf("folder of storage %q: another disk is mounted there: %w", s.cfg.Name, erasure.ErrNotThere)
	}
	return nil
}

// Check tells whether the folder is there and may be read. Where it shows a
// recycle bin or snapshots, absence cannot be proven. What a backup of the
// server keeps is not known here.
func (s *SFTP) Check(ctx context.Context) (erasure.Abilities, error) {
	if err := s.there(ctx); err != nil {
		return erasure.Abilities{}, err
	}
	entries, _, err := s.entries(ctx, s.root)
	if err != nil {
		return erasure.Abilities{}, s.fail("read the folder", err, erasure.ErrNotThere)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	bin := binAmong(names)
	if bin == "" {
		// Snapshots often stand in no listing.
		err := s.lines.do(ctx, func(c *sftp.Client) error {
			bin = ""
			infos, errs := lstats(c, under(s.root, hiddenBins)...)
			for i, info := range infos {
				if errs[i] == nil && info.IsDir() && bin == "" {
					bin = hiddenBins[i]
				}
				if errs[i] != nil && !isAnswer(errs[i]) {
					return errs[i]
				}
			}
			return nil
		})
		if err != nil {
			return erasure.Abilities{}, s.fail("look for snapshots", err, nil)
		}
	}
	return abilities("SFTP", bin), ctx.Err()
}

func under(root string, names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, path.Join(root, n))
	}
	return out
}

// lstats looks at several paths at once, without following links at their end.
func lstats(c *sftp.Client, paths ...string) ([]os.FileInfo, []error) {
	infos, errs := make([]os.FileInfo, len(paths)), make([]error, len(paths))
	var wg sync.WaitGroup
	for i, p := range paths {
		wg.Go(func() { infos[i], errs[i] = c.Lstat(p) })
	}
	wg.Wait()
	return infos, errs
}

// isAnswer tells whether the server answered, if only with a refusal.
func isAnswer(err error) bool {
	var status *sftp.StatusError
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, &status)
}

// typed tells whether a description says what kind of file it is of.
func typed(info os.FileInfo) bool {
	st, ok := info.Sys().(*sftp.FileStat)
	return ok && st.Mode&0o170000 != 0
}

// entries reads a folder. real tells whether it is a folder itself and no link
// to one: there are servers that do not tell them apart in their listings.
func (s *SFTP) entries(ctx context.Context, dir string) (entries []os.FileInfo, real bool, err error) {
	err = s.lines.do(ctx, func(c *sftp.Client) error {
		found, rerr := c.ReadDir(dir)
		if rerr != nil && !isAnswer(rerr) {
			return rerr
		}
		// The client takes a connection that breaks off for the end of the
		// listing. One that still answers afterwards had not.
		info, err := c.Lstat(dir)
		if err != nil {
			return err
		}
		if rerr != nil {
			return rerr
		}
		for i, e := range found {
			if n := e.Name(); n == "" || n == "." || n == ".." || strings.ContainsAny(n, "/\x00") {
				return ErrUnclear
			}
			if typed(e) {
				continue
			}
			if found[i], err = c.Lstat(path.Join(dir, e.Name())); errors.Is(err, fs.ErrNotExist) {
				found[i] = nil // gone since
			} else if err != nil {
				return err
			} else if !typed(found[i]) {
				return ErrUnclear
			}
		}
		entries, real = found[:0], info.IsDir()
		for _, e := range found {
			if e != nil {
				entries = append(entries, e)
			}
		}
		return nil
	})
	return entries, real, err
}

// List calls yield for every file and link below the folder whose key begins
// with prefix. Links are never followed. A sub-folder that may not be read is
// an error, because nothing can be said of what is in it. Four folders are
// read at a time; the descriptions of one folder are held in memory.
func (s *SFTP) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if err := s.there(ctx); err != nil {
		return err
	}
	start, ok := startOf(prefix)
	if !ok {
		return ctx.Err() // no key can begin so
	}
	if start != "" {
		rel, err := pathOf(start)
		if err != nil {
			return ctx.Err()
		}
		infos, err := s.chain(ctx, rel)
		if err != nil {
			return s.fail("look at a folder", err, nil)
		}
		for _, info := range infos {
			if info == nil || !info.IsDir() {
				return ctx.Err() // nothing is there, or a link: what is behind it is not this storage's
			}
		}
		start += "/"
	}
	yield = oneByOne(yield)
	err := walkTree(ctx, start, func(ctx context.Context, at string, sub func(string)) error {
		return s.read(ctx, at, prefix, yield, sub)
	})
	if err != nil {
		return err
	}
	return ctx.Err()
}

// startOf returns the folder that holds every key with a prefix, without its
// final slash: "" for the root. It is false where no key has that prefix.
func startOf(prefix string) (string, bool) {
	i := strings.LastIndexByte(prefix, '/')
	if i < 0 {
		return "", true
	}
	return prefix[:i], i > 0
}

// read lists the folder whose key is at: "" for the root, else ending in /.
func (s *SFTP) read(ctx context.Context, at, prefix string, yield func(plan.Object) error, sub func(string)) error {
	dir := s.root
	if at != "" {
		rel, err := pathOf(strings.TrimSuffix(at, "/"))
		if err != nil {
			return fmt.Errorf("read a folder of storage %q: %w", s.cfg.Name, ErrUnclear)
		}
		dir = path.Join(s.root, rel)
	}
	entries, real, err := s.entries(ctx, dir)
	if err != nil {
		missing := error(nil) // gone since it was listed
		if at == "" {
			missing = erasure.ErrNotThere
		}
		return s.fail("read a folder", err, missing)
	}
	if !real && at != "" {
		// A link that the server listed as the folder it leads to.
		key := strings.TrimSuffix(at, "/")
		if !strings.HasPrefix(key, prefix) {
			return nil
		}
		infos, err := s.lstat(ctx, dir)
		if err != nil || infos == nil {
			return s.fail("look at a link", err, nil)
		}
		return yield(s.object(key, infos))
	}
	for _, e := range entries {
		key := at + keyOf(e.Name())
		if len(key) > maxKeyBytes {
			return fmt.Errorf("read a folder of storage %q: a path without end: %w", s.cfg.Name, ErrUnclear)
		}
		if e.IsDir() {
			if within := key + "/"; strings.HasPrefix(within, prefix) || strings.HasPrefix(prefix, within) {
				sub(within)
			}
			continue
		}
		if strings.HasPrefix(key, prefix) {
			if err := yield(s.object(key, e)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *SFTP) object(key string, info os.FileInfo) plan.Object {
	return plan.Object{Storage: s.cfg.Name, Key: key, SizeBytes: info.Size(), ModifiedAt: info.ModTime().UTC(), Fingerprint: fingerprint(info)}
}

// lstat looks at one path; it returns nil where nothing is.
func (s *SFTP) lstat(ctx context.Context, p string) (info os.FileInfo, err error) {
	err = s.lines.do(ctx, func(c *sftp.Client) (err error) {
		info, err = c.Lstat(p)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// chain looks at each part of a path below the folder, from the top, in one
// go. It ends with the first that is missing (nil) or is no folder.
func (s *SFTP) chain(ctx context.Context, rel string) ([]os.FileInfo, error) {
	parts := strings.Split(rel, "/")
	paths := make([]string, len(parts))
	for i := range parts {
		paths[i] = path.Join(s.root, path.Join(parts[:i+1]...))
	}
	var out []os.FileInfo
	err := s.lines.do(ctx, func(c *sftp.Client) error {
		out = nil
		infos, errs := lstats(c, paths...)
		for i := range paths {
			switch {
			case errors.Is(errs[i], fs.ErrNotExist):
				out = append(out, nil)
				return nil
			case errs[i] != nil:
				return errs[i]
			case !typed(infos[i]):
				return ErrUnclear
			}
			out = append(out, infos[i])
			if !infos[i].IsDir() {
				return nil
			}
		}
		return nil
	})
	return out, err
}

// find looks at a key. It returns nil where nothing is, once the storage's own
// folder was seen, and ErrChanged where the way to it leads over a link or a
// file.
func (s *SFTP) find(ctx context.Context, doing, rel string) (os.FileInfo, error) {
	infos, err := s.chain(ctx, rel)
	if err != nil {
		return nil, s.fail(doing, err, nil)
	}
	last := infos[len(infos)-1]
	switch {
	case last == nil:
		return nil, s.there(ctx)
	case len(infos) < strings.Count(rel, "/")+1:
		return nil, fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, erasure.ErrChanged)
	}
	return last, nil
}

// Look looks at one file or link itself. It returns ErrChanged where a link or
// a file stands in the place of one of the folders above it: what lies behind
// cannot be told.
func (s *SFTP) Look(ctx context.Context, o plan.Object) (bool, error) {
	const doing = "look at a file"
	if err := ctx.Err(); err != nil {
		return false, err
	}
	rel, err := pathOf(o.Key)
	if err != nil {
		return false, fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, err)
	}
	info, err := s.find(ctx, doing, rel)
	return err == nil && info != nil && !info.IsDir(), err
}

// Erase removes one file or link, and the folders above it that are empty
// then, up to the storage's own. It returns ErrChanged when what lies there is
// not what was listed, and ErrDenied when the server does not let it go. The
// protocol has no way to look and remove in one step: a file that is put there
// in between goes with it.
func (s *SFTP) Erase(ctx context.Context, o plan.Object) error {
	const doing = "erase a file"
	if err := ctx.Err(); err != nil {
		return err
	}
	rel, err := pathOf(o.Key)
	if err != nil {
		return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, err)
	}
	info, err := s.find(ctx, doing, rel)
	if err != nil || info == nil {
		return err
	}
	if info.IsDir() || o.Fingerprint != "" && fingerprint(info) != o.Fingerprint {
		return fmt.Errorf("%s of storage %q: %w", doing, s.cfg.Name, erasure.ErrChanged)
	}
	p := path.Join(s.root, rel)
	err = s.lines.do(ctx, func(c *sftp.Client) error {
		rerr := c.Remove(p)
		if rerr == nil || !isAnswer(rerr) {
			return rerr
		}
		// The client says "does not exist" of a link to nowhere that it may
		// not remove: only a look at the link itself tells.
		if _, err := c.Lstat(p); err != nil {
			return err
		}
		return erasure.ErrDenied
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.fail(doing, err, nil)
	}
	s.tidy(ctx, path.Dir(rel))
	return nil
}

// tidy removes the folders that are empty now. A folder that is not is left by
// the server, and so is one that may not be changed; neither matters for the
// file.
func (s *SFTP) tidy(ctx context.Context, dir string) {
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if err := s.lines.do(ctx, func(c *sftp.Client) error { return c.RemoveDirectory(path.Join(s.root, dir)) }); err != nil {
			return
		}
	}
}
