package storage

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"greffier/app/erasure"
	"greffier/app/plan"
)

const (
	clientTries = 3                // of the client itself; app/erasure tries again with longer waits
	dialTimeout = 10 * time.Second // to reach the server
	atOnce      = 4                // calls under way where each object needs its own
	pageRepeats = 3000             // rows in a row that were seen before: the listing turns in circles
	nullVersion = "null"           // the version that is written without versioning
	// batchesAtOnce is how many batches the server is asked to erase at the same
	// time: measured, three erase half as fast again as one.
	batchesAtOnce = 3
)

// S3Config says where a bucket is and how to enter.
type S3Config struct {
	Name      string // the storage's name in the profile
	Endpoint  string // https://host[:port]; http only for this machine
	Region    string // "" lets the client ask, or is us-east-1 outside Amazon
	Bucket    string
	AccessKey string
	SecretKey string
	CAFile    string // PEM file of one more certificate authority to trust
	// VirtualHost asks for bucket.host addresses. Without it the bucket is
	// part of the path, except at Amazon, where the client decides.
	VirtualHost bool
	// PublicURLs are addresses below which the shop shows the bucket's objects.
	PublicURLs []string
}

// S3 is a bucket. It is safe for use from several goroutines.
type S3 struct {
	cfg    S3Config
	url    *url.URL
	client *minio.Client
	core   minio.Core
	pages  *pages
	seen   atomic.Int64 // when the bucket itself was last seen, in Unix nanoseconds
}

var (
	_ erasure.Storage = (*S3)(nil)
	_ erasure.Batcher = (*S3)(nil)
	_ erasure.Looker  = (*S3)(nil)
	_ erasure.Opener  = (*S3)(nil)
)

// NewS3 prepares a bucket; nothing is asked of the server yet. It returns
// ErrBadAddress, ErrPlainRefused, or ErrCertificate when the CA file cannot be
// used.
func NewS3(cfg S3Config) (*S3, error) {
	fail := func(err error) (*S3, error) { return nil, fmt.Errorf("storage %q: %w", cfg.Name, err) }
	if !strings.Contains(cfg.Endpoint, "://") {
		cfg.Endpoint = "https://" + cfg.Endpoint
	}
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https" {
		return fail(ErrBadAddress)
	}
	if err := s3utils.CheckValidBucketName(cfg.Bucket); err != nil || cfg.Name == "" {
		return fail(ErrBadAddress)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return fail(ErrPlainRefused)
	}
	tr, err := webTransport(cfg.CAFile)
	if err != nil {
		return fail(err)
	}
	if cfg.Region == "" && !s3utils.IsAmazonEndpoint(*u) {
		cfg.Region = "us-east-1"
	}
	lookup := minio.BucketLookupPath
	if cfg.VirtualHost {
		lookup = minio.BucketLookupDNS
	} else if s3utils.IsAmazonEndpoint(*u) {
		lookup = minio.BucketLookupAuto
	}
	turned := new(pages)
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: u.Scheme == "https",
		Region: cfg.Region, BucketLookup: lookup, MaxRetries: clientTries, Transport: honest{next: tr, pages: turned},
	})
	if err != nil {
		return fail(ErrBadAddress)
	}
	return &S3{cfg: cfg, url: u, client: client, core: minio.Core{Client: client}, pages: turned}, nil
}

// webTransport returns a transport that trusts one more certificate authority,
// where caFile names one. It returns ErrCertificate when that cannot be used.
func webTransport(caFile string) (*http.Transport, error) {
	tr := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: time.Minute,
		DisableCompression:    true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if caFile != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pem, err := os.ReadFile(caFile)
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the file of the certificate authority: %w", ErrCertificate)
		}
		tr.TLSClientConfig.RootCAs = pool
	}
	return tr, nil
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Name returns the storage's name in the profile.
func (s *S3) Name() string { return s.cfg.Name }

