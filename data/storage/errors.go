package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"

	"greffier/app/erasure"
)

var (
	// ErrPlainRefused says that the address is not encrypted and not on this
	// machine: an access key must not travel that way.
	ErrPlainRefused = errors.New("an unencrypted connection to another machine is refused")
	// ErrBadAddress says that an address, bucket or path cannot be one.
	ErrBadAddress = errors.New("the storage's address is not usable")
	// ErrCertificate says that the server's certificate is not trusted.
	ErrCertificate = errors.New("the storage's certificate is not trusted")
	// ErrUnclear says that the server's answer cannot be understood, so that
	// nothing may be concluded from it.
	ErrUnclear = errors.New("the storage's answer cannot be understood")
	// ErrKeyFile says that the private key cannot be read or opened.
	ErrKeyFile = errors.New("the private key cannot be used")
	// ErrKeeps says that the storage has begun to keep what is deleted, so
	// that it cannot be told whether something is gone.
	ErrKeeps = errors.New("the storage keeps what is deleted")
)

// errNoSuchFeature says that the server does not know the call.
var errNoSuchFeature = errors.New("the storage does not know this call")

// translate puts an error of the S3 client into the words of app/erasure. The
// client's own words may name the object's key, so only the server's error
// code goes on.
func translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && (answer.StatusCode != 0 || answer.Code != "") {
		return fmt.Errorf("%s: %w%s", doing, ofCode(answer), code(answer.Code))
	}
	return fmt.Errorf("%s: %w", doing, ofWeb(err))
}

// ofWeb returns the sentinel for a call over HTTP that got no answer.
func ofWeb(err error) error {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	if errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &verify) {
		return ErrCertificate
	}
	var network *url.Error
	var broken net.Error
	if !errors.Is(err, ErrUnclear) && (errors.As(err, &network) || errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return erasure.ErrOffline
	}
	// Neither an answer nor the network: an answer that is none, or a key that
	// the client will not send.
	return ErrUnclear
}

// ofCode returns the sentinel for an answer of the server.
func ofCode(a minio.ErrorResponse) error {
	switch a.Code {
	case minio.NoSuchBucket, "PermanentRedirect":
		return erasure.ErrNotThere
	case "NotImplemented", "VersioningNotConfigured", "APINotSupported", "MethodNotAllowed":
		return errNoSuchFeature
	case "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException":
		return erasure.ErrOffline
	case "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed", "RequestTimeTooSkewed", "ExpiredToken", "InvalidToken",
		"XAdminUserNotFound": // versitygw's word for a key that nobody has
		return erasure.ErrDenied
	}
	switch {
	case a.StatusCode == http.StatusNotImplemented:
		return errNoSuchFeature
	case a.StatusCode == http.StatusUnauthorized, a.StatusCode == http.StatusForbidden:
		return erasure.ErrDenied
	case a.StatusCode >= 500, a.StatusCode == http.StatusTooManyRequests, a.StatusCode == http.StatusRequestTimeout:
		return erasure.ErrOffline
	}
	return ErrUnclear
}

// code returns " (Code)" for a code that looks like one; it is the server's
// text and may be anything.
func code(c string) string {
	if c == "" || len(c) > 64 || strings.ContainsFunc(c, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}) {
		return ""
	}
	return " (" + c + ")"
}

// isCode tells whether the server answered with one of the codes.
func isCode(err error, codes ...string) bool {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return false
	}
	for _, c := range codes {
		if answer.Code == c {
			return true
		}
	}
	return false
}
