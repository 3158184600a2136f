package main

import (
	"errors"
	"math"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// nowhere is a real Internet whose only root server is in this very machine:
// the policy lets nothing out, so nothing is sent.
func nowhere(t *testing.T) realConfig {
	t.Helper()
	hints := filepath.Join(t.TempDir(), "hints")
	if err := os.WriteFile(hints, []byte(". 3600 NS a.root.\na.root. 3600 A 127.0.0.1\na.root. 3600 AAAA ::1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return realConfig{IPv4: true, IPv6: true, HintsFile: hints}
}

// open is an access whose probe has found a way out.
func openAccess(t *testing.T) *access {
	t.Helper()
	a, err := newAccess(nowhere(t), askRates{}, false)
	if err != nil {
		t.Fatal(err)
	}
	a.state = room.ReachOpen
	return a
}

func TestAccessIsBounded(t *testing.T) {
	a := openAccess(t)
	var leaves []func()
	for range realAtOnce {
		leave, err := a.enter()
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := a.enter(); !errors.Is(err, room.ErrBusy) {
		t.Errorf("more than %d at once: %v", realAtOnce, err)
	}
	for _, leave := range leaves {
		leave()
		leave() // twice is once
	}
	if n := len(a.slots); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	// What is left of the burst, then it is a matter of time.
	for range realBurst - realAtOnce {
		leave, err := a.enter()
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if _, err := a.enter(); !errors.Is(err, room.ErrBusy) || len(a.slots) != 0 {
		t.Errorf("beyond the rate: %v, %d places taken", err, len(a.slots))
	}
	for _, state := range []string{room.ReachProbing, room.ReachClosed, room.ReachIntercepted, room.ReachNone} {
		a.state = state
		if _, err := a.enter(); !errors.Is(err, room.ErrNoReach) {
			t.Errorf("%s: %v", state, err)
		}
	}
}

// A refusal is a refusal: also for the root servers themselves, and without a
// packet. The page says so and stays in the lab.
func TestAPageWithNobodyToAsk(t *testing.T) {
	p, err := Start(Config{Addr: "127.0.0.1:0", Seed: 1, RoomIdle: time.Minute, Net: netInternet, Real: nowhere(t)})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &site{t: t, p: p, client: &http.Client{Transport: tr}}
	page := s.socket()
	if got := page.reachOf(); got != room.ReachNone {
		t.Fatalf("the way out is %s", got)
	}
	if _, body := s.get("/?lang=en"); !strings.Contains(body, "No root server may be asked from here") || !strings.Contains(body, `value="internet" form="ask" disabled`) {
		t.Error("the page does not say so")
	}
	for _, network := range []string{"internet", "moon"} {
		res, body := s.do("POST", "/lookups", "application/json", `{"name":"www.example.org","type":"A","network":"`+network+`"}`)
		if want := map[string]int{"internet": http.StatusConflict, "moon": http.StatusUnprocessableEntity}[network]; res.StatusCode != want {
			t.Errorf("%s: %d %s", network, res.StatusCode, body)
		}
	}
	res, body := s.do("POST", "/lookups", "application/json", `{"name":"www.example.co.kr","type":"A"}`)
	if f, err := lookup.ReadTraceFile([]byte(body)); err != nil || f.Network != "lab" {
		t.Errorf("%d, without a choice on %q: %v", res.StatusCode, f.Network, err)
	}
}

// Without the flag there is no switch, no probe, and nothing of the kind in
// the room's state.
func TestTheLabAloneKnowsNoOther(t *testing.T) {
	s := startSite(t)
	if _, body := s.get("/"); strings.Contains(body, "network-choice") {
		t.Error("the page offers another network")
	}
	page := s.socket()
	if f := page.read(); f.Room == nil || f.Room.Reach != nil {
		t.Errorf("%+v", f.Room)
	}
	res, body := s.do("POST", "/lookups", "application/json", `{"name":"www.example.org","type":"A","network":"internet"}`)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "network.unknown") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestServeNetFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-net moon":                        "lab, internet or both",
		"-qname-min strict":                "-qname-min means nothing with -net lab",
		"-net both -ip4 off -ip6 off":      "both switched off",
		"-net both -root-hints /nowhere":   "/nowhere",
		"-net internet -trust-anchors /no": "trust anchors",
	} {
		var out, errs strings.Builder
		if status := run(t.Context(), strings.Fields("serve -addr 127.0.0.1:0 "+args), noEnv, &out, &errs); status != exitUsage && status != exitProgram || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: %d %q %q", args, status, out.String(), errs.String())
		}
	}
}

// What strangers say about how long their data lasts is believed for a day, of a
// denial for an hour; and one set of rates is there for all rooms.
func TestAPageBoundsTTLsAndRates(t *testing.T) {
	a, err := newAccess(nowhere(t), askRates{Server: 1e-6, Zone: 1e-6}, false)
	if err != nil {
		t.Fatal(err)
	}
	in, err := openReal(a.conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if ttl, denial := in.cache.Bound(lookup.CachePositive, 1<<30), in.cache.Bound(lookup.CacheNxdomain, 1<<30); ttl != 86400 || denial != 3600 {
		t.Errorf("kept for %d s, denials for %d s", ttl, denial)
	}
	to := netip.MustParseAddrPort("198.41.0.4:53")
	if err := a.conf.Rates.Admit(to, lookup.Root); err != nil {
		t.Error(err)
	}
	if err := a.conf.Rates.Admit(to, lookup.Root); err == nil {
		t.Error("the second query in a million seconds")
	}
	for _, bad := range []askRates{{Server: -1}, {Zone: 1e9}, {Zone: math.NaN()}} {
		if bad.check() == nil {
			t.Errorf("%+v", bad)
		}
	}
}
