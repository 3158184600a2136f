package secure

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rootwalk/lookup"
)

// The checks of a certificate chain, one by one, each a fact. They are made on
// the bytes that crossed, beside the library's own verification, which alone
// decides whether the connection goes on.

// describe is what a certificate says.
func describe(i int, c *x509.Certificate) lookup.CertificateReceived {
	f := lookup.CertificateReceived{
		Index: i, Subject: lookup.Printable(clip(c.Subject.String())), Issuer: lookup.Printable(clip(c.Issuer.String())), Names: []string{}, NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Serial: hex.EncodeToString(c.SerialNumber.Bytes()), Key: keyName(c), Signature: c.SignatureAlgorithm.String(), CA: c.IsCA, Usages: []string{}, DER: kept(c.Raw),
	}
	for _, n := range c.DNSNames[:min(len(c.DNSNames), maxNames)] {
		f.Names = append(f.Names, lookup.Printable(clip(n)))
	}
	for _, a := range c.IPAddresses[:min(len(c.IPAddresses), maxNames)] {
		f.Names = append(f.Names, a.String())
	}
	for _, u := range c.ExtKeyUsage[:min(len(c.ExtKeyUsage), 8)] {
		switch u {
		case x509.ExtKeyUsageServerAuth:
			f.Usages = append(f.Usages, "serverAuth")
		case x509.ExtKeyUsageClientAuth:
			f.Usages = append(f.Usages, "clientAuth")
		default:
			f.Usages = append(f.Usages, fmt.Sprintf("extended %d", u))
		}
	}
	return f
}

const maxNames = 40

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

func keyName(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}

// judge is what the checks of a chain need.
type judge struct {
	step  lookup.Step
	name  string // reference identity: a name or an address
	now   time.Time
	roots []*x509.Certificate // trusted, nil where they are the system's
	pool  *x509.CertPool
}

// chain reports the certificates and the checks. It returns the server's own
// certificate, nil if it cannot be read.
func (j judge) chain(ders [][]byte) *x509.Certificate {
	var certs []*x509.Certificate
	for i, der := range ders {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			j.check("issuer", i, false, "X.509", lookup.Printable(clip(err.Error())))
			break
		}
		certs = append(certs, c)
		j.step.Report(describe(i, c))
	}
	if len(certs) == 0 {
		return nil
	}
	leaf := certs[0]
	j.names(leaf)
	j.usage(leaf)
	for i, c := range certs {
		j.check("notBefore", i, !j.now.Before(c.NotBefore), instant(j.now), instant(c.NotBefore))
		j.check("notAfter", i, !j.now.After(c.NotAfter), instant(j.now), instant(c.NotAfter))
		weak := slices.Contains([]x509.SignatureAlgorithm{x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1, x509.UnknownSignatureAlgorithm}, c.SignatureAlgorithm)
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
			weak = true
		}
		if !bytes.Equal(c.RawIssuer, c.RawSubject) || i == 0 { // an anchor's own signature counts for nothing
			j.check("algorithm", i, !weak, "", c.SignatureAlgorithm.String()+", "+keyName(c))
		}
		if i+1 < len(certs) {
			j.issued(i, c, certs[i+1])
		}
	}
	j.anchor(len(certs)-1, certs)
	return leaf
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (j judge) check(check string, i int, passed bool, wanted, found string) {
	j.step.Report(lookup.CertificateChecked{Check: check, Index: i, Passed: passed, Wanted: lookup.Printable(wanted), Found: lookup.Printable(clip(found))})
}

// names holds the reference identity against the certificate's names (RFC 9525
// §6.3): subject alternative names only, an asterisk for one whole label at the
// left only.
func (j judge) names(c *x509.Certificate) {
	all := append([]string(nil), c.DNSNames...)
	for _, a := range c.IPAddresses {
		all = append(all, a.String())
	}
	passed := c.VerifyHostname(bracketed(j.name)) == nil
	found := strings.Join(all[:min(len(all), 8)], ", ")
	if len(all) == 0 {
		found = "-"
	}
	j.check("name", 0, passed, j.name, found)
}

// bracketed is an address as VerifyHostname wants it.
func bracketed(name string) string {
	if a, err := netip.ParseAddr(name); err == nil {
		return "[" + a.String() + "]"
	}
	return name
}

func (j judge) usage(c *x509.Certificate) {
	found := describe(0, c).Usages
	passed := len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
	j.check("usage", 0, passed, "serverAuth", strings.Join(found, ", "))
}

// issued holds a certificate against the one after it, which should have signed
// it.
func (j judge) issued(i int, c, by *x509.Certificate) {
	canSign := by.BasicConstraintsValid && by.IsCA && (by.KeyUsage == 0 || by.KeyUsage&x509.KeyUsageCertSign != 0)
	j.check("issuer", i, canSign && bytes.Equal(c.RawIssuer, by.RawSubject), c.Issuer.String(), by.Subject.String())
	err := c.CheckSignatureFrom(by)
	j.check("signature", i, err == nil, by.Subject.String(), c.SignatureAlgorithm.String())
}

// anchor holds the chain's end against the certificates that this device trusts.
func (j judge) anchor(last int, certs []*x509.Certificate) {
	end := certs[last]
	for _, root := range j.roots {
		if bytes.Equal(end.RawIssuer, root.RawSubject) {
			err := end.CheckSignatureFrom(root)
			j.check("signature", last, err == nil, root.Subject.String(), end.SignatureAlgorithm.String())
			j.check("anchor", last, err == nil || root.Equal(end), end.Issuer.String(), root.Subject.String())
			return
		}
	}
	if j.roots != nil {
		j.check("anchor", last, false, end.Issuer.String(), "-")
		return
	}
	// The system's store can only be asked as a whole. Its dates and names have
	// been looked at above.
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	paths, err := certs[0].Verify(x509.VerifyOptions{Roots: j.pool, Intermediates: between, CurrentTime: certs[0].NotBefore.Add(certs[0].NotAfter.Sub(certs[0].NotBefore) / 2), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil || len(paths) == 0 {
		j.check("anchor", last, false, end.Issuer.String(), "-")
		return
	}
	j.check("anchor", last, true, end.Issuer.String(), paths[0][len(paths[0])-1].Subject.String())
}
