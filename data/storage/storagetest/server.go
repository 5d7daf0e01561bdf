package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Server is a running S3 server with the data of one test.
type Server struct {
	Endpoint  string // http://127.0.0.1:port
	Region    string
	AccessKey string
	SecretKey string
	// DataDir holds what the server keeps, versions included, as plain files
	// below data and versions.
	DataDir string
	// Client is another pair of eyes: the same server without the driver that
	// is being tested.
	Client *minio.Client

	t    testing.TB
	core minio.Core
}

// Tool returns the path of a server program: from the folder GREFFIER_TOOLS,
// from PATH, or from where "make test-deps" puts it. It ends the test when the
// program is missing.
func Tool(t testing.TB, name string) string {
	t.Helper()
	p := tool(name)
	if p == "" {
		t.Fatalf("%s is missing: run make test-deps", name)
	}
	return p
}

// tool is Tool, with "" for a program that is missing.
func tool(name string) string {
	var tried []string
	if dir := os.Getenv("GREFFIER_TOOLS"); dir != "" {
		tried = append(tried, filepath.Join(dir, name))
	}
	if p, err := exec.LookPath(name); err == nil {
		tried = append(tried, p)
	}
	if home, err := os.UserHomeDir(); err == nil {
		tried = append(tried, filepath.Join(home, ".cache", "greffier", "bin", name))
	}
	for _, p := range tried {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p
		}
	}
	return ""
}

// S3 starts a server that can keep versions, and stops it when the test ends.
func S3(t testing.TB) *Server { t.Helper(); return start(t, true) }

// S3Unversioned starts a server that does not know of versions.
func S3Unversioned(t testing.TB) *Server { t.Helper(); return start(t, false) }

// MinIO starts a MinIO server as a second opinion, where the program is on this
// machine. It is nil where it is not, and the log says so: versitygw, which is
// always there, stands for all servers then.
func MinIO(t testing.TB) *Server {
	t.Helper()
	program := tool("minio")
	if program == "" {
		t.Log("NO SECOND OPINION: minio is not on this machine, so that S3 is only tried on versitygw")
		return nil
	}
	s := &Server{t: t, Region: "us-east-1", AccessKey: "testkey", SecretKey: "testsecret", DataDir: t.TempDir()}
	for range 5 {
		addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
		cmd := exec.Command(program, "server", "--quiet", "--address", addr, s.DataDir)
		cmd.Env = append(os.Environ(), "MINIO_ROOT_USER="+s.AccessKey, "MINIO_ROOT_PASSWORD="+s.SecretKey, "MINIO_UPDATE=off", "MINIO_BROWSER=off", "HOME="+s.DataDir)
		if s.await(cmd, addr) && s.ready() {
			return s
		}
	}
	t.Fatal("minio does not answer")
	return nil
}

// ready waits until the server takes calls: it listens before it does.
func (s *Server) ready() bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if _, err := s.Client.ListBuckets(ctx()); err == nil {
			return true
		}
		<-time.After(20 * time.Millisecond)
	}
	return false
}

func start(t testing.TB, versions bool) *Server {
	t.Helper()
	tool := Tool(t, "versitygw")
	s := &Server{t: t, Region: "us-east-1", AccessKey: "testkey", SecretKey: "testsecret", DataDir: t.TempDir()}
	data, old := filepath.Join(s.DataDir, "data"), filepath.Join(s.DataDir, "versions")
	for _, d := range []string{data, old} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// The port may be taken between asking and using it: then the next one.
	for range 5 {
		if s.run(tool, data, old, versions) {
			return s
		}
	}
	t.Fatal("versitygw does not answer")
	return nil
}

func (s *Server) run(tool, data, old string, versions bool) bool {
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(s.t))
	args := []string{"--port", addr, "--region", s.Region, "--quiet", "posix"}
	if versions {
		args = append(args, "--versioning-dir", old)
	}
	cmd := exec.Command(tool, append(args, data)...)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.AccessKey, "ROOT_SECRET_KEY="+s.SecretKey)
	return s.await(cmd, addr)
}

