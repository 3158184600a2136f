package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// The DS that the parent's servers make of a child's key is withdrawn: the absence
// is proved, and the child is insecure. Put back, and it is secure again. All
// servers of the parent have copied what stands in its file.
func TestADSIsWithdrawnAndPutBack(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const child, www = lookup.Name("signed.example."), lookup.Name("www.signed.example.")
	delegation := func() lookup.Delegation {
		all, err := in.Delegations("example.")
		if err != nil {
			t.Fatal(err)
		}
		return all[slices.IndexFunc(all, func(d lookup.Delegation) bool { return d.Child == child })]
	}
	edit := func(e lookup.DelegationEdit) error {
		t.Helper()
		d := delegation()
		e.Child, e.TTL = child, d.TTLSec
		for _, s := range d.Servers {
			e.Servers += string(s.Name)
			for _, a := range s.Glue {
				e.Servers += " " + a.String()
			}
			e.Servers += "\n"
		}
		under, err := in.Edit(room.ZoneEdit{Do: "delegation", Zone: "example.", Delegation: e})
		if err == nil {
			<-under.Done
		}
		return err
	}
	judged := func() lookup.Security {
		t.Helper()
		if err := in.Flush("all", "", 0); err != nil {
			t.Fatal(err)
		}
		ask := asks(www, lookup.TypeA)
		ask.DO = true
		f := recorded(t, in, ask)
		all := find[lookup.ChainJudged](f)
		if len(all) == 0 || len(answerOf(f)) == 0 {
			t.Fatalf("%v, %v", all, answerOf(f))
		}
		return all[len(all)-1].Verdict
	}
	if d := delegation(); !d.Made || d.Withdrawn || len(d.Faults) != 0 || judged() != lookup.Secure {
		t.Errorf("in the beginning: %+v", d)
	}
	var wrong *lookup.ZoneMistake
	if err := edit(lookup.DelegationEdit{NoDS: true, DS: delegation().DS[0]}); !errors.As(err, &wrong) || wrong.Field != "ds" || wrong.Code != "ds.both" {
		t.Errorf("one and the other: %v", err)
	}
	if err := edit(lookup.DelegationEdit{NoDS: true}); err != nil {
		t.Fatal(err)
	}
	if d := delegation(); d.Made || !d.Withdrawn || len(d.DS) != 0 || len(d.Faults) != 1 || d.Faults[0].Kind != "ds.missing" {
		t.Errorf("withdrawn: %+v", d)
	}
	if got := judged(); got != lookup.Insecure {
		t.Errorf("without a DS it is %s", got)
	}
	apart, err := in.Apart("example.")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range apart {
		if c.Records != 0 {
			t.Errorf("%s has another version", c.Server)
		}
	}
	if text := in.ExportLab(false); !strings.Contains(text, "0 0 0 00") {
		t.Error("the lab file does not say so")
	}
	for _, back := range []func() error{func() error { return edit(lookup.DelegationEdit{}) }, func() error {
		under, err := in.Edit(room.ZoneEdit{Do: "undo", Zone: "."})
		if err == nil {
			<-under.Done // until the secondaries have it too
		}
		return err
	}} {
		if err := back(); err != nil {
			t.Fatal(err)
		}
		want, made := lookup.Secure, true
		if len(in.ZoneEdits()) == 1 { // the second is taken back
			want, made = lookup.Insecure, false
		}
		if d, got := delegation(), judged(); d.Made != made || got != want {
			t.Errorf("%s, %+v", got, d)
		}
	}
	// At a cut, nothing else of the child's may stand in the parent's file.
	text, err := in.ZoneFile("example.")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"signed.example. CDS 1 8 2 00", "www.signed.example. CDS 0 0 0 00"} {
		if _, err := in.Edit(room.ZoneEdit{Do: "save", Zone: "example.", Text: text + "\n" + line + "\n", Raise: true}); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// What cannot be registered is told at its field, as where zones are moved.
func TestARegistrationThatCannotBe(t *testing.T) {
	in, err := openLab(labConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, c := range []struct {
		name, primary lookup.Name
		field, code   string
	}{
		{"www.example.co.kr.", "ns1.dnshost.net.", "name", "taken"},
		{"a.nowhere.", "ns1.dnshost.net.", "name", "noRegistry"},
		{"a_b.example.", "ns1.dnshost.net.", "name", "letters"},
		{"new.example.", "ns2.dnshost.net.", "secondary", "same"},
		{"new.example.", "nobody.", "primary", "server"},
	} {
		_, err := in.Edit(room.ZoneEdit{Do: "register", Zone: c.name, Primary: c.primary, Secondary: "ns2.dnshost.net.", Address: address})
		var wrong *room.PlaceError
		if !errors.As(err, &wrong) || wrong.Field != c.field || wrong.Code != c.code {
			t.Errorf("%s: %v, want %s %s", c.name, err, c.field, c.code)
		}
	}
}
