package osnet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Rule names the part of the policy that refused.
type Rule string

// The rules.
const (
	RuleSpecial     Rule = "special"     // a block of the special-purpose registries
	RuleMulticast   Rule = "multicast"   // many hosts at once
	RuleUnallocated Rule = "unallocated" // IPv6 that nobody was given
	RuleEmbedded    Rule = "embedded"    // an IPv4 address inside an IPv6 address (ISATAP)
	RuleOwn         Rule = "own"         // this machine, or all machines of its network
	RuleMetadata    Rule = "metadata"    // a cloud's metadata service
	RulePort        Rule = "port"        // a port of another service
	RuleFamily      Rule = "family"      // IPv4 or IPv6 is switched off
	RuleConnects    Rule = "connects"    // the run's connections are used up
	RuleBytes       Rule = "bytes"       // its octets are
	RuleTime        Rule = "time"        // its time is
	RuleServerRate  Rule = "serverRate"  // a server was asked too often for now, by all users together
	RuleZoneRate    Rule = "zoneRate"    // the servers of a zone were
)

// Rules lists every rule.
func Rules() []Rule {
	return []Rule{RuleSpecial, RuleMulticast, RuleUnallocated, RuleEmbedded, RuleOwn, RuleMetadata, RulePort, RuleFamily, RuleConnects, RuleBytes, RuleTime, RuleServerRate, RuleZoneRate}
}

// Refused is the error of a connection that the policy did not let out: no
// packet was sent.
type Refused struct {
	Addr netip.AddrPort // where it was to go
	Rule Rule
	Text string // what is wrong with it: "link-local"
	Max  int    // of a budget: how much it was; milliseconds for RuleTime; of a rate, queries a second
}

func (r *Refused) Error() string {
	if text, ok := r.budgetText(); ok {
		return fmt.Sprintf("blocked: %v: %s", r.Addr, text)
	}
	if text, ok := r.rateText(); ok {
		return fmt.Sprintf("blocked: %v: %s", r.Addr, text)
	}
	if r.Rule == RulePort {
		return fmt.Sprintf("blocked: %v: %s", r.Addr, r.Text)
	}
	return fmt.Sprintf("blocked: %v is %s", r.Addr.Addr(), r.Text)
}

// Refusal is the rule and the text, for packages that know refusals by this
// method only.
func (r *Refused) Refusal() (rule, text string) { return string(r.Rule), r.Text }

// Budget is how much there was of what is used up, or how much a second there may
// be; 0 where that is not why.
func (r *Refused) Budget() int { return r.Max }

// AsRefused finds the refusal in an error's chain; nil if there is none.
func AsRefused(err error) *Refused {
	var r *Refused
	if errors.As(err, &r) {
		return r
	}
	return nil
}

const ownText = "an address of this machine"

// policy decides where connections may go.
type policy struct {
	no4, no6 bool
	private  bool
	ports    []uint16
	allow    []netip.Prefix
	own      *ownAddrs
}

// check returns why a connection may not be made, nil if it may.
func (p *policy) check(to netip.AddrPort) *Refused {
	a := to.Addr().Unmap().WithZone("")
	refuse := func(rule Rule, text string) *Refused {
		return &Refused{Addr: netip.AddrPortFrom(a, to.Port()), Rule: rule, Text: text}
	}
	if !a.IsValid() {
		return refuse(RuleUnallocated, "no address at all")
	}
	allowed := p.allowed(a)
	if b := blockAround(netip.PrefixFrom(a, a.BitLen())); b != nil {
		switch {
		case b.lift == byNobody, b.lift == byPrefix && !allowed, b.lift == byOwner && !allowed && !p.private:
			return refuse(b.rule, b.text)
		}
	} else if !allowed && a.Is6() && !globalUnicast.Contains(a) {
		return refuse(RuleUnallocated, "given to nobody")
	}
	if !allowed && isatap(a) {
		return refuse(RuleEmbedded, "an ISATAP address: it leads to an IPv4 address inside")
	}
	if slices.Contains(metadata, a) && !slices.Contains(p.allow, netip.PrefixFrom(a, a.BitLen())) {
		return refuse(RuleMetadata, "a cloud's metadata service")
	}
	switch own, broadcast := p.own.find(a); {
	case broadcast:
		return refuse(RuleOwn, "the broadcast address of this machine's network")
	case own && !p.mayOwn(a):
		return refuse(RuleOwn, ownText)
	}
	switch {
	case p.no4 && a.Is4():
		return refuse(RuleFamily, "IPv4, which is switched off")
	case p.no6 && a.Is6():
		return refuse(RuleFamily, "IPv6, which is switched off")
	case !slices.Contains(p.ports, to.Port()):
		return refuse(RulePort, fmt.Sprintf("port %d is not one that may be used", to.Port()))
	}
	return nil
}

