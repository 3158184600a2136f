package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/predict"
)

// What is asked in the course of journeys, and what came true.
func TestDecisionsOfJourneys(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, c := range []struct {
		version, url string
		want         []string
	}{
		{"", "https://www.example.co.kr/page", []string{"connect=connect.none", "secure=secure.name www.example.co.kr", "resource=resource.same"}},
		{"1.0", "http://www.example.co.kr/page", []string{"connect=connect.none", "resource=resource.new"}},
		{"", "http://www.example.co.kr/redirect/302", []string{"connect=connect.none", "redirect=redirect.follow"}},
		{"", "http://www.example.co.kr/loop", []string{"connect=connect.none", "redirect=redirect.follow"}},
		{"", "http://www.example.co.kr/elsewhere", []string{"connect=connect.none", "redirect=redirect.stop"}},
		{"", "http://www.example.co.kr:81/", nil}, // refused: there is nothing to ask
	} {
		events := travel(t, in, c.version, c.url)
		all, safe := predict.Decisions(events, true)
		var got []string
		for _, d := range all {
			if slices.Contains([]string{"connect", "secure", "redirect", "resource"}, d.Kind) {
				got = append(got, told(d))
				sayable(t, d)
			}
		}
		if safe != len(events) || !slices.Equal(got, c.want) {
			t.Errorf("%s asks %q, want %q", c.url, got, c.want)
		}
		for n := range events {
			some, safe := predict.Decisions(events[:n], false)
			if len(some) > len(all) || len(some) < len(all) && all[len(some)].Seq < safe {
				t.Fatalf("%s: after %d events %d decisions, safe up to %d", c.url, n, len(some), safe)
			}
		}
	}
}

// A journey that is held at connect() tells nothing of what comes of the call: not
// on any of its sheets, not as a file.
func TestAHeldJourneyTellsNothing(t *testing.T) {
	s := startSite(t)
	res, _ := s.do("POST", "/lookups", "application/x-www-form-urlencoded", url.Values{"url": {"http://www.example.co.kr/page"}, "network": {"lab"}, "predict": {"on"}, "then": {"journey"}, "lang": {"en"}}.Encode())
	at := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/lookups/t") || !strings.Contains(at, "/journey") {
		t.Fatalf("%d %s", res.StatusCode, at)
	}
	at, _, _ = strings.Cut(at, "?")
	id := strings.TrimSuffix(at, "/journey")
	asked := 0
	for range 60 {
		_, page := s.get(at)
		m := hiddenDecision.FindStringSubmatch(page)
		if m == nil {
			break
		}
		do := "observe"
		if strings.Contains(page, `value="predict"`) {
			do = "predict"
		}
		if strings.Contains(page, "Your program calls connect()") && do == "predict" {
			asked++
			_, file := s.get(id + ".json")
			f, err := lookup.ReadTraceFile([]byte(file))
			if err != nil {
				t.Fatal(err)
			}
			if last, ok := f.Events[len(f.Events)-1].Fact.(lookup.CallMade); !ok || last.Call != "connect" {
				t.Errorf("held after %T", f.Events[len(f.Events)-1].Fact)
			}
			for _, e := range f.Events {
				var p lookup.Packet
				switch f := e.Fact.(type) {
				case lookup.PacketSent:
					p = f.Packet
				case lookup.PacketArrived:
					p = f.Packet
				case lookup.RequestSent:
					t.Fatalf("event %d is told: %T", e.Seq, e.Fact)
				}
				if p.Protocol != "" && p.Protocol != "udp" { // the lookup's own are from before
					t.Fatalf("event %d is told: %T", e.Seq, e.Fact)
				}
			}
			for _, path := range []string{"/connect", "/request", "/journey", "/files/journey.har", "/files/curl.sh", "/files/transcript.txt"} {
				if _, text := s.get(id + path); strings.Contains(text, "GET /page HTTP") || strings.Contains(text, "SYN ACK from") || strings.Contains(text, "200 OK") {
					t.Errorf("%s tells what is held back", path)
				}
			}
			if res, _ := s.get(id + "/files/lan.pcapng"); res.StatusCode != http.StatusNotFound {
				t.Errorf("the frames can be had: %d", res.StatusCode)
			}
		}
		form := url.Values{"do": {do}, "decision": {m[1]}, "option": {"0"}, "then": {"journey"}}
		res, body := s.do("POST", id+"/predict", "application/x-www-form-urlencoded", form.Encode())
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, id+"/journey") {
			t.Fatalf("%s %s: %d %s %s", do, m[1], res.StatusCode, to, body)
		}
	}
	if asked != 1 {
		t.Errorf("connect() was asked about %d times", asked)
	}
	if _, page := s.get(at); !strings.Contains(page, `data-phase="request"`) || !strings.Contains(page, `data-phase="connect"`) {
		t.Error("the whole journey is not shown in the end")
	}
	if res, _ := s.get(id + "/files/lan.pcapng"); res.StatusCode != http.StatusOK {
		t.Errorf("the frames are not there in the end: %d", res.StatusCode)
	}
}
