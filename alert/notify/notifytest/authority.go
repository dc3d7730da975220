// Package notifytest holds receivers of alerts for tests: a certificate authority of its own, and a mail
// server with TLS. They run on the loopback interface and keep what they were sent. Tests of notify
// and of cmd use it; nothing else does.
package notifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates that nobody else trusts.
type Authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	now  time.Time
	File string // its certificate in PEM form
}

// NewAuthority makes one whose certificates are valid around now.
func NewAuthority(t testing.TB, now time.Time) *Authority {
	t.Helper()
	a := &Authority{t: t, now: now, File: filepath.Join(t.TempDir(), "ca.pem")}
	a.cert, a.key = a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "a test's own authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	if err := os.WriteFile(a.File, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *Authority) issue(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if signer == nil {
		parent, signer = template, key
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = a.now.Add(time.Hour)
	}
	template.SerialNumber, template.NotBefore = big.NewInt(a.now.UnixNano()), a.now.Add(-48*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// For makes the configuration of a server with a certificate for a host, a name or an IP address.
func (a *Authority) For(host string) *tls.Config {
	return a.until(host, time.Time{})
}

// Expired is For with a certificate that was valid until yesterday.
func (a *Authority) Expired(host string) *tls.Config {
	return a.until(host, a.now.Add(-24*time.Hour))
}

func (a *Authority) until(host string, end time.Time) *tls.Config {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: host}, NotAfter: end, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	cert, key := a.issue(template, a.cert, a.key)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}
