package templates

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// ZonesPage is what the sheet of zones shows.
type ZonesPage struct {
	Names   []lookup.Name // all zones, parents before children
	Servers []lookup.Name
	State   lookup.ZoneState // of the zone on show
	Text    string           // its file, or what was typed
	Steps   []ZoneStep       // edits that can be taken back, newest first
	Wrong   *WrongLine       // what is wrong with the text
	View    *TransferView    // of the change on show, nil for none
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

// WrongLine is a mistake in a zone file.
type WrongLine struct {
	Line int    // 0 for the whole file
	Text string // English, as the parser says it
}

// line is the line of the file that is wrong.
func (z ZonesPage) line() string {
	lines := strings.Split(strings.ReplaceAll(z.Text, "\r\n", "\n"), "\n")
	if z.Wrong == nil || z.Wrong.Line < 1 || z.Wrong.Line > len(lines) {
		return ""
	}
	return lines[z.Wrong.Line-1]
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