// await starts a server and waits until it answers.
func (s *Server) await(cmd *exec.Cmd, addr string) bool {
	var talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &talk, &talk
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("start %s: %v", filepath.Base(cmd.Path), err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	stop := func() { _ = cmd.Process.Kill(); <-ended }

	s.Endpoint = "http://" + addr
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			s.t.Logf("%s ended: %s", filepath.Base(cmd.Path), talk.String())
			return false
		case <-time.After(20 * time.Millisecond):
		}
		resp, err := http.Get(s.Endpoint)
		if err != nil {
			continue
		}
		resp.Body.Close()
		s.t.Cleanup(stop)
		s.Client, err = minio.New(addr, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: s.Region, BucketLookup: minio.BucketLookupPath})
		if err != nil {
			s.t.Fatal(err)
		}
		s.core = minio.Core{Client: s.Client}
		return true
	}
	stop()
	return false
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// ctx does not end with the test, so that cleanups can use the server too.
func ctx() context.Context { return context.Background() }

// Bucket makes a bucket, with versions, and with object lock (which needs them).
func (s *Server) Bucket(name string, versioned, lock bool) {
	s.t.Helper()
	s.must(s.Client.MakeBucket(ctx(), name, minio.MakeBucketOptions{Region: s.Region, ObjectLocking: lock}))
	if versioned {
		s.must(s.Client.EnableVersioning(ctx(), name))
	}
}

// Suspend stops making versions in a bucket; those made stay.
func (s *Server) Suspend(bucket string) {
	s.t.Helper()
	s.must(s.Client.SuspendVersioning(ctx(), bucket))
}

// Put writes an object and returns its version.
func (s *Server) Put(bucket, key, data string) string {
	s.t.Helper()
	info, err := s.Client.PutObject(ctx(), bucket, key, strings.NewReader(data), int64(len(data)), minio.PutObjectOptions{SendContentMd5: true, DisableMultipart: true})
	s.must(err)
	return info.VersionID
}

// Delete deletes a key without naming a version, as a careless program does.
func (s *Server) Delete(bucket, key string) {
	s.t.Helper()
	s.must(s.Client.RemoveObject(ctx(), bucket, key, minio.RemoveObjectOptions{}))
}

// Upload begins a multipart upload with one part and leaves it unfinished.
func (s *Server) Upload(bucket, key, data string) string {
	s.t.Helper()
	id, err := s.core.NewMultipartUpload(ctx(), bucket, key, minio.PutObjectOptions{})
	s.must(err)
	_, err = s.core.PutObjectPart(ctx(), bucket, key, id, 1, strings.NewReader(data), int64(len(data)), minio.PutObjectPartOptions{})
	s.must(err)
	return id
}

// Retain locks a version in compliance mode until an instant.
func (s *Server) Retain(bucket, key, version string, until time.Time) {
	s.t.Helper()
	mode := minio.Compliance
	s.must(s.Client.PutObjectRetention(ctx(), bucket, key, minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until, VersionID: version}))
}

// Hold puts a legal hold on a version.
func (s *Server) Hold(bucket, key, version string) {
	s.t.Helper()
	on := minio.LegalHoldEnabled
	s.must(s.Client.PutObjectLegalHold(ctx(), bucket, key, minio.PutObjectLegalHoldOptions{Status: &on, VersionID: version}))
}

// Rows returns everything that the server lists in a bucket, raw: versions and
// delete markers as "key version", then unfinished uploads as "key upload id".
func (s *Server) Rows(bucket string) []string {
	s.t.Helper()
	var out []string
	for o := range s.Client.ListObjectsIter(ctx(), bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true}) {
		s.must(o.Err)
		out = append(out, o.Key+" "+o.VersionID)
	}
	for u := range s.Client.ListIncompleteUploads(ctx(), bucket, "", true) {
		s.must(u.Err)
		out = append(out, u.Key+" "+u.UploadID)
	}
	return out
}

// Files returns what lies on the disk behind the API: every regular file of a
// bucket, its old versions and its unfinished uploads, sorted.
func (s *Server) Files(bucket string) []string {
	s.t.Helper()
	out := []string{}
	for _, dir := range []string{"data", "versions"} {
		root := filepath.Join(s.DataDir, dir, bucket)
		if _, err := os.Stat(root); err != nil {
			continue
		}
		s.must(filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				rel, _ := filepath.Rel(s.DataDir, p)
				out = append(out, rel)
			}
			return err
		}))
	}
	slices.Sort(out)
	return out
}

// Holds tells whether a text is anywhere on the disk behind the API.
func (s *Server) Holds(text string) bool {
	s.t.Helper()
	found := false
	s.must(filepath.WalkDir(s.DataDir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || found {
			return err
		}
		b, err := os.ReadFile(p)
		found = found || bytes.Contains(b, []byte(text))
		return err
	}))
	return found
}
