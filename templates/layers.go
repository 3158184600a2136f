package templates

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"rootwalk/lookup"
)

// layerHosts is the layer of the device's hosts file, which is no cache.
const layerHosts = "hosts"

// look is how one layer was asked for the name that is looked for, and what it
// had. The browser finds the same (static/elements/cache-layers/looks.js); the
// file static/test/looks.json holds the two together.
type look struct {
	Layer string `json:"layer"` // "browser", "hosts", "device", "R1", or the name of a server

	// Result is "hit", "denial", "failure" or "stale" where the layer decided;
	// "partial" where it only knew the servers of a zone on the way; "expired"
	// or "miss"; of a zone's server "asked", then "answered".
	Result  string      `json:"result"`
	Zone    lookup.Name `json:"zone"`    // of "partial": where the walk begins
	Seq     int         `json:"seq"`     // event that tells it
	Balloon int         `json:"balloon"` // 0: before the first
}

// lookRank orders results: a later look of the same layer counts only if it
// tells more.
var lookRank = map[string]int{"miss": 0, "asked": 0, "expired": 1, "partial": 2, "hit": 3, "denial": 3, "failure": 3, "stale": 3, "answered": 3}

// looksOf lists the layers that were asked in a view's events, in that order.
func looksOf(v *View) []look {
	out := []look{}
	if v == nil {
		return out
	}
	seen := func(e lookup.Event, layer, result string, zone lookup.Name) {
		n := 0
		for _, b := range v.Balloons {
			if b.Seqs[0] <= e.Seq {
				n = b.N
			}
		}
		l := look{layer, result, zone, e.Seq, n}
		i := slices.IndexFunc(out, func(x look) bool { return x.Layer == layer })
		switch {
		case i < 0:
			out = append(out, l)
		case lookRank[result] > lookRank[out[i].Result]:
			out[i] = l
		}
	}
	sought := func(name lookup.Name) bool {
		return slices.ContainsFunc(v.Names, func(n SearchedName) bool { return n.Name.Equal(name) })
	}
	above := func(name lookup.Name) bool {
		c := string(name.Canonical())
		return slices.ContainsFunc(v.Names, func(n SearchedName) bool {
			return n.Name.Equal(name) || strings.HasSuffix(string(n.Name.Canonical()), "."+c)
		})
	}
	answered := func(e lookup.Event, r lookup.Reply) {
		if r.By == lookup.RoleResolver && r.AA && sought(r.Question.Name) {
			seen(e, string(r.Server.Name.Canonical()), "answered", "")
		}
	}
	for _, e := range v.events {
		switch x := e.Fact.(type) {
		case lookup.HostsSearched:
			if len(x.Found) > 0 {
				seen(e, layerHosts, "hit", "")
			} else {
				seen(e, layerHosts, "miss", "")
			}
		case lookup.CacheMissed:
			if sought(x.Name) {
				seen(e, x.Cache, "miss", "")
			}
		case lookup.CacheExpired:
			if sought(x.Name) {
				seen(e, x.Cache, "expired", "")
			}
		case lookup.CacheHit:
			switch x.Use {
			case "answer", "alias":
				if above(x.Entry.Name) {
					seen(e, x.Cache, "hit", "")
				}
			case "denial", "failure", "stale":
				if above(x.Entry.Name) {
					seen(e, x.Cache, x.Use, "")
				}
			case "servers":
				if above(x.Entry.Name) {
					seen(e, x.Cache, "partial", x.Entry.Name)
				}
			}
		case lookup.QuerySent:
			if x.By == lookup.RoleResolver && sought(x.Question.Name) {
				seen(e, string(x.Server.Name.Canonical()), "asked", "")
			}
		case lookup.AnswerReceived:
			answered(e, x.Reply)
		case lookup.AliasReceived:
			answered(e, x.Reply)
		case lookup.NodataReceived:
			answered(e, x.Reply)
		case lookup.NxdomainReceived:
			answered(e, x.Reply)
		}
	}
	return out
}

