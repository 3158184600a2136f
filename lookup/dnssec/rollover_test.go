package dnssec

import (
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// rollKey is a KSK of the root with its private half.
type rollKey struct {
	record *dns.DNSKEY
	signer crypto.Signer
}

func newRollKey(t *testing.T) rollKey {
	k := &dns.DNSKEY{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 172800}, Flags: 257, Protocol: 3}
	return rollKey{k, signerFor(t, k)}
}

func (k rollKey) revoked() rollKey {
	c := *k.record
	c.Flags |= dns.REVOKE
	return rollKey{&c, k.signer}
}

// published is a DNSKEY RRset as it stands at a time, signed by some of its keys.
func published(t *testing.T, at time.Time, keys, signers []rollKey) *Set {
	t.Helper()
	var rrs []dns.RR
	for _, k := range keys {
		rrs = append(rrs, k.record)
	}
	var sigs []*dns.RRSIG
	for _, k := range signers {
		sig := &dns.RRSIG{Hdr: dns.RR_Header{Ttl: 172800}, Algorithm: k.record.Algorithm, KeyTag: k.record.KeyTag(), SignerName: ".", Inception: uint32(at.Unix()) - 3600, Expiration: uint32(at.Unix()) + 21*86400}
		if err := sig.Sign(k.signer, rrs); err != nil {
			t.Fatal(err)
		}
		sigs = append(sigs, sig)
	}
	set := NewSet(".", lookup.Type(dns.TypeDNSKEY), rrs, sigs)
	return &set
}

// A whole life of two keys, day by day (RFC 5011 §4).
func TestRollover(t *testing.T) {
	a, b := newRollKey(t), newRollKey(t)
	names := map[uint16]string{a.record.KeyTag(): "a", b.record.KeyTag(): "b"}
	m := NewManaged(".", epoch, a.record)
	day := func(n float64) time.Time { return epoch.Add(time.Duration(n * 24 * float64(time.Hour))) }
	for _, c := range []struct {
		why      string
		day      float64
		keys     []rollKey
		signers  []rollKey
		changes  string
		trusted  string
		believed bool
	}{
		{"nothing new", 0, []rollKey{a}, []rollKey{a}, "", "a", true},
		{"b appears", 1, []rollKey{a, b}, []rollKey{a}, "b: -> addPend", "a", true},
		{"b disappears: it starts again", 2, []rollKey{a}, []rollKey{a}, "b: addPend ->", "a", true},
		{"b appears again", 3, []rollKey{a, b}, []rollKey{a}, "b: -> addPend", "a", true},
		{"signed by b alone: not trusted yet", 20, []rollKey{b}, []rollKey{b}, "", "a", false},
		{"just before the hold-down ends", 32.99, []rollKey{a, b}, []rollKey{a}, "", "a", true},
		{"at its end", 33, []rollKey{a, b}, []rollKey{a}, "b: addPend -> valid", "a b", true},
		{"signed by b alone", 34, []rollKey{a, b}, []rollKey{b}, "", "a b", true},
		{"a is not published: missing, and still trusted", 35, []rollKey{b}, []rollKey{b}, "a: valid -> missing", "a b", true},
		{"a is back", 36, []rollKey{a, b}, []rollKey{a}, "a: missing -> valid", "a b", true},
		{"a with the Revoke bit, but not signed by it", 37, []rollKey{a.revoked(), b}, []rollKey{b}, "a: valid -> missing", "a b", true},
		{"a revokes itself", 38, []rollKey{a.revoked(), b}, []rollKey{a.revoked(), b}, "a: missing -> revoked", "b", true},
		{"a without the bit again: revoked stays revoked", 39, []rollKey{a, b}, []rollKey{a, b}, "", "b", true},
		{"gone, within the remove hold-down", 50, []rollKey{b}, []rollKey{b}, "", "b", true},
		{"and after it", 68, []rollKey{b}, []rollKey{b}, "a: revoked -> removed", "b", true},
		{"a removed key does not come back", 70, []rollKey{a, b}, []rollKey{b}, "", "b", true},
	} {
		set := published(t, day(c.day), c.keys, c.signers)
		changes, next, believed := m.Observe(NewJudge("", lookup.Step{}, Policy{}, day(c.day), NewBudget()), set)
		var told []string
		for _, ch := range changes {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s: %s", names[ch.Tag], strings.TrimSpace(fmt.Sprintf("%s -> %s", ch.From, ch.To)))))
		}
		if got := strings.Join(told, ", "); got != c.changes || believed != c.believed {
			t.Errorf("day %v, %s: %q (believed %v), want %q (%v)", c.day, c.why, got, believed, c.changes, c.believed)
		}
		anchors, err := m.Anchors()
		if err != nil {
			t.Fatal(err)
		}
		var trusted []string
		for _, ds := range anchors.DS(".") {
			trusted = append(trusted, names[ds.KeyTag])
		}
		if got := strings.Join(trusted, " "); got != c.trusted {
			t.Errorf("day %v, %s: trusted %q, want %q", c.day, c.why, got, c.trusted)
		}
		if wait := next.Sub(day(c.day)); wait < time.Hour && !strings.Contains(c.why, "just before") || wait > 15*24*time.Hour {
			t.Errorf("day %v: next look after %v (RFC 5011 §2.3)", c.day, wait)
		}
	}
}

// The intervals of RFC 5011 §2.3, and their bounds.
func TestRolloverIntervals(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct{ ttl, validity, query, retry time.Duration }{
		{2 * day, 14 * day, day, 2 * day / 10},
		{time.Hour, 14 * day, time.Hour, time.Hour},
		{90 * day, 90 * day, 15 * day, day},
		{10 * day, day, 12 * time.Hour, 24 * time.Hour / 10},
	} {
		if q, r := queryInterval(c.ttl, c.validity), retryInterval(c.ttl, c.validity); q != c.query || r != c.retry {
			t.Errorf("%v, %v: %v and %v, want %v and %v", c.ttl, c.validity, q, r, c.query, c.retry)
		}
	}
}

func TestRolloverIsBounded(t *testing.T) {
	a := newRollKey(t)
	m := NewManaged(".", epoch, a.record)
	keys := []rollKey{a}
	for range 50 {
		keys = append(keys, newRollKey(t))
	}
	m.Observe(NewJudge("", lookup.Step{}, Policy{}, epoch, NewBudget()), published(t, epoch, keys, keys[:1]))
	if len(m.Keys) > maxManaged {
		t.Errorf("%d keys kept", len(m.Keys))
	}
}
