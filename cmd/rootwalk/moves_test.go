package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// arranged does something to the zones of a lab and returns the walks of before
// and after.
func arranged(t *testing.T, in *labInternet, m room.ZoneMove) (before, after lookup.TraceFile) {
	t.Helper()
	under, x, err := in.Arrange(m)
	if err != nil {
		t.Fatalf("%s %s: %v", m.Do, m.Zone, err)
	}
	if under.Done != nil {
		<-under.Done
	}
	var files [2]lookup.TraceFile
	for i := range files {
		tr := lookup.NewTrace(lookup.TraceConfig{ID: fmt.Sprint("t", i), Network: "lab"})
		x.Run(t.Context(), tr.Root(), i == 1)
		tr.Finish()
		if err := lookuptest.CheckTrace(tr); err != nil {
			t.Errorf("%s, run %d: %v", m.Do, i, err)
		}
		files[i] = tr.File()
	}
	return files[0], files[1]
}

// fresh looks a name up with empty caches, in the lab itself.
func fresh(t *testing.T, in *labInternet, name lookup.Name) lookup.TraceFile {
	t.Helper()
	if err := in.Flush("all", "", 0); err != nil {
		t.Fatal(err)
	}
	return recorded(t, in, asks(name, lookup.TypeA))
}

// Zones on fewer servers and fewer cuts make a walk shorter, others longer: the
// walks say so, in the lab and in both runs that are compared.
func TestWalksFollowZonesAndCuts(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const www, zone = lookup.Name("www.example.co.kr."), lookup.Name("example.co.kr.")
	last := []string{".", "kr.", "example.co.kr."}
	step := func(m room.ZoneMove, want ...string) {
		t.Helper()
		m.Walk = www
		before, after := arranged(t, in, m)
		if got := asked(before); !slices.Equal(got, last) {
			t.Errorf("%s %s: before it asked %v, want %v", m.Do, m.Zone, got, last)
		}
		for _, f := range []lookup.TraceFile{after, fresh(t, in, www)} {
			if got := asked(f); !slices.Equal(got, want) {
				t.Errorf("%s %s: after it asked %v, want %v", m.Do, m.Zone, got, want)
			}
			if got := answerOf(f); !slices.Equal(got, []string{"203.0.113.10"}) {
				t.Errorf("%s %s: after it found %v", m.Do, m.Zone, got)
			}
		}
		last = want
	}
	step(room.ZoneMove{Do: "split", Zone: www}, ".", "kr.", "example.co.kr.") // the same servers have both
	step(room.ZoneMove{Do: "undo"}, ".", "kr.", "example.co.kr.")
	step(room.ZoneMove{Do: "split", Zone: www, Primary: "ns1.dnshost.net.", Secondary: "ns2.dnshost.net."}, ".", "kr.", "example.co.kr.", "www.example.co.kr.")
	step(room.ZoneMove{Do: "join", Zone: www}, ".", "kr.", "example.co.kr.")
	step(room.ZoneMove{Do: "join", Zone: zone}, ".", "kr.") // in co.kr now, which is beside kr
	step(room.ZoneMove{Do: "join", Zone: "co.kr."}, ".", "kr.")
	step(room.ZoneMove{Do: "split", Zone: zone, Primary: "ns1.shop.example.", Secondary: "ns2.shop.example."}, ".", "kr.", "example.co.kr.")
	step(room.ZoneMove{Do: "join", Zone: "kr."}, ".", "example.co.kr.") // the root has all of kr
	step(room.ZoneMove{Do: "resetAll"}, ".", "kr.", "example.co.kr.")

	// Both copies beside kr and co.kr: their servers know the answer at once.
	step(room.ZoneMove{Do: "move", Zone: zone, From: "ns1.example.co.kr.", To: "d.dns.kr."}, asked(moved(t, zone, "ns1.example.co.kr.", "d.dns.kr."))...)
	last = asked(fresh(t, in, www))
	_, after := arranged(t, in, room.ZoneMove{Do: "move", Zone: zone, From: "ns2.example.co.kr.", To: "e.dns.kr.", Walk: www})
	if got := answerOf(after); !slices.Equal(got, []string{"203.0.113.10"}) {
		t.Errorf("%v after asking %v", got, asked(after))
	}
	for _, p := range in.ZonePlaces() {
		if !p.Agrees() && p.Zone == zone {
			t.Errorf("%+v", p)
		}
	}
}

// moved is the walk in a lab of the same seed with one zone moved.
func moved(t *testing.T, zone, from, to lookup.Name) lookup.TraceFile {
	t.Helper()
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, after := arranged(t, in, room.ZoneMove{Do: "move", Zone: zone, From: from, To: to, Walk: "www.example.co.kr."})
	return after
}