// layerColumn is one layer as the sheet shows it.
type layerColumn struct {
	Layer   string
	Role    lookup.Role
	Look    *look            // nil: not asked
	Copies  []cacheRow       // of what is looked for, newest first
	Others  []cacheRow       // what else it remembers
	Holding *lookup.Holding  // of a zone's server
	Same    []lookup.Holding // further servers that hold the same
	Cache   bool             // it can be emptied
}

// layerColumns are the layers in the order in which they are asked.
func layerColumns(p Page) []layerColumn {
	looks := looksOf(p.View)
	find := func(layer string) *look {
		for i := range looks {
			if looks[i].Layer == layer {
				return &looks[i]
			}
		}
		return nil
	}
	var out []layerColumn
	for _, box := range layerBoxes(p) {
		c := layerColumn{Layer: box.Cache, Role: lookup.RoleResolver, Look: find(box.Cache), Cache: true}
		if hostOf(box.Cache) == hostDevice {
			c.Role = lookup.RoleStub
		}
		for _, r := range box.Rows {
			if isSought(p.View, r.Row) {
				c.Copies = append(c.Copies, r)
			} else {
				c.Others = append(c.Others, r)
			}
		}
		out = append(out, c)
		if box.Cache == cacheBrowser {
			out = append(out, layerColumn{Layer: layerHosts, Role: lookup.RoleStub, Look: find(layerHosts)})
		}
	}
	for i := range holdings(p) {
		h := holdings(p)[i]
		if n := len(out); n > 0 && out[n-1].Holding != nil && !h.Primary && sameHolding(*out[n-1].Holding, h) && !out[n-1].Holding.Primary {
			out[n-1].Same = append(out[n-1].Same, h)
			continue
		}
		layer := string(h.Server.Name.Canonical())
		out = append(out, layerColumn{Layer: layer, Role: lookup.RoleAuthoritative, Look: find(layer), Holding: &h})
	}
	return out
}

// layerBoxes are all caches of a page, the browser's and both resolvers' too.
func layerBoxes(p Page) []cacheBox {
	v := p.View
	if v == nil {
		v = &View{}
	}
	if atEnd(p) {
		return cachesNow(v, p.Caches, p.Clock.Lesson)
	}
	var boxes []cacheBox
	for _, t := range v.Caches {
		boxes = append(boxes, cacheBox{Cache: t.Cache, Rows: rowsAt(t.Rows, layersAt(p))})
	}
	return boxes
}

// layersAt is the lesson time at which the layers are shown.
func layersAt(p Page) time.Time {
	if atEnd(p) {
		return p.Clock.Lesson
	}
	if p.View == nil || p.View.Lesson == nil {
		return time.Time{}
	}
	return p.View.Lesson.Lesson.Add(time.Duration(p.View.ElapsedUs) * time.Microsecond * time.Duration(p.View.Lesson.Rate))
}

func holdings(p Page) []lookup.Holding {
	if p.Layers == nil {
		return nil
	}
	return p.Layers.Holdings
}

// isSought reports whether a row is about what is looked for: the name, or one
// that an alias led to, and its type or the alias.
func isSought(v *View, r Row) bool {
	if v == nil || v.Question == nil {
		return false
	}
	if r.Type != v.Question.Type && r.Type != lookup.TypeCNAME && r.Kind != lookup.CacheNxdomain {
		return false
	}
	return slices.ContainsFunc(v.Names, func(n SearchedName) bool { return n.Name.Equal(r.Name) })
}

// sameHolding reports whether two servers hold the same version of the same.
func sameHolding(a, b lookup.Holding) bool {
	return a.Serial == b.Serial && a.Kind == b.Kind && a.TTLSec == b.TTLSec && sameData(a.Records, b.Records)
}

