package lab

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lab/sign"
)

// signedZone says how a zone of the lab is signed.
type signedZone struct {
	options sign.Options
	life    life
	wrongDS bool // the parent has the digest of another key
}

// life says from when to when signatures are valid.
type life uint8

const (
	renewed   life = iota // its server signs anew every week, for two
	stopped               // the signer stopped long ago: all ran out a day before the lab was started
	early                 // from three days after the start, for two weeks
	forgotten             // from the start, for a week, and never again
)

const (
	day    = 24 * time.Hour
	period = 7 * day
)

// signedBy is every signed zone of the lab. What is not here is not signed.
var signedBy = map[string]signedZone{
	".":        {options: sign.Options{Separate: true}},
	"com.":     {options: sign.Options{Separate: true, NSEC3: &sign.NSEC3{OptOut: true}}},
	"net.":     {options: sign.Options{Separate: true, NSEC3: &sign.NSEC3{OptOut: true}}},
	"org.":     {options: sign.Options{Separate: true, NSEC3: &sign.NSEC3{OptOut: true}}},
	"kr.":      {options: sign.Options{Separate: true, NSEC3: &sign.NSEC3{OptOut: true}}},
	"co.kr.":   {options: sign.Options{Separate: true, NSEC3: &sign.NSEC3{OptOut: true}}},
	"example.": {options: sign.Options{Separate: true}},

	"signed.example.":     {options: sign.Options{Separate: true}},
	"rsa.example.":        {options: sign.Options{Separate: true, Algorithm: dns.RSASHA256}},
	"ed25519.example.":    {options: sign.Options{Algorithm: dns.ED25519}},
	"nsec3.example.":      {options: sign.Options{NSEC3: &sign.NSEC3{}}},
	"optout.example.":     {options: sign.Options{NSEC3: &sign.NSEC3{OptOut: true}}},
	"iterations.example.": {options: sign.Options{NSEC3: &sign.NSEC3{Iterations: 200, Salt: "c0ffee"}}},
	"newalg.example.":     {options: sign.Options{Unsupported: true}},
	"expired.example.":    {life: stopped},
	"notyet.example.":     {life: early},
	"forgotten.example.":  {life: forgotten},
	"wrongds.example.":    {wrongDS: true},
	"stripped.example.":   {options: sign.Options{Faults: []sign.Fault{{Kind: sign.Stripped}}}},
	"tampered.example.":   {options: sign.Options{Faults: []sign.Fault{{Kind: sign.Tampered, Name: "www.tampered.example.", Type: dns.TypeA}}}},
}

// times are those of signatures made at an instant, in a lab that was started
// at another.
func (l life) times(start, now time.Time) (inception, expiration time.Time) {
	switch l {
	case stopped:
		return start.Add(-15 * day).Truncate(time.Second), start.Add(-day).Truncate(time.Second)
	case early:
		return start.Add(3 * day).Truncate(time.Second), start.Add(17 * day).Truncate(time.Second)
	case forgotten:
		return start.Add(-time.Hour).Truncate(time.Second), start.Add(period).Truncate(time.Second)
	}
	// Anew each week, so that at least one is always left; an hour early, for
	// clocks that are slow.
	began := now.Truncate(period)
	return began.Add(-time.Hour), began.Add(2 * period)
}

// keyring holds the keys of one lab's zones, made when first needed. It is safe
// for concurrent use.
type keyring struct {
	seed  string
	now   func() time.Time
	start time.Time

	mu      sync.Mutex
	signers map[string]*sign.Signer

	running sync.Mutex      // guards expired; signers ask while mu is held
	expired map[string]bool // zones whose new signatures are old ones
}

// expiredFor is how long ago the signatures of a forgotten zone ran out, at
// the least.
const expiredFor = 48 * time.Hour

// expire lets the signatures of some zones run out, and renews the others.
func (k *keyring) expire(zones map[string]bool) {
	k.running.Lock()
	defer k.running.Unlock()
	k.expired = zones
}

// times are those of the signatures that a zone's servers send now.
func (k *keyring) times(zone string) (inception, expiration time.Time) {
	inception, expiration = signedBy[zone].life.times(k.start, k.now())
	k.running.Lock()
	defer k.running.Unlock()
	if k.expired[zone] {
		back := expiration.Sub(k.start.Add(-expiredFor))
		inception, expiration = inception.Add(-back), expiration.Add(-back)
	}
	return inception, expiration
}

func newKeyring(seed uint64, now func() time.Time) *keyring {
	if now == nil {
		now = time.Now
	}
	return &keyring{seed: strconv.FormatUint(seed, 10), now: now, start: now(), signers: map[string]*sign.Signer{}}
}

// options are how a zone is signed, with the keys of this lab and the times of
// now.
func (k *keyring) options(zone string) sign.Options {
	s := signedBy[zone]
	o := s.options
	o.Seed = k.seed
	o.Inception, o.Expiration = s.life.times(k.start, k.now())
	return o
}

