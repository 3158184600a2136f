package dnssec

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Response is what came back for one question: the records of two sections,
// signatures and denials included.
type Response struct {
	Answer, Authority []dns.RR
	TTLSec            uint32 // how long it may still be kept, 0 if nobody said
}

// Fetcher gets the DS and DNSKEY records that a chain needs, from a cache or
// from servers, without validating them. A response that denies them is no
// error.
type Fetcher interface {
	Fetch(ctx context.Context, step lookup.Step, name lookup.Name, rrtype lookup.Type) (Response, error)
}

// maxAliases bounds the aliases that are followed inside one response.
const maxAliases = 16

// maxZones bounds the zones whose keys are remembered.
const maxZones = 4096

// Config is what a validator is made from.
type Config struct {
	Host    string       // how facts call the resolver: "R1"
	Clock   lookup.Clock // lesson time: signatures are checked against it
	Anchors *Anchors
	Policy  Policy

	// Aggressive answers from denials that came with other answers (RFC 8198).
	Aggressive bool
}

// Validator follows chains of trust and remembers the zones that it came
// through, as long as their signatures and TTLs last.
type Validator struct {
	host    string
	clock   lookup.Clock
	policy  Policy
	anchors atomic.Pointer[Anchors]

	memo memo

	aggressive bool
	held       held

	mu    sync.Mutex
	zones map[wire]link
}

// New makes a validator.
func New(c Config) *Validator {
	v := &Validator{host: c.Host, clock: c.Clock, policy: c.Policy.orDefaults(), aggressive: c.Aggressive, zones: map[wire]link{}}
	v.SetAnchors(c.Anchors)
	return v
}

// SetAnchors replaces the trust anchors, and forgets all that rested on the
// ones before.
func (v *Validator) SetAnchors(a *Anchors) {
	if a == nil {
		a = &Anchors{}
	}
	v.anchors.Store(a)
	v.Forget()
}

// Forget drops everything remembered.
func (v *Validator) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.zones)
	v.held.mu.Lock()
	defer v.held.mu.Unlock()
	v.held.zones, v.held.n = nil, 0
}

// link is what is known of one name on the way down: that a zone begins there, with these
// keys or unsigned, or that none does.
type link struct {
	judged Judgement // secure with keys or without a cut, insecure for an unsigned zone
	keys   *Keys     // nil where no zone begins
	by     uint16    // tag of the key that signed the keys
	empty  bool      // no zone begins at this name or below
	end    time.Time // lesson time up to which it may be remembered
}

// validation is the work for one response.
type validation struct {
	*Validator
	ctx    context.Context
	judge  *Judge
	fetch  Fetcher
	answer []Set
	denial []Set  // authority section
	left   uint32 // of the response's TTL
}

// Validate gives the verdict on a response to a question. Kind says what the
// response amounts to: positive; nodata or nxdomain for the name at the end of
// its aliases; or "" where it holds aliases only, whose end is validated by
// itself. The budget is that of the whole lookup.
//
// An error of the fetcher makes the verdict bogus: who can drop packets must not be able to turn
// validation off. Only where it is a *message.SpentError of OutcomeRateLimit, which is our own
// doing, is there no verdict: indeterminate, postponed. Such data must not be handed out.
func (v *Validator) Validate(ctx context.Context, step lookup.Step, fetch Fetcher, budget *Budget, q lookup.Question, kind lookup.CacheKind, r Response) Judgement {
	x := &validation{
		Validator: v, ctx: ctx, judge: NewJudge(v.host, step, v.policy, v.clock.Now(), budget), fetch: fetch,
		answer: Sets(r.Answer), denial: Sets(r.Authority), left: r.TTLSec,
	}
	x.judge.memo = &v.memo
	out := x.response(q, kind)
	if step.Recording() && out.Reason != ReasonPostponed {
		f := lookup.ChainJudged{Host: v.host, Name: q.Name, Type: q.Type, Verdict: out.Verdict, Reason: string(out.Reason), At: out.At, EDE: -1}
		if code, ok := out.Reason.Code(); ok {
			f.EDE = int(code)
		}
		step.Report(f)
	}
	return out
}

