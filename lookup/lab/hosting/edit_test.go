package hosting

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

func TestAZoneFileIsEdited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.File = func(string) (string, bool) { return zoneText, true } })
	text, err := w.File(our)
	if err != nil || text != zoneText || len(w.Steps()) != 0 {
		t.Fatal(text, w.Steps(), err)
	}
	if _, err := w.Edit(our, strings.Replace(text, "192.0.2.1", "192.0.2.77", 1), true); err != nil {
		t.Fatal(err)
	}
	if f := find[lookup.RefreshFinished](t, w.trace()); f.Outcome != "updated" || f.Copy.Serial != 2026112800 {
		t.Errorf("%+v", f)
	}
	if got := w.ask(ns2, "www.example.test.", dns.TypeA).Answer[0].(*dns.A).A.String(); got != "192.0.2.77" {
		t.Errorf("the secondary says %s", got)
	}
	text, _ = w.File(our)
	if len(w.Steps()) != 1 || !strings.Contains(text, "2026112800") || !strings.Contains(text, "192.0.2.77") {
		t.Errorf("%v: %s", w.Steps(), text)
	}
	// Going back is a version of its own.
	if _, err := w.Undo(); err != nil {
		t.Fatal(err)
	}
	if f := find[lookup.ZoneChanged](t, w.trace()); f.To != 2026112801 || len(f.Added) != 1 || f.Added[0].Data != "192.0.2.1" {
		t.Errorf("%+v", f)
	}
	if _, err := w.Undo(); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	// Mistakes have a line, and change nothing.
	for _, c := range []struct {
		text string
		line int
	}{
		{strings.Replace(zoneText, "www A 192.0.2.1", "www A 192.0.2.300", 1), 8},
		{strings.Replace(zoneText, "www A", "www CNAME ns1\nwww A", 1), 9},
		{strings.Replace(zoneText, "example.test", "other.test", 1), 1},
		{strings.Repeat("; long\n", MaxFile), 0},
	} {
		var wrong *lookup.ZoneMistake
		if _, err := w.Edit(our, c.text, true); !errors.As(err, &wrong) || wrong.Line != c.line || wrong.Text == "" {
			t.Errorf("%.60q: %v, want line %d", c.text, err, c.line)
		}
	}
	if s, _ := w.State(our); s.Copies[0].Serial != 2026112801 {
		t.Errorf("a mistake changed the zone: %+v", s.Copies[0])
	}
}

// A domain is registered below a zone of ours: a referral leads to it at once.
func TestADomainIsRegistered(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Register("new.example.test.", ns1, ns2, "192.0.2.50"); err != nil {
		t.Fatal(err)
	}
	if f := find[lookup.ZoneChanged](t, w.trace()); f.Zone != our || len(f.Added) != 4 {
		t.Errorf("%+v", f)
	}
	for _, s := range []lookup.Name{ns1, ns2} {
		if r := w.ask(s, "www.new.example.test.", dns.TypeA); len(r.Answer) != 1 || !r.Authoritative {
			t.Errorf("%s says %v", s, r)
		}
	}
	if r := w.ask(ns2, "new.example.test.", dns.TypeDS); r.Rcode != dns.RcodeSuccess || len(r.Ns) == 0 { // the parent's to say
		t.Errorf("the parent says %v", r)
	}
	for want, name := range map[error]lookup.Name{ErrTaken: "new.example.test.", ErrNoPlace: "elsewhere."} {
		if _, err := w.Register(name, ns1, ns2, "192.0.2.50"); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
