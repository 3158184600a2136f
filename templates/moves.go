package templates

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// MovesPage is what the sheet shows on which zones and cuts are moved.
type MovesPage struct {
	Walk    lookup.Name // whose walk is compared
	Places  []lookup.ZonePlace
	Servers []CensusServer
	Steps   []ZoneStep // edits that can be taken back, newest first
	Wrong   *MoveWrong // what is wrong with a form

	Goals []lookup.WalkGoal
	Goal  *lookup.WalkGoal // of the address, nil for none

	// The walks around the newest edit; nil before there is one. Where nothing was
	// edited there is the one after alone.
	Before, After *Run
}

// MoveWrong is what is wrong with a form, and what was typed there.
type MoveWrong struct {
	Form   string // "walk", "goal", "cut", "recut", "move", "follow", "tld", "domain"
	Field  string
	Key    string
	About  string
	Size   int
	Params map[string]string
	Typed  map[string]string
}

// at reports whether a field of a form is the wrong one; for nil nothing is wrong.
func (w *MoveWrong) at(form, field string) bool {
	return w != nil && w.Form == form && w.Field == field
}

// typed is what stands in a field: what was typed where the form came back.
func (w *MoveWrong) typed(form, field, otherwise string) string {
	if w != nil && w.Form == form && w.Typed[field] != "" {
		return w.Typed[field]
	}
	return otherwise
}

// why says what is wrong.
func (w *MoveWrong) why(p Page) string {
	params := map[string]string{"about": lookup.Printable(w.About), "size": strconv.Itoa(w.Size)}
	for k, v := range w.Params {
		params[k] = v
	}
	return p.first([]string{w.Key, "moves.wrong"}, params)
}

// at and typed are those of the form of the page that came back.
func (m *MovesPage) at(form, field string) bool { return m.Wrong.at(form, field) }

func (m *MovesPage) typed(form, field, otherwise string) string {
	return m.Wrong.typed(form, field, otherwise)
}

// place finds a zone.
func (m *MovesPage) place(zone lookup.Name) *lookup.ZonePlace {
	for i := range m.Places {
		if m.Places[i].Zone.Equal(zone) {
			return &m.Places[i]
		}
	}
	return nil
}

// zoneNames are the zones, for finding the deepest.
func (m *MovesPage) zoneNames() (out []lookup.Name) {
	for _, z := range m.Places {
		out = append(out, z.Zone)
	}
	return out
}

// zone is the zone that the chosen name is in.
func (m *MovesPage) zone() lookup.Name { return deepestIn(m.zoneNames(), m.Walk) }

// nameRung is one name on the way from the root down to the chosen one.
type nameRung struct {
	Name  lookup.Name
	In    lookup.Name // the zone that it is in
	Place *lookup.ZonePlace
}

// ladderTo are the names from the root down to the chosen one.
func (m *MovesPage) ladderTo() []nameRung {
	var out []nameRung
	for name := m.Walk; ; name = name.Parent() {
		out = append(out, nameRung{Name: name, In: deepestIn(m.zoneNames(), name), Place: m.place(name)})
		if name == lookup.Root {
			break
		}
	}
	slices.Reverse(out)
	return out
}

// onTheWay are the zones at and above the chosen name.
func (m *MovesPage) onTheWay() (out []lookup.Name) {
	for _, r := range m.ladderTo() {
		if r.Place != nil {
			out = append(out, r.Name)
		}
	}
	return out
}

// board are the servers that zones are put on: all but the root's, which come
// last and folded away.
func (m *MovesPage) board(root bool) (out []CensusServer) {
	for _, s := range m.Servers {
		if (s.Role == lookup.RoleRoot) == root {
			out = append(out, s)
		}
	}
	return out
}