func (x *validation) response(q lookup.Question, kind lookup.CacheKind) Judgement {
	name, ok := wireOf(string(q.Name))
	if !ok {
		return bogus(ReasonMalformed, q.Name)
	}
	if q.Type == lookup.Type(dns.TypeRRSIG) {
		return Judgement{Verdict: lookup.Indeterminate, Reason: ReasonSignatures, At: q.Name, TTLSec: noBound}
	}
	out, aliases := secure(), 0
	for ; ; aliases++ {
		if data, found := x.data(name, q.Type); found {
			return out.and(data)
		}
		target, judged, found := x.alias(name)
		if !found {
			break
		}
		if out = out.and(judged); out.Verdict == lookup.Bogus {
			return out
		}
		if aliases == maxAliases {
			return bogus(ReasonWork, q.Name)
		}
		name = target
	}
	switch kind {
	case lookup.CacheNodata:
		return out.and(x.denied(claim{kind: claimNodata, name: name, rrtype: uint16(q.Type)}))
	case lookup.CacheNxdomain:
		return out.and(x.denied(claim{kind: claimNxdomain, name: name, rrtype: uint16(q.Type)}))
	}
	if kind == lookup.CachePositive || aliases == 0 {
		return bogus(ReasonMalformed, q.Name) // not what it is said to be: nothing of it was looked at
	}
	return out
}

// data validates what the answer has of the type at a name.
func (x *validation) data(name wire, rrtype lookup.Type) (Judgement, bool) {
	out, found := secure(), false
	for i := range x.answer {
		set := &x.answer[i]
		if set.owner != name || len(set.RRs) == 0 || set.Type != rrtype && rrtype != lookup.TypeANY {
			continue
		}
		found = true
		if out = out.and(x.set(set)); out.Verdict == lookup.Bogus {
			break
		}
	}
	return out, found
}

// alias validates the step that the answer takes from a name, by a DNAME
// above it or a CNAME at it.
func (x *validation) alias(name wire) (target wire, judged Judgement, found bool) {
	cname := find(x.answer, name, dns.TypeCNAME)
	for i := range x.answer {
		set := &x.answer[i]
		if set.Type != lookup.TypeDNAME || len(set.RRs) == 0 || !name.below(set.owner) {
			continue
		}
		dname, ok := set.RRs[0].(*dns.DNAME)
		if !ok {
			continue
		}
		to, ok := wireOf(dname.Target)
		prefix := name[:len(name)-len(set.owner)]
		if !ok || len(prefix)+len(to) > lookup.MaxName {
			continue
		}
		target = prefix + to
		judged = x.set(set)
		// The CNAME beside it is made by the server and not signed: it must
		// be the one that the DNAME makes (RFC 6672 §5.3.1).
		if cname != nil {
			if at, ok := targetOf(cname); !ok || at != target {
				judged = bogus(ReasonSynthesisMismatch, name.name())
			}
		}
		return target, judged, true
	}
	if cname == nil {
		return "", Judgement{}, false
	}
	target, ok := targetOf(cname)
	if !ok {
		return "", bogus(ReasonMalformed, name.name()), true
	}
	return target, x.set(cname), true
}

func targetOf(set *Set) (wire, bool) {
	rr, ok := set.RRs[0].(*dns.CNAME)
	if !ok || len(set.RRs) != 1 {
		return "", false
	}
	return wireOf(rr.Target)
}

