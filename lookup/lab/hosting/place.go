package hosting

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// PlaceError says why a zone, or a cut between zones, cannot be put there. Code
// is the end of the key of its words, Field what of the request is wrong.
type PlaceError struct {
	Field string // "zone", "from", "to", "name", "primary", "secondary"
	Code  string
	About lookup.Name // the name that stands in the way
	Size  int         // where a number is what is wrong
}

func (e *PlaceError) Error() string {
	return fmt.Sprintf("hosting: %s: %s %s", e.Field, e.Code, e.About)
}

// Places lists where every zone is, parents before children.
func (o *Operator) Places() []lookup.ZonePlace {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]lookup.ZonePlace, 0, len(o.zones))
	for name, h := range o.zones {
		_, shipped := o.shipped.zones[name]
		p := lookup.ZonePlace{Zone: name, Records: h.copies[0].zone.Records(), Shipped: shipped}
		for _, c := range h.copies {
			p.At = append(p.At, c.at.Name)
		}
		p.Own = o.hosts(h, h)
		if above := o.above(name); above != nil {
			p.Above, p.Named = above.name, o.hosts(h, above)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b lookup.ZonePlace) int { return cmpText(reversed(a.Zone), reversed(b.Zone)) })
	return out
}

// hosts are the targets of a zone's NS records as one zone has them: itself, or
// the one above. The lock is held.
func (o *Operator) hosts(h, in *hosted) (out []lookup.NamedHost) {
	z := in.copies[0].zone
	for _, rr := range z.RRs() {
		ns, ok := rr.(*dns.NS)
		if !ok || owner(ns) != h.name {
			continue
		}
		named := lookup.NamedHost{Name: lookup.Name(dns.CanonicalName(ns.Ns))}
		if s := o.siteOf(named.Name, z); s != nil {
			named.Server, named.Serves = s.Name, s.copies[h.name] != nil && s.copies[h.name].zone != nil
		}
		out = append(out, named)
	}
	return out
}

// siteOf is the server that a name in an NS record leads to: by the addresses
// that the zone with the record has, or else the zone of the name. The lock is
// held.
func (o *Operator) siteOf(host lookup.Name, z *auth.Zone) *site {
	var addrs []netip.Addr
	if host.In(lookup.Name(z.Origin())) {
		addrs = z.Addrs(string(host))
	}
	if len(addrs) == 0 {
		if home := o.home(host); home != nil {
			addrs = home.copies[0].zone.Addrs(string(host))
		}
	}
	for _, name := range o.order {
		s := o.sites[name]
		if slices.ContainsFunc(s.Addrs, func(a netip.Addr) bool { return slices.Contains(addrs, a) }) {
			return s
		}
	}
	return nil
}

// home is the deepest zone at or above a name. The lock is held.
func (o *Operator) home(name lookup.Name) (deepest *hosted) {
	for zone, h := range o.zones {
		if name.In(zone) && (deepest == nil || zone.CountLabels() > deepest.name.CountLabels()) {
			deepest = h
		}
	}
	return deepest
}

// above is the zone that delegates a zone, nil for the root.
func (o *Operator) above(zone lookup.Name) *hosted {
	if zone == lookup.Root {
		return nil
	}
	return o.home(zone.Parent())
}

// owner is a record's owner, fit for comparing.
func owner(rr dns.RR) lookup.Name { return lookup.Name(dns.CanonicalName(rr.Header().Name)) }

// isAddress reports whether a record is an A or AAAA record.
func isAddress(rr dns.RR) bool {
	t := rr.Header().Rrtype
	return t == dns.TypeA || t == dns.TypeAAAA
}

// nameServers are the NS records of an owner.
func nameServers(rrs []dns.RR, of lookup.Name) (out []*dns.NS) {
	for _, rr := range rrs {
		if ns, ok := rr.(*dns.NS); ok && owner(rr) == of {
			out = append(out, ns)
		}
	}
	return out
}

// cuts are the names that a zone delegates.
func cuts(rrs []dns.RR, zone lookup.Name) map[lookup.Name]bool {
	out := map[lookup.Name]bool{}
	for _, rr := range rrs {
		if rr.Header().Rrtype == dns.TypeNS && owner(rr) != zone {
			out[owner(rr)] = true
		}
	}
	return out
}

// cutAbove is the delegation at or above a name, "" for none.
func cutAbove(cuts map[lookup.Name]bool, name lookup.Name) lookup.Name {
	for c := range cuts {
		if name.In(c) {
			return c
		}
	}
	return ""
}