// signer is the signer of a zone, which must be a signed one.
func (k *keyring) signer(zone string) *sign.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.signers[zone]; s != nil {
		return s
	}
	s, err := sign.NewSigner(zone, k.options(zone), func() (time.Time, time.Time) { return k.times(zone) })
	if err != nil { // the table above has a mistake, which its test finds
		panic(err)
	}
	k.signers[zone] = s
	return s
}

// ds is what the parent of a zone has about it: nothing if it is not signed.
func (k *keyring) ds(zone string) [][]byte {
	s, ok := signedBy[zone]
	if !ok {
		return nil
	}
	return [][]byte{k.signer(zone).DS(s.wrongDS)}
}

// digests are what fits the keys of a signed zone, and what its parent has about
// it, as the data of DS records; none for one that is not signed.
func (k *keyring) digests(zone lookup.Name) (fits, made []string) {
	s, ok := signedBy[string(zone)]
	if !ok {
		return nil, nil
	}
	text := func(wrong bool) []string {
		data := k.signer(string(zone)).DS(wrong)
		return []string{fmt.Sprintf("%d %d %d %X", uint16(data[0])<<8|uint16(data[1]), data[2], data[3], data[4:])}
	}
	return text(false), text(s.wrongDS)
}

// secured is a zone as this lab's servers have it.
func (k *keyring) secured(z *auth.Zone) *auth.Zone {
	name := z.Origin()
	s, ok := signedBy[name]
	if !ok {
		return z
	}
	return z.Secured(func() auth.Security {
		security := auth.Security{Signer: k.signer(name), DS: k.ds}
		if p := s.options.NSEC3; p != nil {
			salt, _ := hex.DecodeString(p.Salt) // as above
			security.NSEC3 = &auth.NSEC3{Iterations: p.Iterations, Salt: salt, OptOut: p.OptOut}
		}
		return security
	})
}

// catalogs are the zones of each list of zones, signed where they are signed.
func (k *keyring) catalogs(shipped func() (map[string]*auth.Catalog, error)) (map[string]*auth.Catalog, error) {
	plain, err := shipped()
	if err != nil {
		return nil, err
	}
	made := make(map[string]*auth.Catalog, len(plain))
	zones := map[string]*auth.Zone{} // one of each, so that all its servers share signatures
	for list, c := range plain {
		held := c.Zones()
		if !slices.ContainsFunc(held, func(z *auth.Zone) bool { _, ok := signedBy[z.Origin()]; return ok }) {
			made[list] = c
			continue
		}
		for i, z := range held {
			if zones[z.Origin()] == nil {
				zones[z.Origin()] = k.secured(z)
			}
			held[i] = zones[z.Origin()]
		}
		if made[list], err = auth.NewCatalog(held...); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// export signs a zone as a whole, as its servers sign it piece by piece.
func (k *keyring) export(zone string) (*sign.Signed, error) {
	text, ok := ZoneFile(zone)
	if _, signed := signedBy[zone]; !ok || !signed {
		return nil, fmt.Errorf("lab: %s is no signed zone", zone)
	}
	var records []dns.RR
	p := dns.NewZoneParser(strings.NewReader(text), "", zone)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records = append(records, rr)
	}
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	cuts := map[string]uint32{}
	for _, rr := range records {
		if h := rr.Header(); h.Rrtype == dns.TypeNS && dns.CanonicalName(h.Name) != zone {
			cuts[dns.CanonicalName(h.Name)] = h.Ttl
		}
	}
	for child, ttl := range cuts {
		for _, data := range k.ds(child) {
			rr, _, err := dns.UnpackRRWithHeader(dns.RR_Header{Name: child, Rrtype: dns.TypeDS, Class: dns.ClassINET, Ttl: ttl, Rdlength: uint16(len(data))}, data, 0)
			if err != nil {
				return nil, fmt.Errorf("lab: %w", err)
			}
			records = append(records, rr)
		}
	}
	o := k.options(zone)
	for _, f := range o.Faults { // the file has what was changed, the signature what was there before
		if f.Kind != sign.Tampered {
			continue
		}
		for _, rr := range records {
			if a, ok := rr.(*dns.A); ok && a.Hdr.Name == f.Name {
				a.A[len(a.A)-1] ^= 1
			}
		}
	}
	return sign.Zone(records, o)
}

// Signed is a signed zone of this lab as a whole: the records of its file, the
// keys, the denials, and the signatures that its servers would send now.
func (l *Lab) Signed(zone string) (*sign.Signed, error) { return l.keys.export(zone) }

// Anchor is the trust anchor of this lab: the DS form of the root zone's key
// (RFC 4033 §2), as a line of a zone file.
func (l *Lab) Anchor() string {
	data := l.keys.signer(".").DS(false)
	return fmt.Sprintf(". IN DS %d %d %d %X", uint16(data[0])<<8|uint16(data[1]), data[2], data[3], data[4:])
}