// set validates one RRset of the answer, by the keys of the zone that says it
// signed it.
func (x *validation) set(set *Set) Judgement {
	top := set.owner
	if set.Type == lookup.TypeDS {
		top = top.parent() // a DS is the parent's (RFC 4034 §5)
	}
	keys, judged := x.chain(signerOf(set, top))
	if keys == nil {
		return judged
	}
	own, encloser := x.judge.set(set, keys)
	out := judged.and(own)
	if out.Verdict != lookup.Secure || encloser == "" {
		return out
	}
	return out.and(x.judge.proofs(x.denial, keys).try(claim{kind: claimWildcard, name: set.owner, rrtype: uint16(set.Type), labels: encloser.labels()}))
}

// signerOf is the zone that a set claims to be signed by, if that can be; else
// top, the lowest place at which it could be.
func signerOf(set *Set, top wire) wire {
	for _, sig := range set.Sigs {
		if signer, ok := wireOf(sig.SignerName); ok && top.in(signer) {
			return signer
		}
	}
	return top
}

// denied validates an absence.
func (x *validation) denied(c claim) Judgement {
	top := c.name
	if c.rrtype == dns.TypeDS {
		top = top.parent()
	}
	zone := top
	for i := range x.denial {
		set := &x.denial[i]
		switch uint16(set.Type) {
		case dns.TypeNSEC, dns.TypeNSEC3, dns.TypeSOA:
			if zone = signerOf(set, top); zone == top && len(set.Sigs) == 0 {
				continue
			}
		default:
			continue
		}
		break
	}
	keys, judged := x.chain(zone)
	if keys == nil {
		return judged
	}
	p := x.judge.proofs(x.denial, keys)
	proved := judged.and(p.try(c))
	var soa *Set
	for i := range x.denial {
		// The SOA says how long the denial may be kept: it must be the zone's.
		if set := &x.denial[i]; set.Type == lookup.TypeSOA && len(set.RRs) > 0 && proved.Verdict != lookup.Bogus {
			own, _ := x.judge.set(set, keys)
			proved = proved.and(own)
			soa = set
		}
	}
	if x.aggressive && x.left > 0 && soa != nil && soa.owner == keys.zone && proved.Verdict == lookup.Secure {
		life := p.life
		life.TTLSec = min(life.TTLSec, x.left) // what comes from a cache, or was made of what is held, lives no longer for it
		x.held.learn(keys.zone, soa, p, life)
	}
	return proved
}

// chain goes from the trust anchor closest above a name down to it. It returns
// the keys of the last zone on the way, or nil and why there are none.
func (x *validation) chain(name wire) (*Keys, Judgement) {
	anchors := x.anchors.Load()
	zone, ds, use := anchors.closest(name)
	if x.judge.step.Recording() {
		f := lookup.AnchorChosen{Host: x.host, Name: name.name(), Use: use, Keys: []uint16{}}
		if use != "none" {
			f.Zone = zone.name()
		}
		for _, d := range ds {
			f.Keys = append(f.Keys, d.KeyTag)
		}
		x.judge.step.Report(f)
	}
	switch use {
	case "negative":
		return nil, insecure(ReasonNegativeAnchor, zone.name())
	case "none":
		return nil, Judgement{Verdict: lookup.Indeterminate, Reason: ReasonNoAnchor, At: name.name(), TTLSec: noBound}
	}
	at, known := x.known(zone)
	if !known {
		at = x.keys(zone, ds, "anchor", secure())
	}
	if at.keys == nil {
		return nil, at.judged.unbound()
	}
	for n := zone.labels() + 1; n <= name.labels(); n++ {
		next, known := x.known(name.suffix(n))
		if !known {
			next = x.descend(at, name.suffix(n))
		}
		if next.judged.Verdict != lookup.Secure {
			return nil, next.judged.unbound()
		}
		if next.keys != nil {
			at = next
		}
		if next.empty {
			break // what is below comes from here, as a wildcard, or not at all
		}
	}
	return at.keys, at.judged.unbound()
}

// unbound is a verdict without the times that bound it: how long data may be
// kept follows from its own signatures, not from those above (RFC 4035 §5.3.3).
func (j Judgement) unbound() Judgement {
	j.Until, j.TTLSec = time.Time{}, noBound
	return j
}

