package hosting

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// A delegation is edited as at a registrar, and held against what the child says.
func TestDelegationsAreComparedAndEdited(t *testing.T) {
	const fits = "12345 13 2 " + "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
	signed := map[lookup.Name]bool{our: true}
	w := newWorld(t, func(c *Config) {
		c.DS = func(zone lookup.Name) (_, _ []string) {
			if signed[zone] {
				return []string{fits}, nil
			}
			return nil, nil
		}
	})
	child := lookup.Name("new.example.test.")
	run, err := w.Register(child, ns1, ns2, "192.0.2.50")
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done
	faults := func() (out []string) {
		t.Helper()
		all, err := w.Delegations(our)
		if err != nil || len(all) != 1 || all[0].Child != child {
			t.Fatal(all, err)
		}
		for _, f := range all[0].Faults {
			text := f.Kind
			if f.Server != "" {
				text += " " + strings.SplitN(string(f.Server), ".", 2)[0]
			}
			if f.Addr.IsValid() {
				text += " " + f.Addr.String()
			}
			out = append(out, text)
		}
		return out
	}
	edit := func(servers, ds string) {
		t.Helper()
		run, err := w.EditDelegation(lookup.DelegationEdit{Parent: our, Child: child, Servers: servers, DS: ds, TTL: 300})
		if err != nil {
			t.Fatal(err)
		}
		<-run.Done
	}
	if got := faults(); len(got) != 0 {
		t.Errorf("as registered: %q", got)
	}
	for _, c := range []struct {
		servers, ds string
		signed      bool
		want        []string
	}{
		{"ns1.new.example.test 127.0.0.2\r\nns2.new.example.test 127.0.0.3", "", false, nil},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test.", "", false, []string{"glue.missing ns2"}},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 192.0.2.9", "", false, []string{"glue.stale ns2 192.0.2.9", "glue.short ns2 127.0.0.3", "nobody ns2 192.0.2.9"}},
		{"ns1.new.example.test. 127.0.0.2", "", false, []string{"ns.child ns2"}},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 127.0.0.3\nns.elsewhere.", "", false, []string{"ns.parent ns"}},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 127.0.0.3", "", true, []string{"ds.missing new"}},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 127.0.0.3", fits, true, nil},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 127.0.0.3", strings.Replace(fits, "0011", "FFFF", 1), true, []string{"ds.wrong new"}},
		{"ns1.new.example.test. 127.0.0.2\nns2.new.example.test. 127.0.0.3", fits, false, []string{"ds.unsigned new"}},
	} {
		signed[child] = c.signed
		edit(c.servers, c.ds)
		if got := faults(); !slices.Equal(got, c.want) {
			t.Errorf("%q %q: %q, want %q", c.servers, c.ds, got, c.want)
		}
	}
	// The referral says what was filled in.
	edit("ns1.new.example.test. 127.0.0.9", "")
	r := w.ask(ns1, "www.new.example.test.", dns.TypeA)
	if len(r.Answer) != 1 { // the server has the child too, and answers from there
		t.Errorf("%v", r)
	}
	text, _ := w.File(our)
	if !strings.Contains(text, "127.0.0.9") || strings.Contains(text, "DS") || strings.Contains(text, "ns2.new") {
		t.Errorf("the parent's file:\n%s", text)
	}
	for _, c := range []struct {
		servers, ds, code, field string
		line                     int
	}{
		{"\nns1.new.example.test. 127.0.0.999", "", "address", "servers", 2},
		{"a..b", "", "owner", "servers", 1},
		{"ns1.new.example.test.\nNS1.new.example.test.", "", "server.twice", "servers", 2},
		{"ns1.example.test. 127.0.0.2", "", "glue.outside", "servers", 1},
		{strings.Repeat("x\n", 1) + "ns.example.test.\n" + strings.Repeat(string(child)+"\n", 1), "nonsense", "data", "ds", 1},
		{"", fits, "server.none", "servers", 0},
	} {
		var wrong *lookup.ZoneMistake
		if _, err := w.EditDelegation(lookup.DelegationEdit{Parent: our, Child: child, Servers: c.servers, DS: c.ds, TTL: 300}); !errors.As(err, &wrong) || wrong.Code != c.code || wrong.Field != c.field || wrong.Line != c.line {
			t.Errorf("%q: %+v", c.servers, err)
		}
	}
	if _, err := w.EditDelegation(lookup.DelegationEdit{Parent: our, Child: "elsewhere.", Servers: "a"}); !errors.Is(err, ErrNoPlace) {
		t.Error(err)
	}
	// And taken back, all nine of them and the registration.
	for range w.Steps() {
		run, err := w.Undo()
		if err != nil {
			t.Fatal(err)
		}
		if run.Done != nil {
			<-run.Done
		}
	}
	if all, err := w.Delegations(our); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// A serial that is kept leaves a secondary behind for good.
func TestCopiesThatDriftApart(t *testing.T) {
	w := newWorld(t)
	text, err := w.File(our)
	if err != nil {
		t.Fatal(err)
	}
	run, err := w.Edit(our, strings.Replace(text, "192.0.2.1", "192.0.2.77", 1), false)
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done
	got, err := w.Apart(our)
	if err != nil || len(got) != 1 || got[0].Order != lookup.SerialSame || got[0].Records != 2 || got[0].Server != ns2 {
		t.Errorf("%+v, %v", got, err)
	}
	w.trace()
	text, _ = w.File(our)
	if run, err = w.Edit(our, text+"more A 192.0.2.5\n", true); err != nil {
		t.Fatal(err)
	}
	<-run.Done
	// The difference between two serials travels; what was changed under the old one is in none.
	if got, err = w.Apart(our); err != nil || got[0].Order != lookup.SerialSame || got[0].Records != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	w.trace()
	if err := w.Forget(our); err != nil { // the next transfer is of the whole zone, once there is no journal
		t.Fatal(err)
	}
	version := parse(t, strings.Replace(text, "192.0.2.1", "192.0.2.77", 1)+"last A 192.0.2.6\n").RRs()
	version[0].(*dns.SOA).Serial = 2026112900
	next, err := auth.NewZone(version)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = w.Put(next, false); err != nil {
		t.Fatal(err)
	}
	<-run.Done
	w.trace()
	if err := w.Forget(our); err != nil {
		t.Fatal(err)
	}
	if run, err = w.Refresh(our); err != nil {
		t.Fatal(err)
	}
	<-run.Done
	if got, err = w.Apart(our); err != nil || got[0].Order != lookup.SerialSame || got[0].Records != 0 {
		t.Errorf("after a transfer of the whole zone: %+v, %v", got, err)
	}
}