// Bases returns the addresses of the bucket's objects: with the bucket in the
// path, with the bucket in the host's name, and the public ones.
func (s *S3) Bases() []plan.Base {
	out := []plan.Base{
		{Storage: s.cfg.Name, URL: s.url.Scheme + "://" + s.url.Host + "/" + s.cfg.Bucket + "/"},
		{Storage: s.cfg.Name, URL: s.url.Scheme + "://" + s.cfg.Bucket + "." + s.url.Host + "/"},
	}
	for _, p := range s.cfg.PublicURLs {
		out = append(out, plan.Base{Storage: s.cfg.Name, URL: p})
	}
	return out
}

func (s *S3) doing(what string) string { return what + " of bucket " + s.cfg.Bucket }

// there returns ErrNotThere unless the bucket itself was seen: a mistyped
// bucket must not look like an empty one.
func (s *S3) there(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.cfg.Bucket)
	if err != nil {
		return translate("look for bucket "+s.cfg.Bucket, err)
	}
	if !ok {
		// The answer to HEAD has no words: a key that nobody knows may look
		// like a bucket that nobody knows.
		if _, err := s.versioning(ctx); errors.Is(err, erasure.ErrDenied) {
			return err
		}
		return fmt.Errorf("bucket %s: %w", s.cfg.Bucket, erasure.ErrNotThere)
	}
	s.seen.Store(time.Now().UnixNano())
	return nil
}

// versioning returns "Enabled", "Suspended", or "" where the bucket never kept
// versions or the server knows of none.
func (s *S3) versioning(ctx context.Context) (string, error) {
	v, err := s.client.GetBucketVersioning(ctx, s.cfg.Bucket)
	if err != nil {
		err = translate(s.doing("ask for versioning"), err)
		if errors.Is(err, errNoSuchFeature) {
			return "", nil
		}
		return "", err
	}
	return v.Status, nil
}

// Check tells whether the bucket is there and what it can prove. A bucket
// whose versioning, versions or unfinished uploads may not be seen can prove
// nothing; that is no error here, but List returns ErrDenied for it.
func (s *S3) Check(ctx context.Context) (erasure.Abilities, error) {
	if err := s.there(ctx); err != nil {
		return erasure.Abilities{}, err
	}
	a := erasure.Abilities{CanProve: true, AtOnce: batchesAtOnce}
	status, err := s.versioning(ctx)
	switch {
	case errors.Is(err, erasure.ErrDenied):
		a.CanProve = false
		a.Described = "S3, versioning may not be seen"
	case err != nil:
		return erasure.Abilities{}, err
	case status == "":
		a.Described = "S3, without versioning"
	default:
		a.Versions = true
		a.Described = "S3, versioning " + strings.ToLower(status)
	}
	for o := range s.client.ListObjectsIter(ctx, s.cfg.Bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true, MaxKeys: 1}) {
		err = translate(s.doing("list the versions"), o.Err)
		break
	}
	if err == nil || errors.Is(err, errNoSuchFeature) {
		_, err = s.core.ListMultipartUploads(ctx, s.cfg.Bucket, "", "", "", "", 1)
		err = translate(s.doing("list the unfinished uploads"), err)
	}
	switch {
	case errors.Is(err, erasure.ErrDenied):
		a.CanProve = false
	case errors.Is(err, errNoSuchFeature):
	case err != nil:
		return erasure.Abilities{}, err
	}
	return a, ctx.Err()
}

