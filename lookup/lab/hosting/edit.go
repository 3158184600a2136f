package hosting

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// Bounds of what people may make of the zones.
const (
	MaxFile = 32 << 10 // octets of a zone file
	maxNew  = 24       // zones that were not there in the beginning
)

// fileError is an error of the parser as a lookup.ZoneMistake.
func fileError(err error) *lookup.ZoneMistake {
	e := &lookup.ZoneMistake{Code: "other", Text: lookup.Printable(err.Error())}
	if m := (*auth.Mistake)(nil); errors.As(err, &m) {
		e.Line, e.Code, e.Text = m.Line, m.Code, lookup.Printable(m.Text)
		e.Params = make(map[string]string, len(m.Params))
		for k, v := range m.Params {
			e.Params[k] = lookup.Printable(v)
		}
	}
	return e
}

// Errors of editing.
var (
	ErrNothing = errors.New("hosting: there is nothing to go back to")
	ErrTaken   = errors.New("hosting: the name exists already")
	ErrNoPlace = errors.New("hosting: no zone of this lab could delegate that name")
)

// Zones lists the names of all zones, in canonical order from the root down.
func (o *Operator) Zones() []lookup.Name {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]lookup.Name, 0, len(o.zones))
	for name := range o.zones {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b lookup.Name) int { return cmpText(reversed(a), reversed(b)) })
	return out
}

// reversed is a name from the root down, so that children follow their parent.
func reversed(n lookup.Name) string {
	labels := strings.Split(strings.TrimSuffix(string(n), "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, "\x00")
}

// File is a zone as a text: as it was shipped or written last, comments and
// all.
func (o *Operator) File(zone lookup.Name) (text string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return "", err
	}
	return o.text(h), nil
}

func (o *Operator) text(h *hosted) string {
	return o.textOf(h.name, zoneImage{text: h.text, changed: h.changed, copies: []copyImage{{zone: h.copies[0].zone}}})
}

// textOf is the file of a zone of an image.
func (o *Operator) textOf(name lookup.Name, z zoneImage) string {
	if z.text != "" {
		return z.text
	}
	if o.cfg.File != nil && !z.changed {
		if text, ok := o.cfg.File(string(name)); ok {
			return text
		}
	}
	return write(z.primary())
}

// write is a zone as a plain text.
func write(z *auth.Zone) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s\n", z.Origin())
	for _, rr := range z.RRs() {
		h := rr.Header()
		fmt.Fprintf(&b, "%s\t%d\tIN\t%s\t%s\n", nameText(h.Name), h.Ttl, dns.Type(h.Rrtype), dataText(rr))
	}
	return b.String()
}

// parseFile reads a zone file that somebody wrote.
func parseFile(zone lookup.Name, text string) (*auth.Zone, error) {
	if len(text) > MaxFile {
		return nil, &lookup.ZoneMistake{Code: "large", Params: map[string]string{"most": strconv.Itoa(MaxFile)}, Text: fmt.Sprintf("more than %d octets", MaxFile)}
	}
	z, err := auth.ParseZone("zone", strings.NewReader(text))
	if err != nil {
		return nil, fileError(err)
	}
	if lookup.Name(z.Origin()) != zone {
		return nil, &lookup.ZoneMistake{Line: 1, Code: "zone", Params: map[string]string{"is": z.Origin(), "zone": string(zone)}, Text: fmt.Sprintf("this is the zone %s, not %s", z.Origin(), zone)}
	}
	return z, nil
}

// raised is a zone file with a serial that is newer than another, in the text as
// well.
func (o *Operator) raised(z *auth.Zone, text string, old uint32) (*auth.Zone, string, error) {
	if lookup.Serial(z.Serial()).Compare(lookup.Serial(old)) == lookup.SerialNewer {
		return z, text, nil
	}
	next := uint32(lookup.Serial(old).Next(o.cfg.Clock.Now()))
	was := strconv.FormatUint(uint64(z.Serial()), 10)
	edited := strings.Replace(text, was, strconv.FormatUint(uint64(next), 10), 1)
	if again, err := auth.ParseZone("zone", strings.NewReader(edited)); err == nil && again.Serial() == next {
		return again, edited, nil
	}
	rrs := z.RRs() // the number stood somewhere else first: the text is written anew
	soa := z.SOA()
	soa.Serial = next
	rrs[0] = soa
	again, err := auth.NewZone(rrs)
	if err != nil {
		return nil, "", err
	}
	return again, write(again), nil
}

