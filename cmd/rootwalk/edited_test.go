package main

import (
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