// A delegation that is left behind is lame: servers that are named refuse, and
// the walk fails when all are gone, until the zone above follows.
func TestADelegationLeftBehindIsLame(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const zone, www = lookup.Name("shop.example."), lookup.Name("www.shop.example.")
	move := func(from, to lookup.Name) lookup.TraceFile {
		_, after := arranged(t, in, room.ZoneMove{Do: "move", Zone: zone, From: from, To: to, Leave: true, Walk: www})
		return after
	}
	move("ns1.shop.example.", "ns1.dnshost.net.")
	after := move("ns2.shop.example.", "ns2.dnshost.net.")
	if got := find[lookup.LameReceived](after); len(got) == 0 || finished(t, after).Rcode != lookup.RcodeServFail {
		t.Errorf("%d lame servers, %+v", len(got), finished(t, after))
	}
	place := func() lookup.ZonePlace {
		for _, p := range in.ZonePlaces() {
			if p.Zone == zone {
				return p
			}
		}
		return lookup.ZonePlace{}
	}
	if p := place(); p.Agrees() || len(p.Named) != 2 || p.Named[0].Serves || p.Named[1].Serves || !p.Own[0].Serves {
		t.Errorf("%+v", p)
	}
	_, after = arranged(t, in, room.ZoneMove{Do: "follow", Zone: zone, Walk: www})
	if got := answerOf(after); len(got) == 0 || !place().Agrees() {
		t.Errorf("%v, %+v", got, place())
	}
	if got := in.Census(); !slices.ContainsFunc(got, func(s room.NameServer) bool {
		return s.Name == "ns1.dnshost.net." && slices.Contains(s.Zones, zone)
	}) {
		t.Error("the list of servers does not follow")
	}
}

// A registry and a domain below it, as IANA and a registrar make them; a signed
// zone that is cut or joined stays one whose answers can be checked.
func TestNewTopLevelsAndSignedZones(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	address := netip.MustParseAddr("203.0.113.29")
	arranged(t, in, room.ZoneMove{Do: "tld", Zone: "xn--3e0b707e.", Primary: "d.dns.kr.", Secondary: "e.dns.kr.", Walk: "www.a.xn--3e0b707e."})
	_, after := arranged(t, in, room.ZoneMove{Do: "domain", Zone: "a.xn--3e0b707e.", Primary: "ns1.dnshost.net.", Secondary: "ns2.dnshost.net.", Address: address, Walk: "www.a.xn--3e0b707e."})
	if got := answerOf(after); !slices.Equal(got, []string{address.String()}) {
		t.Errorf("%v after asking %v", got, asked(after))
	}
	secure := func(name lookup.Name, want lookup.Security) {
		t.Helper()
		if err := in.Flush("all", "", 0); err != nil {
			t.Fatal(err)
		}
		ask := asks(name, lookup.TypeA)
		ask.DO = true
		f := recorded(t, in, ask)
		got := find[lookup.ChainJudged](f)
		if len(got) == 0 || got[len(got)-1].Verdict != want || len(answerOf(f)) == 0 {
			t.Errorf("%s: %+v, %v", name, got, answerOf(f))
		}
	}
	walk := lookup.Name("www.signed.example.")
	arranged(t, in, room.ZoneMove{Do: "join", Zone: "plain.signed.example.", Walk: walk})
	secure("www.plain.signed.example.", lookup.Secure) // in a signed zone now
	arranged(t, in, room.ZoneMove{Do: "join", Zone: "signed.example.", Walk: walk})
	secure(walk, lookup.Secure) // by the keys of example
	arranged(t, in, room.ZoneMove{Do: "split", Zone: "signed.example.", Primary: "ns1.shop.example.", Secondary: "ns2.shop.example.", Walk: walk})
	secure(walk, lookup.Secure) // its own keys again, and a DS
	arranged(t, in, room.ZoneMove{Do: "move", Zone: "signed.example.", From: "ns1.shop.example.", To: "ns1.c.test.", Walk: walk})
	secure(walk, lookup.Secure)
	arranged(t, in, room.ZoneMove{Do: "split", Zone: "plain.signed.example.", Walk: walk})
	secure("www.plain.signed.example.", lookup.Insecure) // a zone without keys again
}

