package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rootwalk/lookup"
)

// Where the certificate of a server comes from, as -tls names it.
const (
	tlsOff  = "off"
	tlsSelf = "self"
)

// tlsConfig says how the page and /dns-query are encrypted.
type tlsConfig struct {
	Mode      string // tlsOff or tlsSelf; "" is tlsOff, or the files where they are given
	Cert, Key string // PEM files
}

// check says what is wrong with the flags.
func (c tlsConfig) check() error {
	switch {
	case c.Mode != "" && c.Mode != tlsOff && c.Mode != tlsSelf:
		return fmt.Errorf("-tls %s: must be off or self", lookup.Printable(c.Mode))
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("-tls-cert and -tls-key belong together: give both files")
	case c.Cert != "" && c.Mode == tlsOff:
		return errors.New("-tls off and -tls-cert contradict each other")
	case c.Cert != "" && c.Mode == tlsSelf:
		return errors.New("-tls self makes a certificate of its own: leave -tls-cert and -tls-key out")
	}
	return nil
}

// selfFor is how long a certificate made here is good: longer than any run of
// a lesson, too short to be kept by anybody.
const selfFor = 30 * 24 * time.Hour

// load returns the certificate to serve with, nil for none. own tells that it was
// made here, for the names under which the address at is reached; its key is in
// memory only.
func (c tlsConfig) load(at net.Addr, hosts []string) (cert *tls.Certificate, own bool, err error) {
	switch {
	case c.Cert != "":
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, false, fmt.Errorf("-tls-cert: %w", err)
		}
		return &pair, false, nil
	case c.Mode == tlsSelf:
		cert, err := selfSigned(at, hosts, time.Now())
		return cert, true, err
	}
	return nil, false, nil
}

// selfSigned makes a certificate for the address that is listened on, for this
// machine's own names, and for hosts.
func selfSigned(at net.Addr, hosts []string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126)) // RFC 5280 §4.1.2.2: positive, at most 20 octets
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: "Rootwalk, made for this run"},
		NotBefore:    now.Add(-time.Hour), // other devices' clocks
		NotAfter:     now.Add(selfFor),
		KeyUsage:     x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
	}
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	if ap, err := netip.ParseAddrPort(at.String()); err == nil {
		if a := ap.Addr().Unmap(); a.IsUnspecified() {
			addrs = append(addrs, machineAddrs()...)
		} else {
			addrs = append(addrs, a.WithZone(""))
		}
	}
	for _, h := range hosts {
		h = strings.Trim(h, "[]")
		if a, err := netip.ParseAddr(h); err == nil {
			addrs = append(addrs, a.Unmap().WithZone(""))
		} else if h != "" && !slices.Contains(c.DNSNames, h) {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	for _, a := range slices.Compact(addrs) {
		c.IPAddresses = append(c.IPAddresses, net.IP(a.AsSlice()))
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// machineAddrs are the addresses of this machine's interfaces, none where the
// system does not tell.
func machineAddrs() (out []netip.Addr) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}

// pin is the public key of a certificate in the form in which curl takes it
// with --pinnedpubkey (RFC 7469 §2.4).
func pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256//" + base64.StdEncoding.EncodeToString(sum[:])
}
