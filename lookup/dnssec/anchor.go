package dnssec

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// rootAnchors are the key signing keys of the root zone as IANA publishes them
// (https://data.iana.org/root-anchors/root-anchors.xml, RFC 9718): KSK-2017
// and KSK-2024. A test computes both digests from the keys themselves.
var rootAnchors = []string{
	". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
	". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
}

// Anchors are where chains of trust may begin (RFC 4033 §2), and where
// validation is turned off (RFC 7646). An Anchors does not change once made;
// the zero value has none.
type Anchors struct {
	trust    map[wire][]*dns.DS
	negative map[wire]bool
}

// Bounds of what an operator may configure.
const (
	maxAnchors         = 256
	maxNegativeAnchors = 1024
)

// RootAnchors returns the anchors of the public root zone.
func RootAnchors() *Anchors {
	var rrs []dns.RR
	for _, s := range rootAnchors {
		rr, err := dns.NewRR(s)
		if err != nil {
			panic("dnssec: " + err.Error()) // constants
		}
		rrs = append(rrs, rr)
	}
	a, err := NewAnchors(rrs...)
	if err != nil {
		panic("dnssec: " + err.Error())
	}
	return a
}

// NewAnchors makes anchors of DS and DNSKEY records. A DNSKEY stands for its
// SHA-256 DS; it must be a zone key and not be revoked.
func NewAnchors(rrs ...dns.RR) (*Anchors, error) {
	a := &Anchors{trust: map[wire][]*dns.DS{}}
	if len(rrs) > maxAnchors {
		return nil, fmt.Errorf("%d trust anchors: at most %d are taken", len(rrs), maxAnchors)
	}
	for _, rr := range rrs {
		owner, ds, err := anchorOf(rr)
		if err != nil {
			return nil, err
		}
		a.trust[owner] = append(a.trust[owner], ds)
	}
	return a, nil
}

// anchorOf checks one record and turns it into a DS.
func anchorOf(rr dns.RR) (wire, *dns.DS, error) {
	owner, ok := wireOf(rr.Header().Name)
	if !ok {
		return "", nil, fmt.Errorf("%q is not a zone name", lookup.Printable(rr.Header().Name))
	}
	switch rr := rr.(type) {
	case *dns.DS:
		want := map[uint8]int{dns.SHA1: 20, dns.SHA256: 32, dns.SHA384: 48}[rr.DigestType]
		if d, err := hex.DecodeString(rr.Digest); err != nil || want != 0 && len(d) != want {
			return "", nil, fmt.Errorf("the digest of %s %d is not a %s digest", owner.name(), rr.KeyTag, DigestName(rr.DigestType))
		}
		return owner, rr, nil
	case *dns.DNSKEY:
		k, ok := readKey(Policy{SHA1: true}, rr)
		switch {
		case !ok:
			return "", nil, fmt.Errorf("the DNSKEY of %s holds no key", owner.name())
		case !k.usable():
			return "", nil, fmt.Errorf("the DNSKEY %d of %s is revoked or not a zone key", k.tag, owner.name())
		}
		return owner, keyDS(owner, &k), nil
	}
	return "", nil, fmt.Errorf("a trust anchor is a DS or DNSKEY record, not %s", lookup.Type(rr.Header().Rrtype))
}

// keyDS is the SHA-256 DS of a key.
func keyDS(owner wire, k *zoneKey) *dns.DS {
	return &dns.DS{
		Hdr:    dns.RR_Header{Name: string(owner.name()), Rrtype: dns.TypeDS, Class: dns.ClassINET},
		KeyTag: k.tag, Algorithm: k.algorithm, DigestType: dns.SHA256, Digest: hex.EncodeToString(digestOf(dns.SHA256, owner, k.data)),
	}
}

// Merge returns anchors that have those of both.
func (a *Anchors) Merge(b *Anchors) *Anchors {
	out := &Anchors{trust: map[wire][]*dns.DS{}, negative: map[wire]bool{}}
	for _, from := range []*Anchors{a, b} {
		for zone, ds := range from.trust {
			out.trust[zone] = append(slices.Clone(out.trust[zone]), ds...)
		}
		for zone := range from.negative {
			out.negative[zone] = true
		}
	}
	return out
}

// WithNegative returns the same anchors with validation turned off at and
// below the given names (RFC 7646 §2), down to a trust anchor below them, if there is one.
func (a *Anchors) WithNegative(names ...lookup.Name) (*Anchors, error) {
	if len(names) > maxNegativeAnchors {
		return nil, fmt.Errorf("%d negative trust anchors: at most %d are taken", len(names), maxNegativeAnchors)
	}
	out := a.Merge(&Anchors{})
	for _, n := range names {
		w, ok := wireOf(string(n))
		if !ok {
			return nil, fmt.Errorf("%q is not a name", lookup.Printable(string(n)))
		}
		out.negative[w] = true
	}
	return out, nil
}

// Zones lists the zones with trust anchors and the names with negative ones,
// in canonical order.
func (a *Anchors) Zones() (trust, negative []lookup.Name) {
	var t, n []wire
	for w := range a.trust {
		t = append(t, w)
	}
	for w := range a.negative {
		n = append(n, w)
	}
	slices.SortFunc(t, wire.compare)
	slices.SortFunc(n, wire.compare)
	for _, w := range t {
		trust = append(trust, w.name())
	}
	for _, w := range n {
		negative = append(negative, w.name())
	}
	return trust, negative
}

// DS are the trust anchors of one zone.
func (a *Anchors) DS(zone lookup.Name) []*dns.DS {
	w, _ := wireOf(string(zone))
	return slices.Clone(a.trust[w])
}

// closest finds the anchor closest above a name. Where both stand at the
// same name the negative one counts: it was put there to overrule.
func (a *Anchors) closest(name wire) (zone wire, ds []*dns.DS, use string) {
	for w := name; ; w = w.parent() {
		if a.negative[w] {
			return w, nil, "negative"
		}
		if ds := a.trust[w]; len(ds) > 0 {
			return w, ds, "trust"
		}
		if w == rootWire {
			return "", nil, "none"
		}
	}
}