func sameData(a, b []lookup.Record) bool {
	data := func(rs []lookup.Record) []string {
		out := make([]string, len(rs))
		for i, r := range rs {
			out[i] = r.Data
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(data(a), data(b))
}

// outdated reports whether a copy says something else than the zone's primary
// does now.
func outdated(p Page, r Row) bool {
	hs := holdings(p)
	if len(hs) == 0 || p.View == nil || p.View.Question == nil || !r.Name.Equal(p.View.Question.Name) {
		return false
	}
	h := hs[0]
	switch {
	case r.Kind == lookup.CacheFailure:
		return false
	case (r.Kind == lookup.CachePositive) != (h.Kind == lookup.CachePositive):
		return true
	case r.Kind != lookup.CachePositive:
		return false
	case len(h.Records) == 0 || h.Records[0].Type != r.Type: // behind an alias: the browser's copy is of its end
		return false
	}
	return !sameData(r.Records, h.Records)
}

// forecast is when the last copy of what is looked for is over.
type forecast struct {
	Copies  []forecastCopy
	Last    time.Time // zero: there is no copy
	Left    time.Duration
	Old     int              // how many of the copies differ from the zone's primary
	Pending []lookup.Holding // secondaries that hold something else than the primary
	Zone    *lookup.Holding  // the primary
}

type forecastCopy struct {
	cacheRow
	Layer string
	Until time.Time
	Old   bool
	Width int // percent of the longest
}

// forecastOf finds the latest moment at which a copy is still used.
func forecastOf(p Page, columns []layerColumn) forecast {
	var f forecast
	now := layersAt(p)
	for _, c := range columns {
		for _, r := range c.Copies {
			if r.left <= 0 {
				continue
			}
			copy := forecastCopy{cacheRow: r, Layer: c.Layer, Until: now.Add(r.left), Old: outdated(p, r.Row)}
			if copy.Old {
				f.Old++
			}
			f.Left = max(f.Left, r.left)
			f.Copies = append(f.Copies, copy)
		}
	}
	if f.Left > 0 {
		f.Last = now.Add(f.Left)
	}
	for i := range f.Copies {
		f.Copies[i].Width = max(1, int(f.Copies[i].left*100/f.Left))
	}
	if hs := holdings(p); len(hs) > 0 {
		f.Zone = &hs[0]
		for _, h := range hs[1:] {
			if h.Kind != hs[0].Kind || !sameData(h.Records, hs[0].Records) {
				f.Pending = append(f.Pending, h)
			}
		}
	}
	return f
}

// changeable are the addresses that the zone's primary has for what is looked
// for.
func changeable(p Page) (out []lookup.Record) {
	for _, h := range holdings(p)[:min(len(holdings(p)), 1)] {
		for _, r := range h.Records {
			if r.Type == lookup.TypeA || r.Type == lookup.TypeAAAA {
				out = append(out, r)
			}
		}
	}
	return out
}

func changeableZone(p Page) string {
	if hs := holdings(p); len(hs) > 0 {
		return string(hs[0].Zone)
	}
	return ""
}

// changeTo is another address to begin with.
func changeTo(p Page) string {
	for _, r := range changeable(p) {
		if a, err := netip.ParseAddr(r.Data); err == nil {
			return a.Next().String()
		}
	}
	return ""
}

// Words of the sheet.

func layerTitle(p Page, c layerColumn) string {
	switch {
	case c.Holding != nil:
		return c.Holding.Server.Name.Short()
	case c.Role == lookup.RoleResolver:
		return p.T("caches.layer.resolver", "host", c.Layer)
	}
	return p.T("caches.layer." + c.Layer)
}

// layerName is what a layer is called in a sentence or a row.
func layerName(p Page, layer string) string {
	if layer == layerHosts || hostOf(layer) == hostDevice {
		return p.T("caches.layer." + layer)
	}
	return p.T("caches.layer.resolver", "host", layer)
}

func layerWhat(p Page, c layerColumn) string {
	switch {
	case c.Holding != nil && c.Holding.Primary:
		return p.T("caches.what.primary", "zone", c.Holding.Zone.Short(), "serial", strconv.FormatUint(uint64(c.Holding.Serial), 10))
	case c.Holding != nil:
		return p.T("caches.what.secondary", "zone", c.Holding.Zone.Short(), "serial", strconv.FormatUint(uint64(c.Holding.Serial), 10))
	case c.Role == lookup.RoleResolver && p.Layers != nil && p.Layers.Resolver == c.Layer:
		return p.T("caches.what.resolver.used")
	case c.Role == lookup.RoleResolver:
		return p.T("caches.what.resolver")
	}
	return p.T("caches.what." + c.Layer)
}

// layerResult says what a layer had.
func layerResult(p Page, c layerColumn) string {
	if c.Look == nil {
		return p.T("caches.result.none")
	}
	return p.first([]string{"caches.result." + c.Layer + "." + c.Look.Result, "caches.result." + c.Look.Result}, map[string]string{"zone": c.Look.Zone.Short()})
}

func lookResult(c layerColumn) string {
	if c.Look == nil {
		return "none"
	}
	return c.Look.Result
}

// layerEmpty says why a layer shows no copy.
func layerEmpty(p Page, c layerColumn) string {
	return p.first([]string{"caches.empty." + c.Layer, "caches.empty"}, nil)
}

// heldData is what a server holds, on a line.
func heldData(p Page, h lookup.Holding) string {
	if h.Kind != lookup.CachePositive {
		return p.T("cache."+string(h.Kind), "type", p.View.Question.Type.String())
	}
	var data []string
	for _, r := range h.Records {
		data = append(data, r.Data)
	}
	const most = 4
	if len(data) > most {
		data = append(data[:most:most], "+"+strconv.Itoa(len(data)-most))
	}
	return strings.Join(data, ", ")
}

// timeOfDay is an instant of lesson time as the page shows it without a script.
func timeOfDay(t time.Time) string { return t.UTC().Format(time.TimeOnly) + " UTC" }

// secondsOf is a duration for {left:clock}: begun seconds count.
func secondsOf(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func copyRole(layer string) lookup.Role {
	if hostOf(layer) == hostDevice {
		return lookup.RoleStub
	}
	return lookup.RoleResolver
}

// forecastVerdict is the sentence that the figure is there for.
func forecastVerdict(p Page, f forecast) string {
	switch {
	case f.Last.IsZero():
		return p.T("caches.verdict.none")
	case f.Old > 0:
		return p.T("caches.verdict.old", "time", timeOfDay(f.Last), "left", secondsOf(f.Left), "count", number(f.Old))
	}
	return p.T("caches.verdict", "time", timeOfDay(f.Last), "left", secondsOf(f.Left))
}

// forecastReasons are what the forecast rests on.
func forecastReasons(p Page, f forecast) []string {
	var out []string
	for _, h := range f.Pending {
		out = append(out, p.T("caches.reason.pending", "server", h.Server.Name.Short(), "serial", strconv.FormatUint(uint64(h.Serial), 10), "ttl", strconv.FormatUint(uint64(h.TTLSec), 10)))
	}
	out = append(out, p.T("caches.reason.handed"), p.T("caches.reason.new"))
	if f.Zone != nil {
		out = append(out, p.T("caches.reason.negative", "ttl", strconv.FormatUint(uint64(f.Zone.NegativeSec), 10), "zone", f.Zone.Zone.Short()))
	}
	return out
}

func cachesTitle(p Page) string {
	return p.T("caches.title", "name", questionName(p), "type", questionType(p))
}

// questionName and questionType are what the page's question asks for; those of
// the example where there is none.
func questionName(p Page) string {
	if p.View == nil || p.View.Question == nil {
		return "www.example.co.kr"
	}
	return p.View.Question.Name.Short()
}

func questionType(p Page) string {
	if p.View == nil || p.View.Question == nil {
		return "A"
	}
	return p.View.Question.Type.String()
}

// layersJSON is what the zone's servers hold, for the script.
func layersJSON(p Page) string {
	b, err := json.Marshal(holdings(p))
	if err != nil || p.Layers == nil {
		return "[]"
	}
	return string(b)
}
