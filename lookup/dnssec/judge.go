package dnssec

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// maxShown bounds the octets of a signature check that a fact carries.
const maxShown = 1024

// maxReported bounds the facts about the signatures of one RRset.
const maxReported = 8

// Judge decides about records at one instant of lesson time, on behalf of one
// lookup. It reports what it does to its step.
type Judge struct {
	host   string
	step   lookup.Step
	policy Policy
	now    time.Time // lesson time
	budget *Budget
	memo   *memo
}

// NewJudge makes a judge. Host is how facts call the resolver.
func NewJudge(host string, step lookup.Step, policy Policy, now time.Time, budget *Budget) *Judge {
	return &Judge{host: host, step: step, policy: policy.orDefaults(), now: now, budget: budget}
}

// Set decides whether one signature of an RRset is valid and by one of the
// zone's keys (RFC 4035 §5.3). One is enough (RFC 6840 §5.11). For a secure set from a wildcard the
// wildcard's closest encloser is returned as well: it is then still to be
// proved that no closer name exists (RFC 4035 §5.3.4).
func (j *Judge) Set(set *Set, keys *Keys) (Judgement, lookup.Name) {
	out, encloser := j.set(set, keys)
	if encloser == "" {
		return out, ""
	}
	return out, encloser.name()
}

func (j *Judge) set(set *Set, keys *Keys) (Judgement, wire) {
	failure := bogus(ReasonUnsigned, set.Name)
	if len(set.Sigs) == 0 || len(set.RRs) == 0 {
		j.step.Report(lookup.SignatureMissing{Host: j.host, Zone: keys.Zone, Name: set.Name, Type: set.Type})
		return failure, ""
	}
	trials, reported := j.budget.PerSet, 0
	for _, sig := range set.Sigs {
		r := j.check(set, sig, keys, &trials)
		if reported < maxReported || r.result == "valid" {
			reported++
			j.reportSignature(set, sig, r)
		}
		if r.result == "valid" {
			return j.lasts(set, sig), r.encloser
		}
		if grave[r.reason] > grave[failure.Reason] {
			failure.Reason = r.reason
		}
		if r.reason == ReasonWork {
			break
		}
	}
	return failure, ""
}

// grave orders the reasons for which the signatures of a set may fail: the one
// that says most about what is wrong is told.
var grave = map[Reason]int{
	ReasonUnsigned: 0, ReasonAlgorithm: 1, ReasonSignerElsewhere: 2, ReasonMalformed: 3, ReasonKeyMissing: 4, ReasonKeyUnusable: 5,
	ReasonNotYetValid: 6, ReasonExpired: 7, ReasonExpiredFirst: 8, ReasonSignatureWrong: 9, ReasonWork: 10,
}

// checked is what became of one signature.
type checked struct {
	result   string // as in lookup.SignatureChecked
	reason   Reason
	encloser wire // the wildcard's parent, for a name from a wildcard
	signed   []byte
}

// check tries one signature: first all that costs nothing (RFC 4035 §5.3.1),
// then the arithmetic.
func (j *Judge) check(set *Set, sig *dns.RRSIG, keys *Keys, trials *int) checked {
	signer, ok := wireOf(sig.SignerName)
	owner := set.owner.labels()
	if set.owner.isWildcard() {
		owner-- // the asterisk does not count (RFC 4034 §3.1.3)
	}
	switch {
	case !ok || sig.TypeCovered != uint16(set.Type) || int(sig.Labels) > owner:
		return checked{result: "malformed", reason: ReasonMalformed}
	case signer != keys.zone || !set.owner.in(keys.zone) || int(sig.Labels) < keys.zone.labels():
		return checked{result: "otherSigner", reason: ReasonSignerElsewhere}
	case !j.policy.algorithm(sig.Algorithm):
		return checked{result: "unsupported", reason: ReasonAlgorithm}
	}
	// Serial number arithmetic, good until 2106 and after (RFC 4034 §3.1.5).
	now := uint32(j.now.Unix())
	switch {
	case int32(sig.Expiration-sig.Inception) < 0:
		return checked{result: "expiredFirst", reason: ReasonExpiredFirst}
	case int32(now-sig.Inception) < 0:
		return checked{result: "notYetValid", reason: ReasonNotYetValid}
	case int32(sig.Expiration-now) < 0:
		return checked{result: "expired", reason: ReasonExpired}
	}
	out := checked{result: "noKey", reason: ReasonKeyMissing}
	var signature []byte
	for i := range keys.keys {
		k := &keys.keys[i]
		if k.tag != sig.KeyTag || k.algorithm != sig.Algorithm {
			continue
		}
		if !k.usable() || k.public == nil {
			if out.result == "noKey" {
				out.result, out.reason = "keyUnusable", ReasonKeyUnusable
			}
			continue
		}
		if j.memo.knows(set, sig, k) {
			if j.step.Recording() {
				out.signed, _ = signedData(set, sig)
			}
			return out.right(set, sig, owner)
		}
		if out.signed == nil {
			data, err := signedData(set, sig)
			octets, ok := octets(sig.Signature)
			if err != nil || !ok {
				return checked{result: "malformed", reason: ReasonMalformed}
			}
			out.signed, signature = data, octets
		}
		// Several keys may share a tag: each trial is counted.
		if j.budget.Failures <= 0 || !spend(trials, 1) || !spend(&j.budget.Signatures, 1) {
			out.result, out.reason = "work", ReasonWork
			return out
		}
		if verify(k.algorithm, k.public, out.signed, signature) {
			j.memo.add(set, sig, k)
			return out.right(set, sig, owner)
		}
		j.budget.Failures--
		out.result, out.reason = "wrong", ReasonSignatureWrong
	}
	return out
}

