package templates

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

// ZonesPage is what the sheet of zones shows.
type ZonesPage struct {
	Names   []lookup.Name // all zones, parents before children
	Servers []lookup.Name
	State   lookup.ZoneState // of the zone on show
	Text    string           // its file, or what was typed
	Steps   []ZoneStep       // edits that can be taken back, newest first
	View    *TransferView    // of the change on show, nil for none

	Records     []lookup.ZoneRecord // in the order of the file
	Delegations []lookup.Delegation
	Apart       []lookup.CopyApart

	Wrong *ZoneWrong // what is wrong with what was sent
	New   *MoveWrong // and with a domain that was to be registered

	editing string            // key of the record whose row is a form
	typed   lookup.RecordText // what that row, or the one for a new record, has in it
	cut     lookup.Name       // the delegation whose form is open
	told    lookup.DelegationEdit
}

// ZoneWrong is a mistake, and in which form it was made.
type ZoneWrong struct {
	*lookup.ZoneMistake
	Form string // "save", "record", "delegation", "lab"
	line string // the line that is wrong
}

// Open makes forms of the record that begins on a line, and of a delegation.
func (z *ZonesPage) Open(line, cut string) {
	if n, err := strconv.Atoi(line); err == nil {
		for _, r := range z.Records {
			if r.Line == n {
				z.editing = r.Key
				z.typed = lookup.RecordText{Name: relative(r.Name, z.State.Zone), TTL: serial(r.TTLSec), Type: r.Type.String(), Data: r.Data}
			}
		}
	}
	for _, d := range z.Delegations {
		if d.Child.Short() == cut {
			z.cut, z.told = d.Child, toldOf(d)
		}
	}
}

// Mistaken puts what was sent back into its form, with what is wrong.
func (z *ZonesPage) Mistaken(form string, m *lookup.ZoneMistake, text string, r lookup.RecordEdit, d lookup.DelegationEdit) {
	z.Wrong = &ZoneWrong{ZoneMistake: m, Form: form}
	switch form {
	case "save":
		z.Text = text
	case "record":
		z.editing = r.Old
		if r.New != nil {
			z.typed = *r.New
			return
		}
		for _, x := range z.Records {
			if x.Key == r.Old {
				z.Open(number(x.Line), "")
			}
		}
		return
	case "delegation":
		z.cut, z.told = d.Child.Canonical(), d
		text = d.Servers
		if m.Field == "ds" {
			text = d.DS
		}
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if m.Line >= 1 && m.Line <= len(lines) {
		z.Wrong.line = lookup.Printable(lines[m.Line-1])
	}
}

// toldOf is a delegation as its form has it.
func toldOf(d lookup.Delegation) lookup.DelegationEdit {
	e := lookup.DelegationEdit{Parent: d.Parent, Child: d.Child, TTL: d.TTLSec}
	for _, s := range d.Servers {
		if !s.Parent {
			continue
		}
		e.Servers += string(s.Name)
		if s.InDomain {
			for _, a := range s.Glue {
				e.Servers += " " + a.String()
			}
		}
		e.Servers += "\n"
	}
	e.NoDS = d.Withdrawn
	if !d.Made {
		e.DS = strings.Join(d.DS, "\n")
	}
	return e
}

// fromChild is the delegation that fits what the child says.
func fromChild(d lookup.Delegation) lookup.DelegationEdit {
	e := lookup.DelegationEdit{Parent: d.Parent, Child: d.Child, TTL: d.TTLSec}
	for _, s := range d.Servers {
		if !s.Child {
			continue
		}
		e.Servers += string(s.Name)
		if s.InDomain {
			for _, a := range s.Addrs {
				e.Servers += " " + a.String()
			}
		}
		e.Servers += "\n"
	}
	if !d.Made {
		e.DS = strings.Join(d.ChildDS, "\n")
	}
	return e
}

// wrongIn reports whether a form's field is the one that is wrong.
func (z *ZonesPage) wrongIn(form, field string) bool {
	return z.Wrong != nil && z.Wrong.Form == form && (field == "" || z.Wrong.Field == field)
}

// mistakeText says what is wrong, in the language of the page.
func mistakeText(p Page, m *lookup.ZoneMistake) string {
	key := "zone.mistake." + m.Code
	if !p.Words.Has(key) {
		return p.T("zone.mistake.other", "text", m.Text)
	}
	return p.Words.With(key, m.Params)
}

// recordTypes are the types that a record can be given from the list.
var recordTypes = []string{"A", "AAAA", "CNAME", "MX", "TXT", "NS", "SRV", "PTR", "CAA", "DNAME", "HTTPS", "SVCB", "DS", "TLSA", "SSHFP", "NAPTR", "HINFO", "LOC"}

// typesWith are they, with one more where it is another.
func typesWith(t string) []string {
	t = strings.ToUpper(strings.TrimSpace(t))
	if t == "" || slices.Contains(recordTypes, t) {
		return recordTypes
	}
	return append([]string{t}, recordTypes...)
}

// zoneName is a name of the zone on show, for its tree.
type zoneName struct {
	name   lookup.Name
	labels int // below the apex
	line   int // of its first record, 0 for a name that is there only because something below it is
	count  int // records
	cut    bool
	zone   lookup.Name // where that is a zone of the room
}

// namesOf is the tree of a zone's names, parents before children.
func namesOf(z *ZonesPage) []zoneName {
	at := map[lookup.Name]*zoneName{}
	add := func(n lookup.Name) *zoneName {
		for up := n; ; up = up.Parent() {
			if at[up] == nil {
				at[up] = &zoneName{name: up, labels: up.CountLabels() - z.State.Zone.CountLabels()}
			}
			if up == z.State.Zone || up == lookup.Root {
				return at[n]
			}
		}
	}
	for _, r := range z.Records {
		n := add(r.Name.Canonical())
		if n.count++; n.line == 0 {
			n.line = r.Line
		}
	}
	for _, d := range z.Delegations {
		n := add(d.Child)
		n.cut = true
		if d.Here {
			n.zone = d.Child
		}
	}
	out := make([]zoneName, 0, len(at))
	for _, n := range at {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b zoneName) int { return strings.Compare(fromRoot(a.name), fromRoot(b.name)) })
	return out
}