// Edit makes a text the zone's file at its primary. With raise, its serial is
// raised unless it is newer already; without, secondaries go by what stands
// there. The error is a *lookup.ZoneMistake where the text is wrong.
func (o *Operator) Edit(zone lookup.Name, text string, raise bool) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	return o.alter(Edited{Do: "save", Zone: h.name}, func() (*run, error) { return o.edit(h, text, raise, true) })
}

// edit is Edit with the lock held, as a part of an edit.
func (o *Operator) edit(h *hosted, text string, raise, tell bool) (*run, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	z, err := parseFile(h.name, text)
	if err != nil {
		return nil, err
	}
	if raise {
		if z, text, err = o.raised(z, text, h.copies[0].zone.Serial()); err != nil {
			return nil, err
		}
	}
	r, err := o.put(h, z, tell)
	if err != nil {
		return nil, err
	}
	h.text, h.changed = text, true
	return r, nil
}

// Reset goes back to the file that was shipped.
func (o *Operator) Reset(zone lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	if o.cfg.File == nil {
		return Run{}, ErrNothing
	}
	text, ok := o.cfg.File(string(h.name))
	if !ok {
		return Run{}, ErrNothing
	}
	return o.alter(Edited{Do: "reset", Zone: h.name}, func() (*run, error) { return o.edit(h, text, true, true) })
}

// Register adds a domain as a registrar does: a zone of its own on two servers,
// and its delegation with glue in the zone above. An address is where its www
// is.
func (o *Operator) Register(name lookup.Name, primary, secondary lookup.Name, address string) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name = name.Canonical()
	first, second := o.sites[primary], o.sites[secondary]
	if first == nil || second == nil || first == second {
		return Run{}, ErrUnknownServer
	}
	if o.zones[name] != nil {
		return Run{}, ErrTaken
	}
	if o.added() >= maxNew {
		return Run{}, ErrBusy
	}
	var parent *hosted
	for zone, h := range o.zones {
		if name.In(zone) && zone != name && (parent == nil || zone.CountLabels() > parent.name.CountLabels()) {
			parent = h
		}
	}
	if parent == nil {
		return Run{}, ErrNoPlace
	}
	var file, glue strings.Builder
	fmt.Fprintf(&file, "; Registered in this room.\n\n$ORIGIN %s\n$TTL 300\n\n@ SOA ns1 hostmaster %d 3600 300 86400 60\n@ NS ns1\n@ NS ns2\n", name, uint32(lookup.Serial(0).Next(o.cfg.Clock.Now())))
	fmt.Fprintf(&glue, "\n; Registered in this room: %s\n%s 300 NS ns1.%s\n%s 300 NS ns2.%s\n", name.Short(), name, name, name, name)
	for i, s := range []*site{first, second} {
		for _, a := range s.Addrs {
			kind := "AAAA"
			if a.Is4() {
				kind = "A"
			}
			fmt.Fprintf(&file, "ns%d %s %s\n", i+1, kind, a)
			fmt.Fprintf(&glue, "ns%d.%s 300 %s %s\n", i+1, name, kind, a)
		}
	}
	kind := "A"
	if strings.Contains(address, ":") {
		kind = "AAAA"
	}
	fmt.Fprintf(&file, "\n@ %s %s\nwww %s %s\n", kind, address, kind, address)
	z, err := parseFile(name, file.String())
	if err != nil {
		return Run{}, err
	}
	if _, err := parseFile(parent.name, o.text(parent)+glue.String()); err != nil {
		return Run{}, ErrTaken // something of that name stands in the zone above
	}
	return o.alter(Edited{Do: "register", Zone: parent.name, What: name.Short()}, func() (*run, error) {
		if err := o.add(name, z, file.String(), first, second); err != nil {
			return nil, err
		}
		return o.edit(parent, o.text(parent)+glue.String(), true, true)
	})
}

// add puts a new zone on servers, the primary first, as a part of an edit. The
// lock is held.
func (o *Operator) add(name lookup.Name, z *auth.Zone, text string, at ...*site) error {
	next := o.image()
	next.zones[name] = zoneImage{text: text, changed: true, managed: true}
	img := next.zones[name]
	for _, s := range at {
		img.copies = append(img.copies, copyImage{server: s.Name, zone: z})
	}
	next.zones[name] = img
	return o.become(next)
}

// added counts the zones that were not there in the beginning. The lock is held.
func (o *Operator) added() (n int) {
	for name := range o.zones {
		if _, shipped := o.shipped.zones[name]; !shipped {
			n++
		}
	}
	return n
}

// Servers lists the name servers that a domain could be put on.
func (o *Operator) Servers() []lookup.Name { return slices.Clone(o.order) }