// known is what an earlier lookup found out about a name.
func (x *validation) known(name wire) (link, bool) {
	x.mu.Lock()
	l, ok := x.zones[name]
	if ok && !x.judge.now.Before(l.end) {
		delete(x.zones, name)
		ok = false
	}
	x.mu.Unlock()
	if ok && l.keys != nil && x.judge.step.Recording() {
		x.judge.step.Report(lookup.KeysTrusted{Host: x.host, Zone: l.keys.Zone, By: l.by, Keys: l.keys.shown(), Until: l.judged.Until, Known: true})
	}
	return l, ok
}

// remember keeps what was found out, until the first of its TTLs or signatures runs out.
// Verdicts that somebody on the way could cause are not kept.
func (x *validation) remember(name wire, l link) link {
	if l.judged.Verdict != lookup.Secure && l.judged.Verdict != lookup.Insecure {
		return l
	}
	l.end = x.judge.now.Add(time.Duration(min(l.judged.TTLSec, maxRemembered)) * time.Second)
	if u := l.judged.Until; !u.IsZero() && u.Before(l.end) {
		l.end = u
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.zones) >= maxZones {
		clear(x.zones) // rare, and all of it can be had again
	}
	x.zones[name] = l
	return l
}

// maxRemembered is the longest that a link is kept, in seconds: a day.
const maxRemembered = 24 * 60 * 60

// descend finds out about one name below a zone: a question for its DS, and
// where there is one, for the keys.
func (x *validation) descend(from link, child wire) link {
	r, judged := x.get(child, lookup.TypeDS)
	if judged.Verdict != "" {
		return link{judged: judged}
	}
	d := x.judge.Delegation(Sets(r.Answer), Sets(r.Authority), from.keys, child.name())
	above := from.judged
	above.TTLSec = noBound // its own TTL was counted when it was learnt
	judged = above.and(d.Judgement)
	if judged.Verdict != lookup.Secure || !d.Cut {
		return x.remember(child, link{judged: judged, empty: d.Empty})
	}
	return x.keys(child, d.DS, "ds", judged)
}

// keys gets the keys of a zone and decides whether to trust them.
func (x *validation) keys(zone wire, ds []*dns.DS, source string, above Judgement) link {
	r, judged := x.get(zone, lookup.Type(dns.TypeDNSKEY))
	if judged.Verdict != "" {
		return link{judged: judged}
	}
	set := Set{Name: zone.name(), Type: lookup.Type(dns.TypeDNSKEY), owner: zone}
	if found := find(Sets(r.Answer), zone, dns.TypeDNSKEY); found != nil {
		set = *found
	}
	keys, own := x.judge.Keys(&set, ds, source)
	l := link{judged: above.and(own), keys: keys}
	if keys != nil {
		l.by = ds[0].KeyTag
		for _, sig := range set.Sigs {
			for _, d := range ds {
				if d.KeyTag == sig.KeyTag {
					l.by = d.KeyTag
				}
			}
		}
	}
	return x.remember(zone, l)
}

// get fetches one RRset of the chain. The judgement is the zero value if that
// went well.
func (x *validation) get(name wire, rrtype lookup.Type) (Response, Judgement) {
	if !spend(&x.judge.budget.Fetches, 1) {
		return Response{}, bogus(ReasonWork, name.name())
	}
	r, err := x.fetch.Fetch(x.ctx, x.judge.step, name.name(), rrtype)
	var spent *message.SpentError
	if errors.As(err, &spent) && spent.Limit == lookup.OutcomeRateLimit {
		return Response{}, Judgement{Verdict: lookup.Indeterminate, Reason: ReasonPostponed, At: name.name(), TTLSec: noBound}
	}
	if err != nil {
		return Response{}, bogus(ReasonUnreachable, name.name())
	}
	return r, Judgement{}
}
