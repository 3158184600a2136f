package lookup

import (
	"net/netip"
	"slices"
	"testing"
)

// numbered makes a trace's events of facts.
func numbered(facts ...Fact) (out []Event) {
	for i, f := range facts {
		out = append(out, Event{Seq: i, Fact: f})
	}
	return out
}

func at(addr string) Server {
	return Server{Name: "ns", Addr: netip.AddrPortFrom(netip.MustParseAddr(addr), 53)}
}

func TestEvidenceOfAllTracesCountsTogether(t *testing.T) {
	bad, good := at("192.0.2.1"), at("192.0.2.2")
	c := FaultCase{Culprit: "server:bad", Signs: []Sign{
		{Key: "silent", Kinds: []string{"query.timedOut"}, At: []netip.Addr{bad.Addr.Addr()}},
		{Key: "other", Kinds: []string{"answer.received"}, At: []netip.Addr{good.Addr.Addr()}},
	}}
	first := Witness{Trace: "t1", Events: numbered(QuerySent{Server: bad}, QueryTimedOut{Server: bad})}
	second := Witness{Trace: "t2", Events: numbered(QuerySent{Server: good}, AnswerReceived{Reply: Reply{Server: good}})}
	marked := func(w Witness, from, to int) Witness { w.Marked = [][2]int{{from, to}}; return w }
	for name, x := range map[string]struct {
		culprit   string
		witnesses []Witness
		right     bool
		shown     bool
	}{
		"one in each":         {"server:bad", []Witness{marked(first, 1, 1), marked(second, 0, 1)}, true, true},
		"order is no matter":  {"server:bad", []Witness{marked(second, 1, 1), marked(first, 0, 1)}, true, true},
		"somebody else":       {"server:good", []Witness{marked(first, 1, 1), marked(second, 1, 1)}, false, true},
		"one is not marked":   {"server:bad", []Witness{first, marked(second, 1, 1)}, false, true},
		"the wrong step":      {"server:bad", []Witness{marked(first, 0, 0), marked(second, 1, 1)}, false, true},
		"one is not there":    {"server:bad", []Witness{marked(first, 0, 1)}, false, false},
		"marks of the other":  {"server:bad", []Witness{marked(first, 2, 9), marked(second, 1, 1)}, false, true},
		"nothing was seen":    {"server:bad", nil, false, false},
		"a repeated sighting": {"server:bad", []Witness{first, marked(first, 1, 1), marked(second, 1, 1)}, true, true},
	} {
		j := c.Judge(x.culprit, x.witnesses...)
		if j.Right() != x.right || j.Shown() != x.shown {
			t.Errorf("%s: right %v, shown %v", name, j.Right(), j.Shown())
		}
	}
	j := c.Judge("server:bad", first, marked(second, 1, 1))
	if want := (Sighting{Trace: "t1", Seq: 1}); !slices.Equal(j.Seen[0], []Sighting{want}) {
		t.Errorf("%+v", j.Seen)
	}
	if want := (Sighting{Trace: "t2", Seq: 1, Marked: true}); !slices.Equal(j.Seen[1], []Sighting{want}) {
		t.Errorf("%+v", j.Seen)
	}
}

func TestObservationsTellOfLinkServerAndZone(t *testing.T) {
	parent, child, other := at("192.0.2.1"), at("192.0.2.7"), at("192.0.2.9")
	events := numbered(
		QuerySent{Server: child},
		ReferralReceived{Reply: Reply{Server: parent, Zone: "kr."}, Servers: []NameServer{{Name: "ns.", Addrs: []netip.Addr{child.Addr.Addr()}}}},
		QueryTimedOut{Server: child},
		FailureReceived{Reply: Reply{Server: parent}},
		QueryTimedOut{Server: other},
		SignatureChecked{Signer: "kr.", Result: "expired"},
		SignatureChecked{Signer: "kr.", Result: "valid"},
		AnswerReceived{Reply: Reply{Server: child}},
	)
	for name, x := range map[string]struct {
		place       FaultPlace
		wrong, well []int
	}{
		"server": {FaultPlace{Sort: "server", At: []netip.Addr{parent.Addr.Addr()}}, []int{3}, []int{1}},
		"link":   {FaultPlace{Sort: "link", At: []netip.Addr{parent.Addr.Addr()}}, nil, []int{1, 3}},
		"silent": {FaultPlace{Sort: "link", At: []netip.Addr{other.Addr.Addr()}}, []int{4}, nil},
		"zone":   {FaultPlace{Sort: "zone", Zone: "kr."}, []int{2, 5}, []int{6, 7}},
		"nobody": {FaultPlace{Sort: "zone", Zone: "com."}, nil, nil},
	} {
		wrong, well := x.place.Observations(events)
		if !slices.Equal(wrong, x.wrong) || !slices.Equal(well, x.well) {
			t.Errorf("%s: wrong %v, well %v", name, wrong, well)
		}
	}
}