// addresses makes A and AAAA records.
func addresses(host lookup.Name, ttl uint32, addrs []netip.Addr) (out []dns.RR) {
	for _, a := range addrs {
		if h := (dns.RR_Header{Name: string(host), Class: dns.ClassINET, Ttl: ttl}); a.Is4() {
			h.Rrtype = dns.TypeA
			out = append(out, &dns.A{Hdr: h, A: a.AsSlice()})
		} else {
			h.Rrtype = dns.TypeAAAA
			out = append(out, &dns.AAAA{Hdr: h, AAAA: a.AsSlice()})
		}
	}
	return out
}

// hasAddress reports whether there are addresses of a host.
func hasAddress(rrs []dns.RR, host lookup.Name) bool {
	return slices.ContainsFunc(rrs, func(rr dns.RR) bool { return isAddress(rr) && owner(rr) == host })
}

// withoutStrayGlue leaves out the addresses of hosts below delegations that no NS
// record names any more.
func withoutStrayGlue(rrs []dns.RR, zone lookup.Name, hosts []lookup.Name) []dns.RR {
	delegated, named := cuts(rrs, zone), map[lookup.Name]bool{}
	for _, rr := range rrs {
		if ns, ok := rr.(*dns.NS); ok {
			named[lookup.Name(dns.CanonicalName(ns.Ns))] = true
		}
	}
	return slices.DeleteFunc(rrs, func(rr dns.RR) bool {
		return isAddress(rr) && slices.Contains(hosts, owner(rr)) && !named[owner(rr)] && cutAbove(delegated, owner(rr)) != ""
	})
}

// replaceRecords makes records the next version of a zone at its primary, as a part of
// an edit. The lock is held.
func (o *Operator) replaceRecords(h *hosted, rrs []dns.RR) (*run, error) {
	soa := rrs[0].(*dns.SOA)
	soa.Serial = uint32(lookup.Serial(h.copies[0].zone.Serial()).Next(o.cfg.Clock.Now()))
	next, err := auth.NewZone(rrs)
	if err != nil {
		return nil, &PlaceError{Field: "zone", Code: "conflict", About: h.name}
	}
	text := o.reworded(h, next)
	if len(text) > MaxFile {
		return nil, &PlaceError{Field: "zone", Code: "big", About: h.name, Size: MaxFile}
	}
	r, err := o.put(h, next, true)
	if err != nil {
		return nil, err
	}
	h.text = text
	return r, nil
}

// together lets one run last until another has ended, so that who waits for an
// edit of several zones waits for all of them.
func (o *Operator) together(main, other *run) {
	if main != other && main.hold() {
		o.work.Go(func() {
			<-other.done
			main.release()
		})
	}
}

// reworded is the file of a zone with the next version's records: the lines and
// comments that there are, where that can be, without those of records that are
// gone and with new ones behind. The lock is held.
func (o *Operator) reworded(h *hosted, next *auth.Zone) string {
	text := o.text(h)
	change := difference(h.copies[0].zone, next)
	gone := map[string]bool{recordKey(change.From): true}
	for _, rr := range change.Deleted {
		gone[recordKey(rr)] = true
	}
	lines := strings.SplitAfter(text, "\n")
	in := &countedText{text: text}
	p := dns.NewZoneParser(in, "", "zone")
	p.SetIncludeAllowed(false)
	serial := fmt.Sprint(change.From.Serial)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		at := in.line - 1
		switch {
		case at < 0 || at >= len(lines) || !gone[recordKey(rr)]:
		case rr.Header().Rrtype == dns.TypeSOA: // the serial may stand lines before the end of the record
			for i := at; i >= 0; i-- {
				if strings.Contains(lines[i], serial) {
					lines[i] = strings.Replace(lines[i], serial, fmt.Sprint(change.To.Serial), 1)
					break
				}
			}
		default:
			lines[at] = ""
		}
	}
	var b strings.Builder
	b.WriteString(strings.Join(lines, ""))
	if len(change.Added) > 0 {
		if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
			b.WriteByte('\n')
		}
		b.WriteString("\n; Moved in this room.\n")
		for _, rr := range change.Added {
			b.WriteString(rr.String() + "\n")
		}
	}
	// Owners that later lines left out, records of several lines: the text counts
	// only if it says what the records say.
	if again, err := auth.ParseZone("zone", strings.NewReader(b.String())); err == nil {
		if d := difference(again, next); len(d.Added)+len(d.Deleted) == 0 && recordKey(d.From) == recordKey(d.To) {
			return b.String()
		}
	}
	return write(next)
}

// countedText hands a text out octet by octet and knows the line of the last.
type countedText struct {
	text string
	at   int
	line int // from 1
	next bool
}

func (c *countedText) ReadByte() (byte, error) {
	if c.at >= len(c.text) {
		return 0, io.EOF
	}
	if c.line == 0 || c.next {
		c.line++
	}
	b := c.text[c.at]
	c.at++
	c.next = b == '\n'
	return b, nil
}

func (c *countedText) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := c.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