// What makes no sense is told at its field, and changes nothing.
func TestMovesThatMakeNoSense(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const ns1, ns2 = lookup.Name("ns1.dnshost.net."), lookup.Name("ns2.dnshost.net.")
	address := netip.MustParseAddr("203.0.113.29")
	long := lookup.Name("")
	for range 60 {
		long += "a.b."
	}
	for _, c := range []struct {
		m           room.ZoneMove
		field, code string
	}{
		{room.ZoneMove{Do: "move", Zone: ".", From: "a.root-servers.net.", To: ns1}, "zone", "root"},
		{room.ZoneMove{Do: "move", Zone: "kr.", From: ns1, To: ns2}, "from", "absent"},
		{room.ZoneMove{Do: "move", Zone: "kr.", From: "d.dns.kr.", To: "e.dns.kr."}, "to", "there"},
		{room.ZoneMove{Do: "follow", Zone: "kr."}, "zone", "agrees"},
		{room.ZoneMove{Do: "join", Zone: "."}, "zone", "root"},
		{room.ZoneMove{Do: "split", Zone: "example.co.kr."}, "name", "apex"},
		{room.ZoneMove{Do: "split", Zone: "nobody.example.co.kr."}, "name", "nothing"},
		{room.ZoneMove{Do: "split", Zone: "blog.example.co.kr."}, "name", "alias"},
		{room.ZoneMove{Do: "split", Zone: "dead.test."}, "name", "delegated"},
		{room.ZoneMove{Do: "split", Zone: "www.example.co.kr.", Primary: ns1, Secondary: ns1}, "secondary", "same"},
		{room.ZoneMove{Do: "split", Zone: "www.example.co.kr.", Primary: "x.", Secondary: ns1}, "primary", "server"},
		{room.ZoneMove{Do: "recut", Zone: ".", Cut: "kr."}, "zone", "root"},
		{room.ZoneMove{Do: "recut", Zone: "example.co.kr.", Cut: "co.kr."}, "name", "apex"},
		{room.ZoneMove{Do: "recut", Zone: "example.co.kr.", Cut: "www.shop.example."}, "name", "outside"},
		{room.ZoneMove{Do: "recut", Zone: "example.co.kr.", Cut: "nobody.example.co.kr."}, "name", "nothing"},
		{room.ZoneMove{Do: "recut", Zone: "c.test.", Cut: "a.b.c.test."}, "name", "delegated"},
		{room.ZoneMove{Do: "tld", Zone: "kr.", Primary: ns1, Secondary: ns2}, "name", "taken"},
		{room.ZoneMove{Do: "tld", Zone: "onion.", Primary: ns1, Secondary: ns2}, "name", "special"},
		{room.ZoneMove{Do: "tld", Zone: "123.", Primary: ns1, Secondary: ns2}, "name", "digits"},
		{room.ZoneMove{Do: "tld", Zone: "a.b.", Primary: ns1, Secondary: ns2}, "name", "notTop"},
		{room.ZoneMove{Do: "tld", Zone: "-a.", Primary: ns1, Secondary: ns2}, "name", "letters"},
		{room.ZoneMove{Do: "tld", Zone: "a_b.", Primary: ns1, Secondary: ns2}, "name", "letters"},
		{room.ZoneMove{Do: "tld", Zone: `a\000b.`, Primary: ns1, Secondary: ns2}, "name", "letters"},
		{room.ZoneMove{Do: "tld", Zone: "xn--a.", Primary: ns1, Secondary: ns2}, "name", "alabel"},
		{room.ZoneMove{Do: "tld", Zone: "ab--c.", Primary: ns1, Secondary: ns2}, "name", "hyphens"},
		{room.ZoneMove{Do: "tld", Zone: ".", Primary: ns1, Secondary: ns2}, "name", "root"},
		{room.ZoneMove{Do: "domain", Zone: "shop.", Primary: ns1, Secondary: ns2, Address: address}, "name", "top"},
		{room.ZoneMove{Do: "domain", Zone: "a.nowhere.", Primary: ns1, Secondary: ns2, Address: address}, "name", "noRegistry"},
		{room.ZoneMove{Do: "domain", Zone: "www.example.co.kr.", Primary: ns1, Secondary: ns2, Address: address}, "name", "taken"},
		{room.ZoneMove{Do: "domain", Zone: "x.dead.test.", Primary: ns1, Secondary: ns2, Address: address}, "name", "delegated"},
	} {
		_, _, err := in.Arrange(c.m)
		var wrong *room.PlaceError
		if !errors.As(err, &wrong) || wrong.Field != c.field || wrong.Code != c.code {
			t.Errorf("%s %s: %v, want %s %s", c.m.Do, c.m.Zone, err, c.field, c.code)
		}
	}
	for _, m := range []room.ZoneMove{{Do: "join", Zone: long}, {Do: "fly"}, {Do: "undo"}, {Do: "move", Zone: "kr.", From: "d.dns.kr.", To: "nobody."}} {
		if _, _, err := in.Arrange(m); err == nil {
			t.Errorf("%s %s is done", m.Do, m.Zone)
		}
	}
	if !in.operator.Edits().None() || len(in.ZoneEdits()) != 0 {
		t.Error("something was changed")
	}
	for i := 0; ; i++ { // as many new zones as there may be
		_, _, err := in.Arrange(room.ZoneMove{Do: "tld", Zone: lookup.Name(fmt.Sprintf("new%c.", 'a'+rune(i))), Primary: ns1, Secondary: ns2})
		var wrong *room.PlaceError
		if errors.As(err, &wrong) && wrong.Code == "full" && i == wrong.Size {
			break
		}
		if err != nil && !errors.Is(err, room.ErrBusy) || i > 100 {
			t.Fatal(i, err)
		}
		if err != nil {
			i--
		}
	}
}

