package main

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

var address = netip.MustParseAddr("203.0.113.99")

// edited makes the zones of a lab others: an address of www.example.co.kr that no
// shipped zone has, and a domain that is new.
func edited(t *testing.T, in *labInternet) {
	t.Helper()
	text, err := in.ZoneFile("example.co.kr.")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(text, "203.0.113.10\n", "203.0.113.77\n")
	if changed == text {
		t.Fatal("the zone is another")
	}
	for _, e := range []room.ZoneEdit{
		{Do: "save", Zone: "example.co.kr.", Text: changed, Raise: true},
		{Do: "register", Zone: "mine.co.kr.", Primary: "ns1.dnshost.net.", Secondary: "ns2.dnshost.net.", Address: address},
	} {
		under, err := in.Edit(e)
		if err != nil {
			t.Fatal(err)
		}
		<-under.Done
	}
}

// An experiment runs both sides on the zones of the room, also in the textbook's
// internet, whose zones are cut otherwise; the room's faults are there too.
func TestExperimentsCarryTheEditsOfARoom(t *testing.T) {
	in, err := openLab(labConfig{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	edited(t, in)
	for name, want := range map[lookup.Name]string{"www.example.co.kr.": "203.0.113.77", "www.mine.co.kr.": address.String()} {
		of := recorded(t, in, asks(name, lookup.TypeA))
		for _, change := range []string{"cold", "flat", "minimise", "do"} {
			base, changed := experimented(t, in, of, change, true)
			for i, f := range []lookup.TraceFile{base, changed} {
				if got := answerOf(f); !slices.Contains(got, want) {
					t.Errorf("%s, %s, run %d: %v, want %s", name, change, i, got, want)
				}
			}
		}
	}
	of := recorded(t, in, asks("www.example.co.kr.", lookup.TypeA))
	silent := []lookup.Fault{{Kind: lookup.FaultRefused, At: "server:ns1.example.co.kr"}, {Kind: lookup.FaultRefused, At: "server:ns2.example.co.kr"}}
	if err := in.SetFaults(silent...); err != nil {
		t.Fatal(err)
	}
	base, changed := experimented(t, in, of, "minimise", true)
	for i, f := range []lookup.TraceFile{base, changed} {
		if got := answerOf(f); len(got) != 0 {
			t.Errorf("run %d, whose zone's servers refuse: %v", i, got)
		}
	}
}

// answerOf is the data of the records that a lookup ended with.
func answerOf(f lookup.TraceFile) (data []string) {
	for _, e := range find[lookup.LookupFinished](f) {
		for _, r := range e.Records {
			data = append(data, r.Data)
		}
	}
	return data
}

// find are the facts of one type.
func find[F lookup.Fact](f lookup.TraceFile) (out []F) {
	for _, e := range f.Events {
		if x, ok := e.Fact.(F); ok {
			out = append(out, x)
		}
	}
	return out
}

// A lab that was exported is imported into a fresh one: the same answers, and the
// same things broken. A file that cannot be is refused before anything changes.
func TestALabGoesAsAFile(t *testing.T) {
	from, err := openLab(labConfig{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	fresh, err := openLab(labConfig{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	shipped := fresh.ExportLab(true)
	if again := from.ExportLab(true); again != shipped {
		t.Error("two labs as shipped are not the same file")
	}
	edited(t, from)
	fault := lookup.Fault{Kind: lookup.FaultLoss, At: "link:web", Amount: 20}
	if err := from.SetFaults(fault); err != nil {
		t.Fatal(err)
	}
	text := from.ExportLab(true)
	if strings.Contains(from.ExportLab(false), "\nfault ") {
		t.Error("what a riddle hides is in the file")
	}

	for name, broken := range map[string]string{
		"a fault that is not there": strings.Replace(text, "\nfault loss link:web", "\nfault loss link:moon", 1),
		"a fault of another kind":   strings.Replace(text, "\nfault loss", "\nfault lame", 1),
		"no end":                    strings.TrimSuffix(text, "end\n"),
		"a bad record":              strings.Replace(text, "203.0.113.77", "203.0.113.777", 1),
	} {
		var wrong *lookup.ZoneMistake
		if err := fresh.ImportLab(broken); !errors.As(err, &wrong) || wrong.Line == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fresh.ExportLab(true) != shipped {
		t.Error("what was refused changed something")
	}
	// What the caches know from before is gone with it.
	recorded(t, fresh, asks("www.example.co.kr.", lookup.TypeA))
	if err := fresh.ImportLab(text); err != nil {
		t.Fatal(err)
	}
	for _, name := range []lookup.Name{"www.example.co.kr.", "www.mine.co.kr.", "www.chain.example.", "nothing.example."} {
		a, b := recorded(t, from, asks(name, lookup.TypeA)), recorded(t, fresh, asks(name, lookup.TypeA))
		x, y := answerOf(a), answerOf(b)
		slices.Sort(x)
		slices.Sort(y)
		if !slices.Equal(x, y) || find[lookup.LookupFinished](a)[0].Rcode != find[lookup.LookupFinished](b)[0].Rcode {
			t.Errorf("%s: %v there, %v here", name, x, y)
		}
	}
	if got := fresh.Faults(); !slices.Equal(got, []lookup.Fault{fault}) {
		t.Errorf("%v", got)
	}
	if got := fresh.ExportLab(true); got != text {
		t.Error("exported again, it is another file")
	}
	if _, err := fresh.Edit(room.ZoneEdit{Do: "undo"}); err != nil {
		t.Fatal(err)
	}
	if got := answerOf(recordedFresh(t, fresh, "www.example.co.kr.")); !slices.Equal(got, []string{"203.0.113.10"}) {
		t.Errorf("the import taken back: %v", got)
	}
}

// recordedFresh is a lookup from empty caches.
func recordedFresh(t *testing.T, in *labInternet, name lookup.Name) lookup.TraceFile {
	in.Afresh()
	return recorded(t, in, asks(name, lookup.TypeA))
}