// chips are a server's zones: those on the way, the ones that were moved to it or
// made in the room, and the others.
func (m *MovesPage) chips(s CensusServer) (near, far []lookup.Name) {
	way := m.onTheWay()
	for _, z := range s.Zones {
		p := m.place(z)
		if slices.Contains(way, z) || p != nil && !p.Shipped || len(s.Zones) <= 3 {
			near = append(near, z)
		} else {
			far = append(far, z)
		}
	}
	return near, far
}

// movesHref is the sheet with a name, in the room.
func movesHref(p Page, name lookup.Name) string {
	q := url.Values{"name": {name.Short()}}
	if p.Room != "" && p.Room != "main" {
		q.Set("room", p.Room)
	}
	return "/lookups/example/moves?" + q.Encode()
}

// bothHref is the sheet that draws both walks side by side.
func bothHref(p Page) string {
	q := url.Values{"left": {p.Moves.Before.ID}, "right": {p.Moves.After.ID}, "cold": {"1"}}
	if p.Room != "" && p.Room != "main" {
		q.Set("room", p.Room)
	}
	return "/lookups/" + p.Moves.After.ID + "/whatif?" + q.Encode()
}

// walkHref is the drawing of one walk.
func walkHref(p Page, id string) string {
	to := "/lookups/" + id
	if p.Room != "" && p.Room != "main" {
		to += "?room=" + p.Room
	}
	return to
}

// compared are both walks of the newest edit, counted.
func (m *MovesPage) compared(p Page) *comparison {
	if m.Before == nil || m.After == nil {
		return nil
	}
	c := comparisonOf(p, &WhatIf{Left: m.Before, Right: m.After})
	return &c
}

// walkVerdict says in a sentence how the lengths of two walks stand to each other.
func walkVerdict(p Page, c *comparison) string {
	key := "moves.walk.same"
	switch l, r := c.Left.Counts.Resolver, c.Right.Counts.Resolver; {
	case !arrived(c.Right.View):
		key = "moves.walk.failed"
	case !arrived(c.Left.View):
		key = "moves.walk.works"
	case l < r:
		key = "moves.walk.longer"
	case l > r:
		key = "moves.walk.shorter"
	}
	return p.Words.With(key, c.Params)
}

// arrived reports whether a walk ended with what is true of the name, an answer
// or its absence.
func arrived(v *View) bool {
	return v.Outcome == lookup.OutcomeAnswer || v.Outcome == lookup.OutcomeNodata || v.Outcome == lookup.OutcomeNxdomain
}

// zoneWord is what a zone is called in a sentence.
func zoneWord(p Page, zone lookup.Name) string {
	if zone == lookup.Root {
		return p.T("moves.root")
	}
	return zone.Short()
}

// serversText are the names of a zone's servers, of many the first.
func serversText(servers []lookup.Name) string {
	const shown = 4
	var out []string
	for _, s := range servers[:min(len(servers), shown)] {
		out = append(out, s.Short())
	}
	if more := len(servers) - shown; more > 0 {
		out = append(out, "+"+number(more))
	}
	return strings.Join(out, ", ")
}

// firstServer is the primary of the zone on show.
func (m *MovesPage) firstServer() string {
	if z := m.place(m.zone()); z != nil && len(z.At) > 0 {
		return string(z.At[0])
	}
	return ""
}

// hostText is a host of an NS record and where it leads.
func hostText(p Page, h lookup.NamedHost) string {
	switch {
	case h.Server == "":
		return p.T("moves.host.nobody", "host", h.Name.Short())
	case !h.Serves:
		return p.T("moves.host.lame", "host", h.Name.Short(), "server", h.Server.Short())
	case h.Server != h.Name:
		return p.T("moves.host.is", "host", h.Name.Short(), "server", h.Server.Short())
	}
	return h.Name.Short()
}

// serverChosen is the server that a list begins with: what was chosen before, or
// a usual one.
func (m *MovesPage) serverChosen(form, field, usual string) lookup.Name {
	chosen, err := lookup.ParseName(m.typed(form, field, usual))
	if err != nil {
		return lookup.Name(usual)
	}
	return chosen.Canonical()
}