// The form is a stranger's: what it sends comes back with words or with an error,
// escaped, and the server goes on.
func TestHostileMoves(t *testing.T) {
	s := startSite(t)
	long := strings.Repeat("a.", 600)
	for _, c := range []struct {
		status int
		form   url.Values
	}{
		{http.StatusUnprocessableEntity, url.Values{"do": {"tld"}, "zone": {"<script>alert(1)</script>"}, "primary": {"a.dns.org."}, "secondary": {"b.dns.org."}}},
		{http.StatusUnprocessableEntity, url.Values{"do": {"tld"}, "zone": {long}}},
		{http.StatusUnprocessableEntity, url.Values{"do": {"tld"}, "zone": {"ok"}, "primary": {"\u202e"}, "secondary": {"b.dns.org."}}},
		{http.StatusUnprocessableEntity, url.Values{"do": {"domain"}, "zone": {"a.example"}, "address": {"fe80::1%eth0"}}},
		{http.StatusUnprocessableEntity, url.Values{"do": {"domain"}, "zone": {"a.example"}, "address": {"::ffff:1.2.3.4"}}},
		{http.StatusUnprocessableEntity, url.Values{"cut": {"split " + long}}},
		{http.StatusUnprocessableEntity, url.Values{"cut": {"join ."}, "walk": {long}}},
		{http.StatusUnprocessableEntity, url.Values{"do": {"move"}, "zone": {"kr"}, "from": {"\x00"}, "to": {""}}},
		{http.StatusNotFound, url.Values{"do": {"move"}, "zone": {"nobody.kr"}, "from": {"d.dns.kr."}, "to": {"ns1.c.test."}}},
		{http.StatusBadRequest, url.Values{"do": {"fly"}, "zone": {"kr"}}},
		{http.StatusConflict, url.Values{"do": {"undo"}}},
		{http.StatusRequestEntityTooLarge, url.Values{"do": {"tld"}, "zone": {strings.Repeat("x", 1<<20)}}},
	} {
		r, body := s.do(http.MethodPost, "/moves", "application/x-www-form-urlencoded", c.form.Encode())
		if r.StatusCode != c.status {
			t.Errorf("%.60q: %s, want %d", c.form.Encode(), r.Status, c.status)
		}
		if strings.Contains(body, "<script>alert") {
			t.Error("what was typed is markup")
		}
	}
	for _, query := range []string{"name=" + long, "name=%00", "left=nobody&right=nobody", "left=example&right=example"} {
		if r, _ := s.get("/lookups/example/moves?" + query); r.StatusCode != http.StatusOK {
			t.Errorf("%.40s: %s", query, r.Status)
		}
	}
}

