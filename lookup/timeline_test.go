package lookup

import (
	"net/netip"
	"testing"
	"time"
)

func TestTimeline(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:443")
	client := Descriptor{Side: SideClient, Socket: 1}
	var events []Event
	add := func(ms int, step StepID, f Fact) {
		events = append(events, Event{Seq: len(events), At: time.Duration(ms) * time.Millisecond, Step: step, Fact: f})
	}
	add(0, 1, LookupStarted{}) // of something else: the line begins with the journey
	add(100, 1, JourneyStarted{Address: Address{URL: "https://h/"}})
	add(101, 1, FetchStarted{N: 1, URL: "https://h/", Method: "GET", Why: "typed"})
	add(102, 1, LookupStarted{Question: Question{Name: "h.", Type: TypeA}})
	add(110, 1, LookupFinished{Outcome: OutcomeAnswer})
	add(111, 2, CallMade{Descriptor: client, Call: "connect", Protocol: "tcp", Addr: at})
	add(115, 2, CallReturned{Descriptor: client, Call: "connect", Of: 5, Errno: "ECONNREFUSED"})
	add(116, 2, CallMade{Descriptor: client, Call: "connect", Protocol: "tcp", Addr: at})
	add(120, 2, CallReturned{Descriptor: client, Call: "connect", Of: 7})
	add(121, 2, HandshakeStarted{ServerName: "h"})
	add(130, 2, HandshakeFinished{Outcome: "done", Version: "1.3", Resumed: true})
	add(132, 3, RequestSent{N: 1, Method: "GET", URL: "https://h/", Version: "HTTP/1.1"})
	add(133, 3, HeadReceived{N: 1, Status: 103})
	add(142, 3, HeadReceived{N: 1, Status: 200})
	add(150, 3, BodyFinished{N: 1, Whole: true})
	add(151, 3, FetchFinished{N: 1, URL: "https://h/", Outcome: "done", SendUs: 1000, WaitUs: 9000})
	add(152, 4, FetchStarted{N: 2, URL: "https://h/x", Why: "resource"})
	add(153, 4, FetchFinished{N: 2, URL: "https://h/x", Outcome: "cached", SendUs: -1, WaitUs: -1})
	add(154, 5, LegStarted{Leg: LegDraw})
	add(160, 5, LegFinished{Leg: LegDraw, Outcome: "done"})
	add(161, 1, JourneyFinished{Outcome: "done"})
	l := TimelineOf(events)
	if l == nil || !l.Ended || !l.Done || l.SpanUs != 60000 || l.StartUs != 41000 || l.FirstUs != 41000 || l.SentUs != 9000 || l.HTTP != "HTTP/1.1" {
		t.Fatalf("%+v", l)
	}
	want := []Phase{
		{Key: "lookup", What: "h A", Nth: 1, FromUs: 2000, ToUs: 10000},
		{Key: "connect", What: "192.0.2.1:443", Nth: 1, FromUs: 11000, ToUs: 15000, Failed: true},
		{Key: "connect", What: "192.0.2.1:443", Nth: 2, FromUs: 16000, ToUs: 20000},
		{Key: "secure", What: "TLS 1.3", Nth: 1, FromUs: 21000, ToUs: 30000, Saved: true},
		{Key: "send", What: "GET https://h/", Fetch: 1, Nth: 1, FromUs: 31000, ToUs: 32000},
		{Key: "wait", What: "GET https://h/", Fetch: 1, Nth: 1, FromUs: 32000, ToUs: 41000},
		{Key: "receive", What: "https://h/", Fetch: 1, Nth: 1, FromUs: 41000, ToUs: 50000},
		{Key: "cache", What: "https://h/x", Fetch: 2, Nth: 1, FromUs: 52000, ToUs: 53000},
		{Key: "draw", Nth: 1, FromUs: 54000, ToUs: 60000},
	}
	for i := range max(len(want), len(l.Phases)) {
		if i >= len(want) || i >= len(l.Phases) || l.Phases[i] != want[i] {
			t.Fatalf("phase %d:\n%+v\nwant\n%+v", i, l.Phases, want)
		}
	}
	// A trace that still runs, or ended half-way, has a line as well.
	for n := 2; n < len(events); n++ {
		l := TimelineOf(events[:n])
		for _, p := range l.Phases {
			if p.ToUs < p.FromUs || p.ToUs > l.SpanUs {
				t.Errorf("after %d events: %+v of %d µs", n, p, l.SpanUs)
			}
		}
	}
	if TimelineOf(events[:1]) != nil {
		t.Error("a lookup alone is no journey")
	}
}
