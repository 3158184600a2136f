package main

import (
	"testing"

	"rootwalk/lookup"
)

// Forged responses are real packets: without defences some are believed, with
// them none is.
func TestTheSpoofRace(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	race := func(d lookup.Defences, races, packets int) lookup.SpoofResult {
		t.Helper()
		r, trace, err := in.Spoof(t.Context(), lookup.SpoofSeries{Defences: d, Races: races, Packets: packets})
		if err != nil {
			t.Fatal(err)
		}
		if r.Sent != races*packets || r.InTime == 0 || r.InTime > r.Sent || r.Both > r.InTime || len(trace.Events) == 0 {
			t.Errorf("%+v: %+v", d, r)
		}
		if (r.Won > 0) != poisoned(trace.Events) {
			t.Errorf("%+v: %d won, and the trace tells another story", d, r.Won)
		}
		t.Logf("%+v: %d of %d in time, %d right port, %d right ID, %d both, won %d of %d, chance %.3g of one in %.0f", d, r.InTime, r.Sent, r.Port, r.ID, r.Both, r.Won, races, r.Chance(), r.Guesses)
		return r
	}
	if r := race(lookup.Defences{}, 8, 300); r.Won == 0 || r.Port != r.InTime {
		t.Errorf("without a defence nobody was deceived: %+v", r)
	}
	if r := race(lookup.Defences{IDs: true}, 3, 400); r.Port != r.InTime || r.ID > r.InTime/50 {
		t.Errorf("random IDs: %+v", r)
	}
	if r := race(lookup.Defences{Ports: true}, 3, 400); r.ID == 0 || r.Port > r.InTime/50 {
		t.Errorf("random ports: %+v", r)
	}
	for _, d := range []lookup.Defences{{IDs: true, Ports: true}, {Case: true}, {Cookies: true}, {DNSSEC: true}} {
		if r := race(d, 4, 300); r.Won > 0 {
			t.Errorf("%+v: deceived", d)
		}
	}
	// The room's own lab has heard nothing of it.
	for _, c := range in.Snapshots() {
		if len(c.Entries) > 0 {
			t.Errorf("%s has %d entries", c.Cache, len(c.Entries))
		}
	}
}