// A cut that is moved is one edit: the zone's servers keep what is below it, and
// what lies between goes to the zone above. Taking it back is one step.
func TestACutIsMoved(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const www, zone = lookup.Name("www.example.co.kr."), lookup.Name("example.co.kr.")
	_, after := arranged(t, in, room.ZoneMove{Do: "recut", Zone: zone, Cut: www, Walk: www})
	if got := asked(after); !slices.Equal(got, []string{".", "kr.", "www.example.co.kr."}) || !slices.Equal(answerOf(after), []string{"203.0.113.10"}) {
		t.Errorf("%v, %v", got, answerOf(after))
	}
	if got := asked(fresh(t, in, "mail.example.co.kr.")); !slices.Equal(got, []string{".", "kr."}) {
		t.Errorf("what is above the cut now: asked %v", got)
	}
	for _, p := range in.ZonePlaces() {
		if p.Zone == zone || p.Zone == www && (!p.Agrees() || !slices.Equal(p.At, []lookup.Name{"ns1.example.co.kr.", "ns2.example.co.kr."})) {
			t.Errorf("%+v", p)
		}
	}
	arranged(t, in, room.ZoneMove{Do: "recut", Zone: www, Cut: zone, Walk: www})
	if got := asked(fresh(t, in, "mail.example.co.kr.")); !slices.Equal(got, []string{".", "kr.", "example.co.kr."}) {
		t.Errorf("back again: asked %v", got)
	}
	arranged(t, in, room.ZoneMove{Do: "undo", Walk: www})
	arranged(t, in, room.ZoneMove{Do: "undo", Walk: www})
	if steps := in.ZoneEdits(); len(steps) != 0 {
		t.Errorf("%v", steps)
	}
	if got := asked(fresh(t, in, www)); !slices.Equal(got, []string{".", "kr.", "example.co.kr."}) {
		t.Errorf("undone: asked %v", got)
	}
	arranged(t, in, room.ZoneMove{Do: "recut", Zone: "x.y.test.", Cut: "w.x.y.test.", Walk: "w.x.y.test."})
	if got := asked(fresh(t, in, "w.x.y.test.")); !slices.Equal(got, []string{".", "test.", "y.test.", "w.x.y.test."}) {
		t.Errorf("asked %v", got)
	}
}

// Each goal of the lab can be reached from where it was shipped, in as many edits
// as the page says, and by the walk's facts alone; it is not reached before.
func TestEveryWalkGoalCanBeReached(t *testing.T) {
	const ns1, ns2 = lookup.Name("ns1.dnshost.net."), lookup.Name("ns2.dnshost.net.")
	split := func(zone, first, second lookup.Name) room.ZoneMove {
		return room.ZoneMove{Do: "split", Zone: zone, Primary: first, Secondary: second}
	}
	join := func(zone lookup.Name) room.ZoneMove { return room.ZoneMove{Do: "join", Zone: zone} }
	ways := map[string][]room.ZoneMove{
		"www.example.co.kr. 2": {join("example.co.kr.")},
		"www.example.co.kr. 4": {split("www.example.co.kr.", ns1, ns2)},
		"a.b.c.test. 4":        {split("a.b.c.test.", ns1, ns2)},
		"w.x.y.test. 2":        {join("x.y.test."), join("y.test.")},
		"www.example.co.kr. 5": {join("co.kr."), split("co.kr.", "ns1.shop.example.", "ns2.shop.example."), split("www.example.co.kr.", ns1, ns2)},
		"www.shop.example. 1":  {join("shop.example."), join("example.")},
	}
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, g := range in.WalkGoals() {
		way := ways[fmt.Sprint(g.Name, " ", g.Exchanges)]
		if len(way) == 0 || len(way) != g.Edits {
			t.Errorf("%s in %d: %d edits are said to be enough, the way has %d", g.Name, g.Exchanges, g.Edits, len(way))
			continue
		}
		for i, m := range way {
			m.Walk = g.Name
			before, after := arranged(t, in, m)
			if state, n := g.Judge(before.Events); state == lookup.GoalReached || state == lookup.GoalOther {
				t.Errorf("%s in %d: %s before edit %d, by %d exchanges", g.Name, g.Exchanges, state, i+1, n)
			}
			if state, n := g.Judge(after.Events); (state == lookup.GoalReached) != (i == len(way)-1) {
				t.Errorf("%s in %d: %s after edit %d, by %d exchanges, asking %v", g.Name, g.Exchanges, state, i+1, n, asked(after))
			}
		}
		if _, _, err := in.Arrange(room.ZoneMove{Do: "resetAll"}); err != nil {
			t.Fatal(err)
		}
	}
	g := lookup.WalkGoal{Name: "www.example.co.kr.", Exchanges: 3}
	if state, _ := g.Judge(fresh(t, in, g.Name).Events); state != lookup.GoalOther {
		t.Errorf("a lookup of the room's own, which may begin with caches: %s", state)
	}
	_, x, err := in.Arrange(room.ZoneMove{Do: "walk", Walk: g.Name})
	if err != nil {
		t.Fatal(err)
	}
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "t", Network: "lab"})
	x.Run(t.Context(), tr.Root(), false)
	tr.Finish()
	if state, n := g.Judge(tr.File().Events); state != lookup.GoalReached || n != 3 || len(in.ZoneEdits()) == 0 {
		t.Errorf("a walk without an edit: %s, %d", state, n)
	}
}