// right is the result for a signature that verifies. Fewer labels than the
// owner has mean that the record is a wildcard's (RFC 4035 §5.3.4).
func (c checked) right(set *Set, sig *dns.RRSIG, owner int) checked {
	c.result, c.reason = "valid", ""
	if int(sig.Labels) < owner {
		c.encloser = set.owner.suffix(int(sig.Labels))
	}
	return c
}

// lasts is the verdict secure with the life that the signature gives it (RFC
// 4035 §5.3.3).
func (j *Judge) lasts(set *Set, sig *dns.RRSIG) Judgement {
	left := sig.Expiration - uint32(j.now.Unix())
	out := secure()
	out.Until = j.now.Add(time.Duration(left) * time.Second)
	out.TTLSec = min(left, sig.OrigTtl, message.TTL(sig))
	for _, rr := range set.RRs {
		out.TTLSec = min(out.TTLSec, message.TTL(rr))
	}
	return out
}

func (j *Judge) reportSignature(set *Set, sig *dns.RRSIG, r checked) {
	if !j.step.Recording() {
		return
	}
	f := lookup.SignatureChecked{
		Host: j.host, Name: set.Name, Type: set.Type, Signer: message.NameOf(sig.SignerName), KeyTag: sig.KeyTag, Algorithm: AlgorithmName(sig.Algorithm),
		Inception: j.instant(sig.Inception), Expiration: j.instant(sig.Expiration), At: j.now.UTC(), SignedOctets: len(r.signed), Signed: lookup.Message{}, Result: r.result,
	}
	if len(r.signed) > 0 {
		sum := sha256.Sum256(r.signed)
		f.SignedSHA256 = hex.EncodeToString(sum[:])
		f.Signed = r.signed[:min(len(r.signed), maxShown)]
	}
	if r.encloser != "" {
		if w := r.encloser.wildcard(); w != "" {
			f.Wildcard = w.name()
		}
	}
	j.step.Report(f)
}

// instant is the time closest to now that a 32-bit field can mean.
func (j *Judge) instant(field uint32) time.Time {
	now := j.now.Unix()
	return time.Unix(now+int64(int32(field-uint32(now))), 0).UTC()
}

// Keys decides whether the DNSKEY RRset of a zone is to be trusted (RFC 4035
// §5.2): one of the DS records must mean one of its keys, and that key must
// have signed the set. Source says where the DS records are from: "ds" or
// "anchor". The keys are nil unless the verdict is secure.
func (j *Judge) Keys(set *Set, ds []*dns.DS, source string) (*Keys, Judgement) {
	usable, reason := j.usableDS(set.Name, ds, source)
	if len(usable) == 0 {
		return nil, insecure(reason, set.Name)
	}
	if len(set.RRs) == 0 {
		return nil, bogus(ReasonKeyMissing, set.Name)
	}
	keys := readKeys(j.policy, set)
	failure := bogus(ReasonKeyMissing, set.Name)
	for _, d := range usable {
		k, reason := j.match(keys, d, source)
		if k == nil {
			if reason != ReasonKeyMissing {
				failure.Reason = reason
			}
			continue
		}
		entry := &Keys{Zone: keys.Zone, zone: keys.zone, keys: []zoneKey{*k}}
		judged, _ := j.set(set, entry)
		if judged.Verdict == lookup.Secure {
			j.step.Report(lookup.KeysTrusted{Host: j.host, Zone: keys.Zone, By: k.tag, Keys: keys.shown(), Until: judged.Until})
			return keys, judged
		}
		failure.Reason = judged.Reason
	}
	return nil, failure
}

