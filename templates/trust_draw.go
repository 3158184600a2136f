package templates

import (
	"encoding/base32"
	"math"
	"strings"
	"time"

	"rootwalk/lookup"
)

// The axis of signatures, in units of its viewBox.
const (
	barLeft, barRight = 6., 314.
	barWidth          = 320
	barHeight         = 44
)

// timeAxis is one scale of lesson time for all signatures of a sheet.
type timeAxis struct{ from, to time.Time }

// axisOf spans all signatures and the moment of their checks.
func axisOf(all []*chain) timeAxis {
	var a timeAxis
	take := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if a.from.IsZero() || t.Before(a.from) {
			a.from = t
		}
		if t.After(a.to) {
			a.to = t
		}
	}
	for _, c := range all {
		for _, l := range c.Rows {
			if l.Sig != nil {
				take(l.Sig.Inception)
				take(l.Sig.Expiration)
				take(l.Sig.At)
			}
		}
	}
	pad := a.to.Sub(a.from) / 25
	a.from, a.to = a.from.Add(-pad), a.to.Add(pad)
	return a
}

func (a timeAxis) x(t time.Time) float64 {
	whole := a.to.Sub(a.from)
	if whole <= 0 {
		return barLeft
	}
	at := barLeft + (barRight-barLeft)*float64(t.Sub(a.from))/float64(whole)
	return min(max(at, barLeft), barRight)
}

// validity is one signature on the axis.
type validity struct {
	X, W, Now    string // of the bar, and the moment of the check
	NowText      string // where its word stands
	Anchor       string // how it is aligned there
	From, To, At string // in words
	Inside       bool
}

// moment is an instant of lesson time, in UTC.
func momentText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func (a timeAxis) validity(s *lookup.SignatureChecked) *validity {
	if s == nil || s.Inception.IsZero() || s.Expiration.IsZero() {
		return nil
	}
	from, to, now := a.x(s.Inception), a.x(s.Expiration), a.x(s.At)
	v := &validity{X: coordinate(from), W: coordinate(max(to-from, 2)), Now: coordinate(now), NowText: coordinate(now + 5), Anchor: "start",
		From: momentText(s.Inception), To: momentText(s.Expiration), At: momentText(s.At), Inside: !s.At.Before(s.Inception) && !s.At.After(s.Expiration)}
	if now > barWidth/2 {
		v.NowText, v.Anchor = coordinate(now-5), "end"
	}
	return v
}

// keyRole is what a key is for: one with the SEP bit is an entry to the zone
// (RFC 4034 §2.1.1).
func keyRole(k lookup.ZoneKey, keys []lookup.ZoneKey) string {
	switch {
	case len(keys) == 1:
		return "trust.key.only"
	case k.Flags&1 != 0:
		return "trust.key.ksk"
	}
	return "trust.key.zsk"
}

// span is one NSEC or NSEC3 record as a drawing: an interval on a line, or an arc
// of the circle of hashes.
type span struct {
	lookup.DenialSpan
	Key    string // of the sentence
	Arc    string // path, for NSEC3
	X, Y   string // of the name's hash on the circle
	LX, LY string // of its letter, outside
}

const circleR = 70.

// spansOf draws the records that a denial rests on.
func spansOf(d *lookup.DenialChecked) (out []span) {
	if d == nil {
		return nil
	}
	for _, s := range d.Spans {
		x := span{DenialSpan: s, Key: "trust.span." + s.Use}
		if s.OptOut && s.Use == "covers" {
			x.Key += ".optOut"
		}
		if d.Method == "NSEC3" {
			from, to := angle(s.From), angle(s.To)
			if to <= from {
				to += 2 * math.Pi // the last one goes round to the first
			}
			x.Arc = arc(from, to)
			px, py := point(angle(s.Hash), circleR)
			x.X, x.Y = coordinate(px), coordinate(py)
			lx, ly := point(angle(s.Hash), circleR+15)
			x.LX, x.LY = coordinate(lx), coordinate(ly+5)
		}
		out = append(out, x)
	}
	return out
}

// angle is where a hash lies on the circle: its first 20 bits, from the top.
func angle(hash string) float64 {
	b, err := base32.HexEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(hash))
	if err != nil || len(b) < 3 {
		return 0
	}
	return float64(uint32(b[0])<<16|uint32(b[1])<<8|uint32(b[2])) / (1 << 24) * 2 * math.Pi
}

func point(a, r float64) (x, y float64) { return 90 + r*math.Sin(a), 90 - r*math.Cos(a) }

func arc(from, to float64) string {
	x1, y1 := point(from, circleR)
	x2, y2 := point(to, circleR)
	large := "0"
	if to-from > math.Pi {
		large = "1"
	}
	return "M" + coordinate(x1) + " " + coordinate(y1) + "A" + coordinate(circleR) + " " + coordinate(circleR) + " 0 " + large + " 1 " + coordinate(x2) + " " + coordinate(y2)
}

// shownRow is a link as it is drawn.
type shownRow struct {
	*link
	N        int
	Title    string
	Lines    []string
	Validity *validity
	Spans    []span
	Message  *shownMessage // nil where its records came from a cache
	Signed   string        // dump of what was signed
	Octets   int
	First    bool   // of its zone
	ID       string // of the first link of a zone on the sheet, else ""
}

// rows are the links of a chain, ready to be drawn. placed has the zones that
// have a place on the sheet already.
func (c *chain) rows(p Page, axis timeAxis, placed map[string]bool) []shownRow {
	bytesOf := map[int]*shownMessage{}
	for i := range p.View.Balloons {
		if b := &p.View.Balloons[i]; b.Message >= 0 {
			bytesOf[b.Message] = &shownMessage{Balloon: b}
		}
	}
	var out []shownRow
	zone := lookup.Name("")
	for i, l := range c.Rows {
		r := shownRow{link: l, N: i + 1, Validity: axis.validity(l.Sig), Spans: spansOf(l.Denial)}
		r.Title = p.T("trust.row."+l.Kind, "zone", l.Zone.Short(), "name", l.Name.Short(), "type", l.Type.String())
		if l.Kind == "anchor" && l.State == "ends" {
			r.Title = p.T("trust.row.anchor.ends")
		}
		for _, f := range l.Facts {
			r.Lines = append(r.Lines, p.Words.Line(f.Line()))
		}
		place := l.Zone
		if l.Kind == "ds" || l.Kind == "unsigned" {
			place = l.Name.Parent()
			if l.Sig != nil && l.Sig.Signer != "" {
				place = l.Sig.Signer
			} else if l.Denial != nil {
				place = l.Denial.Zone
			}
		}
		r.First = !place.Equal(zone) || i == 0
		zone = place
		r.Zone = place
		if id := zoneID(place); r.First && !placed[id] {
			r.ID, placed[id] = id, true
		}
		if l.Told >= 0 {
			if m := bytesOf[l.Told]; m != nil {
				msg := lookup.WireMessage(p.View.fact(l.Told))
				r.Message = m
				m.Bytes, m.Dump = len(msg), dump(msg)
			}
		}
		if l.Sig != nil && len(l.Sig.Signed) > 0 {
			r.Signed, r.Octets = dump(l.Sig.Signed), l.Sig.SignedOctets
		}
		out = append(out, r)
	}
	return out
}