// mayOwn reports whether an address of this very machine may be connected to.
func (p *policy) mayOwn(a netip.Addr) bool { return p.private || p.allowed(a) }

func (p *policy) allowed(a netip.Addr) bool {
	for _, prefix := range p.allow {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// allowable checks an exception from the policy and puts it into its shortest
// form.
func allowable(p netip.Prefix, private bool) (netip.Prefix, error) {
	if !p.IsValid() {
		return p, fmt.Errorf("allow %v: not a prefix", p)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p, fmt.Errorf("allow %v: write IPv4 prefixes as IPv4", p)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return p, fmt.Errorf("allow %v: there are bits behind the prefix length; write %v", p, p.Masked())
	}
	switch around := blockAround(p); {
	case around != nil && around.lift == byNobody:
		return p, fmt.Errorf("allow %v: %v is %s, which cannot be allowed", p, around.prefix, around.text)
	case around != nil, p.IsSingleIP(), private, p.Addr().Is6() && !globalUnicast.Overlaps(p):
		return p, nil
	}
	return p, fmt.Errorf("allow %v: it is wider than any one block that is refused, so it would switch the policy off; name the block or single addresses", p)
}

// isatap recognises the interface identifiers of RFC 5214 §6.1, which carry the
// IPv4 address that packets are tunnelled to.
func isatap(a netip.Addr) bool {
	if !a.Is6() {
		return false
	}
	b := a.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// ownAddrs are the addresses of this machine's interfaces. The list is read
// again when it is some seconds old: laptops wander.
type ownAddrs struct {
	list func() ([]net.Addr, error)

	mu         sync.Mutex
	until      time.Time
	addrs      map[netip.Addr]bool
	broadcasts map[netip.Addr]bool
}

const ownFor = 5 * time.Second

// find reports whether an address belongs to this machine, or reaches every
// host of a network that it is in (RFC 919 §7). A system that does not tell its
// addresses has none here; connections to oneself are found out later.
func (o *ownAddrs) find(a netip.Addr) (own, broadcast bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := time.Now(); now.After(o.until) {
		o.until = now.Add(ownFor)
		if all, err := o.list(); err == nil {
			o.take(all)
		}
	}
	return o.addrs[a], o.broadcasts[a]
}

func (o *ownAddrs) take(all []net.Addr) {
	o.addrs, o.broadcasts = map[netip.Addr]bool{}, map[netip.Addr]bool{}
	for _, one := range all {
		ipnet, ok := one.(*net.IPNet)
		if !ok {
			continue
		}
		a, ok := netip.AddrFromSlice(ipnet.IP)
		if !ok {
			continue
		}
		a = a.Unmap()
		o.addrs[a] = true
		ones, bits := ipnet.Mask.Size()
		if !a.Is4() || bits != 32 || ones >= 31 { // RFC 3021: two hosts, no broadcast
			continue
		}
		last := a.As4()
		for i := range last {
			last[i] |= ^ipnet.Mask[i]
		}
		o.broadcasts[netip.AddrFrom4(last)] = true
	}
}