// usableDS are the DS records that this policy can follow. Where there are
// none the zone is insecure, as if it had no DS (RFC 4035 §5.2).
func (j *Judge) usableDS(zone lookup.Name, ds []*dns.DS, source string) ([]*dns.DS, Reason) {
	var usable []*dns.DS
	strong, reason := false, ReasonDigestType
	for _, d := range ds {
		switch {
		case !j.policy.algorithm(d.Algorithm):
			reason = ReasonAlgorithm
			j.reportDigest(zone, d, source, nil, "unsupported")
		case !j.policy.digest(d.DigestType):
			j.reportDigest(zone, d, source, nil, "unsupported")
		default:
			usable = append(usable, d)
			strong = strong || d.DigestType != dns.SHA1
		}
	}
	if !strong {
		return usable, reason
	}
	// An attacker who can make SHA-1 collide must not be able to choose it.
	kept := usable[:0]
	for _, d := range usable {
		if d.DigestType == dns.SHA1 {
			j.reportDigest(zone, d, source, nil, "ignored")
			continue
		}
		kept = append(kept, d)
	}
	return kept, reason
}

// match finds the key that a DS record means. Several keys may have its tag.
func (j *Judge) match(keys *Keys, d *dns.DS, source string) (*zoneKey, Reason) {
	reason := ReasonKeyMissing
	expected, err := hex.DecodeString(d.Digest)
	if err != nil {
		return nil, ReasonMalformed
	}
	for i := range keys.keys {
		k := &keys.keys[i]
		if k.tag != d.KeyTag || k.algorithm != d.Algorithm {
			continue
		}
		if !spend(&j.budget.Digests, 1) {
			return nil, ReasonWork
		}
		computed := digestOf(d.DigestType, keys.zone, k.data)
		if string(computed) != string(expected) {
			j.reportDigest(keys.Zone, d, source, computed, "different")
			reason = ReasonDigestWrong
			continue
		}
		j.reportDigest(keys.Zone, d, source, computed, "equal")
		if !k.usable() || k.public == nil {
			reason = ReasonKeyUnusable
			continue
		}
		j.step.Report(lookup.KeyMatched{Host: j.host, Zone: keys.Zone, Source: source, Key: k.shown()})
		return k, ""
	}
	if reason == ReasonKeyMissing {
		j.reportDigest(keys.Zone, d, source, nil, "noKey")
	}
	return nil, reason
}

func (j *Judge) reportDigest(zone lookup.Name, d *dns.DS, source string, computed []byte, result string) {
	if j.step.Recording() {
		expected, _ := hex.DecodeString(d.Digest) // what is no digest is not shown
		j.step.Report(lookup.DigestCompared{
			Host: j.host, Zone: zone, Source: source, KeyTag: d.KeyTag, Algorithm: AlgorithmName(d.Algorithm), DigestType: DigestName(d.DigestType),
			Expected: hex.EncodeToString(expected), Computed: hex.EncodeToString(computed), Result: result,
		})
	}
}

// shown is a key as facts show it.
func (k *zoneKey) shown() lookup.ZoneKey {
	bits := (len(k.data) - 4) * 8
	switch k.algorithm {
	case dns.ECDSAP256SHA256, dns.ECDSAP384SHA384:
		bits /= 2 // a point is two numbers
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512:
		if b := k.data[4:]; len(b) > 3 && b[0] != 0 {
			bits = max(0, len(b)-1-int(b[0])) * 8
		} else if len(b) > 3 {
			bits = max(0, len(b)-3-int(binary.BigEndian.Uint16(b[1:]))) * 8
		}
	}
	return lookup.ZoneKey{KeyTag: k.tag, Algorithm: AlgorithmName(k.algorithm), Flags: k.flags, Bits: bits}
}

func (k *Keys) shown() []lookup.ZoneKey {
	out := make([]lookup.ZoneKey, 0, len(k.keys))
	for i := range k.keys {
		out = append(out, k.keys[i].shown())
	}
	return out
}
