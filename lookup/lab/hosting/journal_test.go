package hosting

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// What was done is taken back step by step, across zones and servers; what fails
// half way leaves nothing behind.
func TestEditsAreTakenBack(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.File = func(zone string) (string, bool) { return zoneText, zone == string(our) } })
	address := func(server lookup.Name, name string) string {
		t.Helper()
		r := w.ask(server, name, dns.TypeA)
		if len(r.Answer) == 0 {
			return dns.RcodeToString[r.Rcode]
		}
		return r.Answer[0].(*dns.A).A.String()
	}
	done := func(run Run, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if run.Done != nil {
			<-run.Done
			w.trace()
		}
	}
	done(w.Register("new.example.test.", ns1, ns2, "192.0.2.50"))
	text, err := w.File(our)
	if err != nil {
		t.Fatal(err)
	}
	done(w.Edit(our, strings.Replace(text, "192.0.2.1", "192.0.2.77", 1), true))
	if got := w.Steps(); len(got) != 2 || got[0].Do != "save" || got[1].Do != "register" || got[1].What != "new.example.test" {
		t.Errorf("%+v", got)
	}

	done(w.Undo())
	if got := address(ns2, "www.example.test."); got != "192.0.2.1" {
		t.Errorf("after the first step back: %s", got)
	}
	if got := address(ns2, "www.new.example.test."); got != "192.0.2.50" {
		t.Errorf("the older edit is gone too: %s", got)
	}
	if s, _ := w.State(our); s.Copies[0].Serial != 2026112802 || s.Copies[1].Serial != 2026112802 { // register, save, and back
		t.Errorf("going back is no newer version: %+v", s.Copies)
	}
	done(w.Undo())
	if got := address(ns1, "www.new.example.test."); got != "NXDOMAIN" {
		t.Errorf("the registered zone is still there: %s", got)
	}
	if z := w.Zones(); len(z) != 1 {
		t.Errorf("%v", z)
	}
	if _, err := w.Undo(); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}

	// A new zone and a change of the one above, then all as shipped, and that back.
	done(w.Register("new.example.test.", ns1, ns2, "192.0.2.50"))
	done(w.ResetAll())
	if got := address(ns2, "www.new.example.test."); got != "NXDOMAIN" {
		t.Errorf("after the reset: %s", got)
	}
	done(w.Undo())
	if got := address(ns2, "www.new.example.test."); got != "192.0.2.50" {
		t.Errorf("the reset taken back: %s", got)
	}

	// An edit of several parts fails at its last.
	broken := errors.New("broken")
	before := w.Edits().now
	w.mu.Lock()
	_, err = w.alter(Edited{Do: "test", Zone: our}, func() (*run, error) {
		if err := w.add("other.example.test.", parse(t, strings.Replace(zoneText, "example.test", "other.example.test", 1)), "", w.sites[ns1]); err != nil {
			return nil, err
		}
		return nil, broken
	})
	w.mu.Unlock()
	if !errors.Is(err, broken) || len(w.Zones()) != 2 || len(w.Steps()) != 1 {
		t.Errorf("%v: %v, %v", err, w.Zones(), w.Steps())
	}
	if (Edits{shipped: before, now: w.Edits().now}).None() != true {
		t.Error("something of the edit stayed")
	}
}

// The edits of one lab are made in another: the same answers, on each server.
func TestEditsAreRepeatedElsewhere(t *testing.T) {
	file := func(c *Config) { c.File = func(zone string) (string, bool) { return zoneText, zone == string(our) } }
	a := newWorld(t, file)
	if !a.Edits().None() {
		t.Error("nothing was edited yet")
	}
	run, err := a.Edit(our, strings.Replace(zoneText, "192.0.2.1", "192.0.2.77", 1), false)
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done // the serial was kept: the secondary does not know
	if run, err = a.Register("new.example.test.", ns1, ns2, "192.0.2.50"); err != nil {
		t.Fatal(err)
	}
	<-run.Done
	edits := a.Edits()
	zone := func(w *world, server lookup.Name) *auth.Zone {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.sites[server].copies[our].zone
	}
	want := [2]*auth.Zone{zone(a, ns1), zone(a, ns2)}
	a.Close()
	for _, s := range a.servers {
		s.Close()
	}
	b := newWorld(t, file)
	if err := b.Repeat(edits); err != nil {
		t.Fatal(err)
	}
	for i, server := range []lookup.Name{ns1, ns2} {
		if got := zone(b, server); write(got) != write(want[i]) {
			t.Errorf("%s has\n%s\nnot\n%s", server, write(got), write(want[i]))
		}
		if r := b.ask(server, "www.new.example.test.", dns.TypeA); len(r.Answer) != 1 {
			t.Errorf("%s says %v", server, r)
		}
	}
	if len(b.Steps()) != 0 {
		t.Error("there is something to take back")
	}
}
