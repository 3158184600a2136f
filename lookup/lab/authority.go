package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// How long certificates of the lab are good, on lesson time. A site's is renewed
// once a third of its time is left, as certificate robots do it.
const (
	rootFor  = 20 * 365 * 24 * time.Hour
	issueFor = 5 * 365 * 24 * time.Hour
	siteFor  = 90 * 24 * time.Hour
	renewAt  = 30 * 24 * time.Hour
	backdate = time.Hour // for clocks that are slow
	maxSites = 200       // certificates that are kept
)

// brokenUnder is the name below which every name is a site that has something
// wrong about its TLS: the first label says what.
const brokenUnder = ".tls.wild.example"

// Broken lists the labels and what is wrong there.
func Broken() []string {
	return []string{"expired", "notyet", "wrong", "self", "unknown", "gap", "usage", "weak", "old", "tls12"}
}

// BrokenName is the name of a site with something wrong about its TLS.
func BrokenName(label string) string { return label + brokenUnder }

// authority is the certification authority of a lab: a root that every device of
// it trusts, one below that issues, and another root that nobody trusts. It is
// made when it is first needed. All methods may be called by several goroutines.
type authority struct {
	now func() time.Time // lesson time

	mu      sync.Mutex
	began   time.Time // lesson time when it was made
	root    *issuer
	issuing *issuer
	stray   *issuer // nobody trusts it
	sites   map[string]*tls.Certificate
	serial  int64
}

// issuer is a certificate with the key to sign others.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(now func() time.Time) *authority {
	if now == nil {
		now = time.Now
	}
	return &authority{now: now, sites: map[string]*tls.Certificate{}}
}

// Roots are the certificates that the devices of the lab trust.
func (l *Lab) Roots() ([]*x509.Certificate, error) {
	a := l.authority
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.make(); err != nil {
		return nil, err
	}
	return []*x509.Certificate{a.root.cert}, nil
}

// SecureConfig is how a server of the lab speaks TLS, with certificates of the lab's
// own authority, also for addresses.
func (l *Lab) SecureConfig(protocols ...string) *tls.Config { return l.authority.config(protocols...) }

// make makes the issuers if they are not there.
func (a *authority) make() error {
	if a.root != nil {
		return nil
	}
	a.began = a.now()
	ca := func(name string, by *issuer, length time.Duration) (*issuer, error) {
		c, key, err := a.sign(by, &x509.Certificate{
			Subject: pkix.Name{CommonName: name, Organization: []string{"Rootwalk lab"}}, NotBefore: a.began.Add(-365 * 24 * time.Hour), NotAfter: a.began.Add(length),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		})
		if err != nil {
			return nil, err
		}
		return &issuer{c, key}, nil
	}
	root, err := ca("Rootwalk lab root", nil, rootFor)
	if err != nil {
		return err
	}
	issuing, err := ca("Rootwalk lab issuing CA", root, issueFor)
	if err != nil {
		return err
	}
	stray, err := ca("Nobody's own root", nil, rootFor)
	if err != nil {
		return err
	}
	a.root, a.issuing, a.stray = root, issuing, stray
	return nil
}

// sign makes a certificate with a new key; without an issuer it signs itself.
func (a *authority) sign(by *issuer, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	a.serial++
	c.SerialNumber = big.NewInt(0x10000 + a.serial)
	parent, signer := c, crypto.Signer(key)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate of %s: %w", c.Subject.CommonName, err)
	}
	made, err := x509.ParseCertificate(der)
	return made, key, err
}

// certificate is the one that a server shows to a client who wants a name, or,
// where it names none, has come to an address.
func (a *authority) certificate(name string, local netip.Addr) (*tls.Certificate, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) > 253 {
		name = ""
	}
	key := name
	if name == "" {
		key = local.String()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.make(); err != nil {
		return nil, err
	}
	what, broken := strings.CutSuffix(name, brokenUnder)
	now := a.now()
	if have := a.sites[key]; have != nil && (broken && what != "tls12" || have.Leaf.NotAfter.Sub(now) > renewAt && now.After(have.Leaf.NotBefore)) {
		return have, nil
	}
	if len(a.sites) >= maxSites {
		clear(a.sites)
	}
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: clipName(key)}, NotBefore: now.Add(-backdate), NotAfter: now.Add(siteFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if name == "" {
		c.IPAddresses = []net.IP{local.AsSlice()}
	} else {
		c.DNSNames = []string{name}
	}
	by, chain := a.issuing, [][]byte{a.issuing.cert.Raw}
	if broken {
		switch what {
		case "expired":
			c.NotBefore, c.NotAfter = a.began.Add(-siteFor), a.began.Add(-24*time.Hour)
		case "notyet":
			c.NotBefore, c.NotAfter = a.began.Add(3*24*time.Hour), a.began.Add(siteFor)
		case "wrong":
			c.DNSNames = []string{"www.shop.example", "*.shop.example"}
			c.Subject.CommonName = "www.shop.example"
		case "self":
			by, chain = nil, nil
		case "unknown":
			by, chain = a.stray, [][]byte{a.stray.cert.Raw}
		case "gap":
			chain = nil
		case "usage":
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		case "weak":
			c.SignatureAlgorithm = x509.ECDSAWithSHA1
		}
	}
	leaf, priv, err := a.sign(by, c)
	if err != nil {
		return nil, err
	}
	out := &tls.Certificate{Certificate: append([][]byte{leaf.Raw}, chain...), PrivateKey: priv, Leaf: leaf}
	a.sites[key] = out
	return out, nil
}

// clipName is a name as a common name may hold it (RFC 5280 appendix A: 64).
func clipName(s string) string { return s[:min(len(s), 64)] }

// config is how a server of the lab speaks TLS.
func (a *authority) config(protocols ...string) *tls.Config {
	base := &tls.Config{NextProtos: protocols, MinVersion: tls.VersionTLS12, Time: a.now}
	base.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return a.certificate(h.ServerName, addrOf(h.Conn.LocalAddr()))
	}
	// One configuration for all connections: each has the keys of its tickets.
	old, tls12 := base.Clone(), base.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	tls12.MaxVersion = tls.VersionTLS12
	base.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		switch what, _ := strings.CutSuffix(strings.ToLower(h.ServerName), brokenUnder); what {
		case "old":
			return old, nil
		case "tls12":
			return tls12, nil
		}
		return nil, nil
	}
	return base
}

func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
