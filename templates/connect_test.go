package templates

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
)

// A connection as facts tell it, told by hand: what the fold makes of each.
func connection(t *testing.T) []lookup.Event {
	t.Helper()
	now := time.Unix(0, 0)
	tr := lookup.NewTrace(lookup.TraceConfig{ID: "t", Now: func() time.Time { return now }})
	say := func(f lookup.Fact) int {
		now = now.Add(time.Millisecond)
		return tr.Root().Report(f)
	}
	me, it := netip.MustParseAddrPort("192.0.2.130:5000"), netip.MustParseAddrPort("203.0.113.10:80")
	d := lookup.Descriptor{Host: "device", Side: lookup.SideClient, Socket: 1, FD: 3}
	say(lookup.DescriptorOpened{Descriptor: d, Of: "tcp"})
	call := say(lookup.CallMade{Descriptor: d, Call: "connect", Addr: it})
	syn := lookup.Packet{Conn: 1, Protocol: "tcp", From: lookup.SideClient, Link: "lan", Src: me, Dst: it, Flags: "SYN", Seq: 7, Window: 9, Scaled: 9}
	sent := say(lookup.PacketSent{Packet: syn})
	say(lookup.StateEntered{Conn: 1, Side: lookup.SideClient, From: lookup.TCPClosed, To: lookup.TCPSynSent, Cause: sent})
	lost := syn
	lost.Link = "access"
	say(lookup.PacketLost{Packet: lost, Fate: "lost"})
	again := syn
	again.Again = true
	say(lookup.PacketSent{Packet: again})
	say(lookup.PacketArrived{Packet: again})
	say(lookup.CallReturned{Descriptor: d, Of: call, Call: "connect", Result: -1, Errno: "ETIMEDOUT", Local: me})
	say(lookup.DescriptorClosed{Descriptor: d, Of: "tcp"})
	return tr.Events()
}

func TestConnectFold(t *testing.T) {
	events := connection(t)
	v := FoldConnect(events, 0)
	if len(v.Rows) != 4 || v.At != 4 {
		t.Fatalf("%d rows, at %d", len(v.Rows), v.At)
	}
	if r := v.Rows[1]; r.Tag != "SYN" || r.Lost != "lost" || r.Packet.Link != "access" || r.ClientState != lookup.TCPSynSent {
		t.Errorf("lost: %+v", r)
	}
	if r := v.Rows[2]; !r.Again || r.Lost != "" {
		t.Errorf("again: %+v", r)
	}
	if r := v.Rows[3]; r.Kind != "return" || r.Note != "= −1 ETIMEDOUT" || !r.Bad {
		t.Errorf("return: %+v", r)
	}
	if len(v.Client.FDs) != 0 || v.Losses != 1 || v.Repeats != 1 {
		t.Errorf("in the end: %+v, %d lost, %d again", v.Client, v.Losses, v.Repeats)
	}
	early := FoldConnect(events, 2) // the descriptor is open, the program waits
	if len(early.Client.FDs) != 1 || early.Client.Busy == "" || early.Conns[0].States[lookup.SideClient] != lookup.TCPSynSent {
		t.Errorf("at row 2: %+v", early.Client)
	}
	if FoldConnect(nil, 1) != nil {
		t.Error("nothing is told of nothing")
	}
}

func TestConnectSheetShowsHostileOctetsAsText(t *testing.T) {
	events := connection(t)
	for _, lang := range []string{"en", "ko"} {
		p := Page{Words: words(t, lang), Path: "/lookups/t/connect", TraceID: "t"}
		p.Connect = &Connect{View: FoldConnect(events, 0), Scripts: []string{"echo", "loss"}, Script: "loss", Open: true, URL: `"><script>`}
		html := render(t, connectSheet(p))
		for _, want := range []string{"ETIMEDOUT", "SYN-SENT", "203.0.113.10:80", `aria-current="step"`} {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %s", lang, want)
			}
		}
		if strings.Contains(html, "<script>") {
			t.Error("markup from outside")
		}
	}
	if got := quoted([]byte("a\x1b[31m\u202e\"\r\n<b>"), 100); strings.ContainsAny(got, "\x1b\u202e\r\n") {
		t.Errorf("%q", got)
	}
}
