package main

import (
	"slices"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/templates"
)

// A site of the lab over TLS: the certificate comes from the lab's own root,
// every check passes, every record opens, and the whole is one trace.
func TestJourneyOverTLS(t *testing.T) {
	events := openURL(t, "https://www.example.co.kr/")
	var end *lookup.HandshakeFinished
	finished, checks := 0, map[string]bool{}
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.HandshakeFinished:
			end = &f
		case lookup.FinishedCompared:
			if finished++; !f.Equal {
				t.Errorf("%+v", f)
			}
		case lookup.CertificateChecked:
			if checks[f.Check] = true; !f.Passed {
				t.Errorf("%+v", f)
			}
		case lookup.FragmentExchanged:
			if f.Epoch != "plain" && f.Type == "application_data" && !f.Opened {
				t.Errorf("record %d of the %s stayed closed", f.Number, f.From)
			}
		}
	}
	if end == nil || end.Outcome != "done" || end.Version != "1.3" || end.ALPN != "h2" || finished != 2 {
		t.Errorf("%+v, %d Finished", end, finished)
	}
	for _, c := range lookup.CertificateChecks() {
		if !checks[c] {
			t.Errorf("no check %s", c)
		}
	}
	if last, ok := events[len(events)-1].Fact.(lookup.JourneyFinished); !ok || last.Outcome != "done" {
		t.Errorf("%+v", events[len(events)-1].Fact)
	}
}

// What is wrong about each broken site, and what the device does about it.
func TestBrokenSites(t *testing.T) {
	want := map[string]struct{ failed, outcome string }{
		"expired": {"notAfter", "certificate"}, "notyet": {"notBefore", "certificate"}, "wrong": {"name", "certificate"}, "self": {"anchor", "certificate"},
		"unknown": {"anchor", "certificate"}, "gap": {"anchor", "certificate"}, "usage": {"usage", "certificate"}, "weak": {"algorithm", "certificate"},
		"old": {"", "alert"}, "tls12": {"", "done"},
	}
	if offered := slices.Sorted(slices.Values(templates.BrokenSites)); !slices.Equal(offered, slices.Sorted(slices.Values(lab.Broken()))) || lab.BrokenName("x") != "x"+templates.BrokenUnder {
		t.Errorf("the sheet offers %q below %s", offered, templates.BrokenUnder)
	}
	for _, label := range lab.Broken() {
		w, ok := want[label]
		if !ok {
			t.Errorf("nobody says what %s does", label)
			continue
		}
		t.Run(label, func(t *testing.T) {
			var failed []string
			outcome := ""
			events := openURL(t, "https://"+lab.BrokenName(label)+"/")
			for _, e := range events {
				switch f := e.Fact.(type) {
				case lookup.HandshakeFinished:
					outcome = f.Outcome
				case lookup.CertificateChecked:
					if !f.Passed {
						failed = append(failed, f.Check)
					}
				}
			}
			if outcome != w.outcome || (w.failed == "") != (len(failed) == 0) || w.failed != "" && !slices.Contains(failed, w.failed) {
				t.Errorf("%s, failed checks %q", outcome, failed)
			}
			last, _ := events[len(events)-1].Fact.(lookup.JourneyFinished)
			if (last.Outcome == "done") != (outcome == "done") {
				t.Errorf("%+v", last)
			}
		})
	}
}