// List calls yield for every version, delete marker and unfinished upload
// whose key begins with prefix. Rows that the server lists twice are told once.
// It holds no more than a page or two of a listing in memory, and the
// unfinished uploads below a prefix; a server that does not sort its rows costs
// more.
func (s *S3) List(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	rows := 0
	counted := func(o plan.Object) error {
		if !strings.HasPrefix(o.Key, prefix) {
			return nil
		}
		rows++
		return yield(o)
	}
	err := s.rows(ctx, prefix, true, counted)
	if errors.Is(err, errNoSuchFeature) {
		// The server lists no versions: then it must not keep any either.
		status, verr := s.versioning(ctx)
		if verr != nil {
			return verr
		}
		if status != "" {
			return fmt.Errorf("%s: versioning is %s but cannot be listed: %w", s.doing("list the versions"), strings.ToLower(status), erasure.ErrDenied)
		}
		err = s.rows(ctx, prefix, false, counted)
	}
	if err != nil {
		return err
	}
	// There are servers that list unfinished uploads only for the empty
	// prefix, and others only for one that names the key.
	if err := s.everyUpload(ctx, prefix, counted); err != nil {
		return err
	}
	if rows == 0 {
		if err := s.there(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// everyUpload lists the unfinished uploads below a prefix, asked for both ways.
func (s *S3) everyUpload(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	if prefix == "" {
		return s.uploads(ctx, "", yield)
	}
	seen := map[string]bool{}
	for _, p := range []string{"", prefix} {
		if err := s.uploads(ctx, p, func(o plan.Object) error {
			if seen[o.ID()] || !strings.HasPrefix(o.Key, prefix) {
				return nil
			}
			seen[o.ID()] = true
			return yield(o)
		}); err != nil {
			return err
		}
	}
	return nil
}

// rows lists versions and delete markers, or plain objects, each once.
func (s *S3) rows(ctx context.Context, prefix string, versions bool, yield func(plan.Object) error) error {
	var seen once
	s.pages.row()
	for o := range s.client.ListObjectsIter(ctx, s.cfg.Bucket, minio.ListObjectsOptions{WithVersions: versions, Recursive: true, Prefix: prefix}) {
		if o.Err != nil {
			return translate(s.doing("list the objects"), o.Err)
		}
		x := plan.Object{Storage: s.cfg.Name, Key: o.Key, Version: o.VersionID, SizeBytes: o.Size, ModifiedAt: o.LastModified.UTC(), Fingerprint: o.ETag}
		if o.IsDeleteMarker {
			x.Kind, x.SizeBytes, x.Fingerprint = plan.Marker, 0, ""
		} else if o.VersionID == "" || o.VersionID == nullVersion {
			// This version can be overwritten, even with the same content.
			x.Fingerprint += "@" + x.ModifiedAt.Format(time.RFC3339Nano)
		}
		if !seen.first(x) {
			if seen.circles() {
				return fmt.Errorf("%s: the listing turns in circles: %w", s.doing("list the objects"), ErrUnclear)
			}
			continue
		}
		if strings.HasPrefix(x.Key, prefix) {
			s.pages.row()
		}
		if err := yield(x); err != nil {
			return err
		}
	}
	// The client ends a cancelled listing as if it were over.
	return ctx.Err()
}

// uploads lists unfinished multipart uploads.
func (s *S3) uploads(ctx context.Context, prefix string, yield func(plan.Object) error) error {
	keyMarker, idMarker := "", ""
	var seen once
	s.pages.row()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := s.core.ListMultipartUploads(ctx, s.cfg.Bucket, prefix, keyMarker, idMarker, "", 1000)
		if err != nil {
			err = translate(s.doing("list the unfinished uploads"), err)
			if errors.Is(err, errNoSuchFeature) {
				return nil // no such uploads, then
			}
			return err
		}
		for _, u := range page.Uploads {
			x := plan.Object{Storage: s.cfg.Name, Key: u.Key, Version: u.UploadID, Kind: plan.Upload, SizeBytes: u.Size, ModifiedAt: u.Initiated.UTC()}
			if !seen.first(x) {
				continue
			}
			if strings.HasPrefix(x.Key, prefix) {
				s.pages.row()
			}
			if err := yield(x); err != nil {
				return err
			}
		}
		if !page.IsTruncated {
			return nil
		}
		if page.NextKeyMarker == keyMarker && page.NextUploadIDMarker == idMarker || seen.circles() {
			return fmt.Errorf("%s: the listing turns in circles: %w", s.doing("list the unfinished uploads"), ErrUnclear)
		}
		keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

// Erase removes exactly one version, delete marker or unfinished upload. What
// is gone already is no error. An object under lock or legal hold gives a
// LockedError; the lock is never bypassed.
func (s *S3) Erase(ctx context.Context, o plan.Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.Kind == plan.Upload {
		err := s.core.AbortMultipartUpload(ctx, s.cfg.Bucket, o.Key, o.Version)
		if err == nil || isCode(err, "NoSuchUpload", minio.NoSuchKey) {
			return nil
		}
		return translate(s.doing("abort an unfinished upload"), err)
	}
	if err := s.mayDelete(ctx, o); err != nil {
		return err
	}
	if err := s.unchanged(ctx, o); err != nil {
		return err
	}
	err := s.client.RemoveObject(ctx, s.cfg.Bucket, o.Key, minio.RemoveObjectOptions{VersionID: o.Version})
	return s.refusal(ctx, o, err)
}

// mayDelete refuses to delete a key without a version while the bucket keeps
// versions: that would add a delete marker and erase nothing.
func (s *S3) mayDelete(ctx context.Context, o plan.Object) error {
	if o.Version != "" {
		return nil
	}
	status, err := s.versioning(ctx)
	if err != nil {
		return err
	}
	if status != "" {
		return fmt.Errorf("%s: versioning was switched on since: %w", s.doing("erase an object"), erasure.ErrChanged)
	}
	return nil
}

// unchanged looks at what can be overwritten once more before it is erased: a
// photo that came to the same key since the listing was never confirmed. A head
// is quicker than a listing; but it tells times in whole seconds, some servers
// give another mark in it, and some none for such versions, so where it does
// not agree the listing decides.
func (s *S3) unchanged(ctx context.Context, o plan.Object) error {
	if o.Kind != plan.Version || o.Version != "" && o.Version != nullVersion || o.Fingerprint == "" {
		return nil
	}
	info, err := s.client.StatObject(ctx, s.cfg.Bucket, o.Key, minio.StatObjectOptions{VersionID: o.Version})
	if err == nil && strings.HasPrefix(o.Fingerprint, info.ETag+"@") && info.LastModified.UTC().Truncate(time.Second).Equal(o.ModifiedAt.Truncate(time.Second)) {
		return nil
	}
	other := false
	if err := s.List(ctx, o.Key, func(x plan.Object) error {
		other = other || x.ID() == o.ID() && x.Fingerprint != o.Fingerprint
		return nil
	}); err != nil {
		return err
	}
	if other {
		return fmt.Errorf("%s: %w", s.doing("erase an object"), erasure.ErrChanged)
	}
	return nil
}

// refusal tells what a refused deletion means.
func (s *S3) refusal(ctx context.Context, o plan.Object, err error) error {
	switch {
	case err == nil, isCode(err, minio.NoSuchVersion, minio.NoSuchKey, "InvalidArgument", "InvalidVersionId"):
		// Already gone. Servers refuse a version id that is not there as an
		// invalid argument; the listing that follows has the last word.
		return nil
	case isCode(err, "InvalidRequest", "ObjectLocked"):
		return &erasure.LockedError{Until: s.lockedUntil(ctx, o).until}
	case isCode(err, "AccessDenied"):
		// The same word for a lock and for a key without the right to delete.
		if l := s.lockedUntil(ctx, o); l.locked || l.unclear {
			return &erasure.LockedError{Until: l.until}
		}
	}
	return translate(s.doing("erase an object"), err)
}

// lock is what a look-up of an object's lock found.
type lock struct {
	locked  bool
	unclear bool      // the answer could not be understood
	until   time.Time // zero: not known, or a legal hold, which has no end
}

// lockedUntil looks up retention and legal hold of a version, first in the
// object's own head, which servers answer better than the calls made for it.
func (s *S3) lockedUntil(ctx context.Context, o plan.Object) lock {
	var l lock
	var until time.Time
	hold := false
	info, err := s.client.StatObject(ctx, s.cfg.Bucket, o.Key, minio.StatObjectOptions{VersionID: o.Version})
	if err == nil {
		hold = strings.EqualFold(info.Metadata.Get("X-Amz-Object-Lock-Legal-Hold"), "ON")
		if t, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date")); err == nil {
			until = t
		}
	}
	if !hold && until.IsZero() {
		mode, t, err := s.client.GetObjectRetention(ctx, s.cfg.Bucket, o.Key, o.Version)
		switch {
		case err == nil && mode != nil && t != nil:
			until = *t
		case err != nil:
			l.unclear = l.unclear || !clearly(err)
		}
		status, err := s.client.GetObjectLegalHold(ctx, s.cfg.Bucket, o.Key, minio.GetObjectLegalHoldOptions{VersionID: o.Version})
		switch {
		case err == nil && status != nil:
			hold = *status == minio.LegalHoldEnabled
		case err != nil:
			l.unclear = l.unclear || !clearly(err)
		}
	}
	l.locked = hold || until.After(time.Now())
	if !hold {
		l.until = until.UTC() // a legal hold outlasts any date
	}
	if !l.locked {
		l.until = time.Time{}
	}
	return l
}

// clearly tells whether the server answered the question for a lock, be it by
// saying that there is none or that it may not be asked.
func clearly(err error) bool {
	return isCode(err, "NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed",
		"AccessDenied", "NotImplemented")
}

// EraseMany removes many at once and reads the answer for each of them: the
// server says 200 even when it refused some.
func (s *S3) EraseMany(ctx context.Context, os []plan.Object) []error {
	errs := make([]error, len(os))
	inParallel(len(os), func(i int) {
		if os[i].Version == nullVersion {
			errs[i] = s.unchanged(ctx, os[i])
		}
	})
	var single []int
	var batch []minio.ObjectInfo
	at := map[string]int{} // key and version → place
	for i, o := range os {
		if errs[i] != nil {
			continue
		}
		if o.Kind == plan.Upload || o.Version == "" {
			single = append(single, i)
			continue
		}
		at[o.Key+"\x00"+o.Version] = i
		batch = append(batch, minio.ObjectInfo{Key: o.Key, VersionID: o.Version})
	}
	var refused []int
	if len(batch) > 0 {
		refused = s.eraseBatch(ctx, batch, at, errs)
	}
	inParallel(len(refused), func(n int) {
		i := refused[n]
		errs[i] = s.refusal(ctx, os[i], errs[i])
	})
	inParallel(len(single), func(n int) { errs[single[n]] = s.Erase(ctx, os[single[n]]) })
	return errs
}

// eraseBatch makes the call and returns the places that were refused.
func (s *S3) eraseBatch(ctx context.Context, batch []minio.ObjectInfo, at map[string]int, errs []error) (refused []int) {
	all := func(err error) {
		for _, i := range at {
			if errs[i] == nil {
				errs[i] = translate(s.doing("erase objects"), err)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		all(err)
		return nil
	}
	results, err := s.client.RemoveObjectsWithIter(ctx, s.cfg.Bucket, func(yield func(minio.ObjectInfo) bool) {
		for _, o := range batch {
			if !yield(o) {
				return
			}
		}
	}, minio.RemoveObjectsOptions{})
	if err != nil {
		all(err)
		return nil
	}
	var broken error
	for r := range results {
		if r.Err == nil {
			continue
		}
		i, known := at[r.ObjectName+"\x00"+r.ObjectVersionID]
		var answer minio.ErrorResponse
		switch {
		case known && (!errors.As(r.Err, &answer) || answer.StatusCode != 0):
			// The call as a whole was refused or lost, not this object.
			errs[i] = translate(s.doing("erase objects"), r.Err)
		case r.ObjectName == "" || !known:
			// The answer broke off, or speaks of something else: then nothing
			// of the rest is known.
			broken = cmp.Or(broken, r.Err)
		default:
			errs[i] = r.Err
			refused = append(refused, i)
		}
	}
	if broken = cmp.Or(ctx.Err(), broken); broken != nil {
		all(broken)
	}
	return refused
}

// inParallel calls f for 0 to n-1, some at a time, and waits for all.
func inParallel(n int, f func(int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(n, atOnce) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