// fromRoot orders names so that what lies below a name follows it.
func fromRoot(n lookup.Name) string {
	labels := strings.Split(strings.TrimSuffix(string(n), "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, "\x00")
}

// lastLabel is what a name is called in a tree.
func lastLabel(n zoneName, zone lookup.Name) string {
	if n.name == zone {
		return "@"
	}
	label, _, _ := strings.Cut(string(n.name), ".")
	return label
}

// recordHref is the sheet with one record as a form; "" for none.
func recordHref(p Page, line int) string {
	to := zonesHref(p, p.Zones.State.Zone)
	if line > 0 {
		return to + "&edit=" + number(line) + "#r" + number(line)
	}
	return to + "#zone-records"
}

// cutHref is the sheet with the form of a delegation.
func cutHref(p Page, child lookup.Name) string {
	to := zonesHref(p, p.Zones.State.Zone)
	if child != "" {
		to += "&cut=" + url.QueryEscape(child.Short())
	}
	return to + "#zone-delegations"
}

// labHref is where the room's lab leaves as a file.
func labHref(p Page) string {
	if p.Room == "" || p.Room == "main" {
		return "/lab"
	}
	return "/lab?room=" + p.Room
}

// apartKey is how a secondary's copy stands to the primary's zone.
func apartKey(c lookup.CopyApart) string {
	key := "zones.apart." + string(c.Order)
	if c.Records == 0 {
		return key + ".alike"
	}
	return key
}

// faultsOf are what does not fit about one server of a delegation, or about its
// DS records.
func faultsOf(d lookup.Delegation, server lookup.Name, ds bool) (out []lookup.DelegationFault) {
	for _, f := range d.Faults {
		if strings.HasPrefix(f.Kind, "ds.") == ds && (ds || f.Server == server) {
			out = append(out, f)
		}
	}
	return out
}

// misfit says what does not fit.
func misfit(p Page, f lookup.DelegationFault) string {
	addr := ""
	if f.Addr.IsValid() {
		addr = f.Addr.String()
	}
	return p.T("delegation."+f.Kind, "server", f.Server.Short(), "addr", addr)
}

func addrList(addrs []netip.Addr) string {
	var out []string
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// ZoneStep is an edit of the room that can be taken back.
type ZoneStep struct {
	Do   string
	Zone lookup.Name
	What string
	At   time.Time // lesson time
}

// did says what an edit did.
func did(p Page, s ZoneStep) string {
	return p.first([]string{"zones.did." + s.Do, "zones.did"}, map[string]string{"zone": s.Zone.Short(), "what": lookup.Printable(s.What)})
}

// depth is how far a zone is below the root, for the tree.
func depth(z lookup.Name) string { return number(min(z.CountLabels(), 5)) }

// zonesHref is the sheet with a zone.
func zonesHref(p Page, zone lookup.Name) string {
	return strings.Replace(zoneHref(p, zone), "/transfer?", "/zones?", 1)
}

// held is an RRset of the zone on show in one of the room's caches.
type held struct {
	cache string
	name  lookup.Name
	typ   lookup.Type
	data  string
	left  string // seconds
	old   bool   // the primary has something else now
}

// heldBy lists what caches hold of the zone on show and how long still.
func heldBy(p Page) (out []held) {
	z := p.Zones.State
	now := map[string][]string{}
	key := func(n lookup.Name, t lookup.Type) string { return string(n.Canonical()) + " " + t.String() }
	for _, r := range z.Records {
		now[key(r.Name, r.Type)] = append(now[key(r.Name, r.Type)], r.Data)
	}
	for _, c := range p.Caches {
		for _, e := range c.Entries {
			left := e.StoredAt.Add(time.Duration(e.TTLSec) * time.Second).Sub(p.Clock.Lesson)
			if e.Kind != lookup.CachePositive || left <= 0 || e.Name.Equal(z.Zone) && e.Type == lookup.TypeNS || !deepestIn(p.Zones.Names, e.Name).Equal(z.Zone) {
				continue
			}
			var data []string
			for _, r := range e.Records {
				data = append(data, r.Data)
			}
			has := slices.Clone(now[key(e.Name, e.Type)])
			shown := strings.Join(data, ", ")
			slices.Sort(data)
			slices.Sort(has)
			out = append(out, held{cache: c.Cache, name: e.Name, typ: e.Type, data: shown, left: strconv.FormatInt(int64((left+time.Second-1)/time.Second), 10), old: !slices.Equal(data, has)})
		}
	}
	return out
}

// deepestIn is the zone that a name belongs to.
func deepestIn(zones []lookup.Name, name lookup.Name) (zone lookup.Name) {
	zone = lookup.Root
	for _, z := range zones {
		if name.In(z) && z.CountLabels() > zone.CountLabels() {
			zone = z
		}
	}
	return zone
}

// cacheWho is what a cache is called on the sheet.
func cacheWho(p Page, cache string) string {
	if key := "zones.cache." + cache; p.Words.Has(key) {
		return p.T(key)
	}
	return cache
}

// invalidAt marks the field of a form that is the wrong one, and names what is
// said about it (wrongField).
func invalidAt(wrong *MoveWrong, form, field string) templ.Attributes {
	if !wrong.at(form, field) {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "wrong-" + form + "-" + field}
}
