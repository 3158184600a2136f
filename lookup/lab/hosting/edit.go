package hosting

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// Bounds of what people may make of the zones.
const (
	MaxFile    = 32 << 10 // octets of a zone file
	maxHistory = 20       // versions that can be gone back to, of one zone
	maxNew     = 24       // zones that were not there in the beginning
)

// FileError says what is wrong with a zone file, and where.
type FileError struct {
	Line int    // 0 for the whole file
	Text string // English
}

func (e *FileError) Error() string { return fmt.Sprintf("hosting: line %d: %s", e.Line, e.Text) }

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
// all. back says how many versions can be gone back to.
func (o *Operator) File(zone lookup.Name) (text string, back int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return "", 0, err
	}
	return o.text(h), len(h.history), nil
}

func (o *Operator) text(h *hosted) string {
	if h.text != "" {
		return h.text
	}
	if o.cfg.File != nil && !h.changed {
		if text, ok := o.cfg.File(string(h.name)); ok {
			return text
		}
	}
	return write(h.copies[0].zone)
}

// write is a zone as a plain text.
func write(z *auth.Zone) string {
	var b strings.Builder
	for _, rr := range z.RRs() {
		b.WriteString(rr.String())
		b.WriteByte('\n')
	}
	return b.String()
}

var atLine = regexp.MustCompile(`^zone:(\d+): (.*)$`)

// parseFile reads a zone file that somebody wrote.
func parseFile(zone lookup.Name, text string) (*auth.Zone, error) {
	if len(text) > MaxFile {
		return nil, &FileError{Text: fmt.Sprintf("more than %d octets", MaxFile)}
	}
	z, err := auth.ParseZone("zone", strings.NewReader(text))
	if err != nil {
		e := &FileError{Text: lookup.Printable(err.Error())}
		if m := atLine.FindStringSubmatch(err.Error()); m != nil {
			e.Line, _ = strconv.Atoi(m[1])
			e.Text = lookup.Printable(m[2])
		}
		return nil, e
	}
	if lookup.Name(z.Origin()) != zone {
		return nil, &FileError{Line: 1, Text: fmt.Sprintf("this is the zone %s, not %s", z.Origin(), zone)}
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
// there. The error is a *FileError where the text is wrong.
func (o *Operator) Edit(zone lookup.Name, text string, raise bool) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	r, err := o.edit(h, text, raise, true)
	if err != nil {
		return Run{}, err
	}
	return r.public(), nil
}

func (o *Operator) edit(h *hosted, text string, raise, remember bool) (*run, error) {
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
	old := o.text(h)
	r, err := o.put(h, z, true)
	if err != nil {
		return nil, err
	}
	if remember {
		h.history = append(h.history, old)
		if len(h.history) > maxHistory {
			h.history = slices.Clone(h.history[1:])
		}
	}
	h.text, h.changed = text, true
	return r, nil
}

// Undo goes back to the file before the last change. The serial goes on: going
// back is a new version.
func (o *Operator) Undo(zone lookup.Name) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	if len(h.history) == 0 {
		return Run{}, ErrNothing
	}
	last := len(h.history) - 1
	r, err := o.edit(h, h.history[last], true, false)
	if err != nil {
		return Run{}, err
	}
	h.history = h.history[:last]
	return r.public(), nil
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
	r, err := o.edit(h, text, true, true)
	if err != nil {
		return Run{}, err
	}
	return r.public(), nil
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
	if o.registered >= maxNew {
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
	fmt.Fprintf(&file, "\n@ A %s\nwww A %s\n", address, address)
	z, err := parseFile(name, file.String())
	if err != nil {
		return Run{}, err
	}
	if _, err := parseFile(parent.name, o.text(parent)+glue.String()); err != nil {
		return Run{}, ErrTaken // something of that name stands in the zone above
	}
	h := &hosted{name: name, managed: true, changed: true, text: file.String()}
	for i, s := range []*site{first, second} {
		c := &zoneCopy{of: h, at: s, zone: z}
		if i > 0 {
			c.fresh(o.cfg.Clock.Now())
		}
		h.copies = append(h.copies, c)
		s.copies[name] = c
	}
	for _, s := range []*site{first, second} {
		if err := o.serve(s); err != nil {
			delete(first.copies, name)
			delete(second.copies, name)
			return Run{}, errors.Join(err, o.serve(first), o.serve(second))
		}
	}
	o.zones[name] = h
	o.registered++
	r, err := o.edit(parent, o.text(parent)+glue.String(), true, true)
	if err != nil {
		return Run{}, err
	}
	return r.public(), nil
}

// Servers lists the name servers that a domain could be put on.
func (o *Operator) Servers() []lookup.Name { return slices.Clone(o.order) }
