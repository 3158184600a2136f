package socket

import (
	"net/netip"
	"strings"

	"rootwalk/lookup"
)

// Script is something to see on a bench, from the first call to the last.
type Script struct {
	Key string
	// Delay is how much longer than usual a packet takes each way, in
	// milliseconds; Buffer the size of the kernels' buffers in octets, 0 for the
	// usual.
	DelayMs, Buffer int
	Acts            []Act
}

// ScriptPort is where the scripts' servers listen.
const ScriptPort = 8080

// clientPort is the port of scripts whose client chooses one itself.
const clientPort = 50000

// http10 is a request as HTTP/1.0 had it (RFC 1945), and its response.
const (
	http10Request  = "GET / HTTP/1.0\r\n\r\n"
	http10Response = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello.\n"
)

// Scripts are all scripts, in the order in which a learner should meet them, for
// a client and a server at their addresses, and nobody at a third. text is what
// the learner wants to say, where a script sends that.
func Scripts(client, server, nobody netip.Addr, text string) []Script {
	at := netip.AddrPortFrom(server, ScriptPort)
	any := netip.AddrPortFrom(netip.IPv4Unspecified(), ScriptPort)
	c := func(call, socket string, more ...how) Act {
		return act(lookup.SideClient, call, socket, more...)
	}
	s := func(call, socket string, more ...how) Act {
		return act(lookup.SideServer, call, socket, more...)
	}
	tcp, udp := kind("tcp4"), kind("udp4")
	skip := func(sec int) Act { return Act{Call: "skip", Size: sec} }
	drop := func(rule string) Act { return Act{Call: "drop", Rule: rule} }
	serve := []Act{s("socket", "", tcp), s("bind", "s1", to(any)), s("listen", "s1", size(16))}
	connected := append(serve[:3:3], c("socket", "", tcp), c("connect", "c1", to(at)), s("accept", "s1"))
	with := func(begin []Act, rest ...Act) []Act { return append(begin[:len(begin):len(begin)], rest...) }
	if text == "" {
		text = "hello"
	}
	five := serve[:3:3]
	for _, n := range []string{"c1", "c2", "c3", "c4", "c5"} {
		five = append(five, c("socket", "", tcp), c("connect", n, to(at)), s("accept", "s1"))
	}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		five = append(five, c("write", "c"+n, say("I am client "+n)), s("read", "a"+n, size(100)))
	}
	backlog := with([]Act{s("socket", "", tcp), s("bind", "s1", to(any)), s("listen", "s1", size(2))},
		c("socket", "", tcp), c("connect", "c1", to(at)), c("socket", "", tcp), c("connect", "c2", to(at)),
		c("socket", "", tcp), c("connect", "c3", to(at), blocks), s("accept", "s1"), skip(1), skip(2), s("accept", "s1"), s("accept", "s1"))
	timeout := []Act{drop("syn"), c("socket", "", tcp), c("connect", "c1", to(at), blocks)}
	for _, sec := range []int{1, 2, 4, 8, 16, 32, 64, 128} {
		timeout = append(timeout, skip(sec))
	}
	dns := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.53"), 53)
	return []Script{
		{Key: "connectOnly", Acts: with(connected, s("recv", "a1", size(1024)), c("write", "c1", say(http10Request)), s("read", "a1", size(1024)), s("write", "a1", say(http10Response)), s("close", "a1"),
			c("read", "c1", size(1024)), c("read", "c1", size(1024)), c("close", "c1"))},
		{Key: "echo", Acts: with(connected, c("write", "c1", say(text)), s("read", "a1", size(4096)), s("write", "a1", say(text)), c("read", "c1", size(4096)), c("close", "c1"), s("read", "a1"), s("close", "a1"))},
		{Key: "serverFirst", Acts: with(connected, c("write", "c1", say(http10Request)), s("read", "a1", size(1024)), s("write", "a1", say(http10Response)), s("close", "a1"),
			c("read", "c1", size(1024)), c("read", "c1", size(1024)), c("close", "c1"))},
		{Key: "clientFirst", Acts: with(connected, c("write", "c1", say(text)), s("read", "a1", size(1024)), c("close", "c1"), s("read", "a1", size(1024)), s("close", "a1"))},
		{Key: "both", DelayMs: 150, Acts: with(connected, together(c("close", "c1")), s("close", "a1"))},
		{Key: "halfClose", Acts: with(connected, c("write", "c1", say("question")), c("shutdown", "c1"), s("read", "a1"), s("read", "a1"), s("write", "a1", say("answer")), c("read", "c1"), s("close", "a1"), c("read", "c1"), c("close", "c1"))},
		{Key: "reset", Acts: with(connected, c("write", "c1", say("hello")), s("abort", "a1"), c("read", "c1"), c("write", "c1", say("hello?")), c("close", "c1"))},
		{Key: "three", Acts: with(connected, c("recv", "c1", size(1024)), s("write", "a1", say("hi")), c("recv", "c1", size(1024)), c("recv", "c1", size(1024)), s("close", "a1"), c("recv", "c1", size(1024)), c("recv", "c1", size(1024)),
			c("close", "c1"), c("socket", "", tcp), c("connect", "c2", to(at)), s("accept", "s1"), s("abort", "a2"), c("recv", "c2", size(1024)), c("close", "c2"))},
		{Key: "refused", Acts: []Act{c("socket", "", tcp), c("connect", "c1", to(netip.AddrPortFrom(server, 9))), c("close", "c1")}},
		{Key: "unreachable", Acts: []Act{c("socket", "", tcp), c("connect", "c1", to(netip.AddrPortFrom(nobody, ScriptPort))), c("close", "c1")}},
		{Key: "timeout", Acts: with(timeout, c("close", "c1"))},
		{Key: "timeWait", Acts: with(serve, c("socket", "", tcp), c("bind", "c1", to(netip.AddrPortFrom(client, clientPort))), c("connect", "c1", to(at)), s("accept", "s1"),
			c("close", "c1"), s("read", "a1"), s("close", "a1"), c("socket", "", tcp), c("bind", "c2", to(netip.AddrPortFrom(client, clientPort))), skip(30), skip(31),
			c("bind", "c2", to(netip.AddrPortFrom(client, clientPort))), c("close", "c2"))},
		{Key: "backlog", Acts: backlog},
		{Key: "five", Acts: five},
		{Key: "stream", Acts: with(connected, c("write", "c1", say("one write")), c("write", "c1", say(" and another")), s("read", "a1", size(4)), s("read", "a1", size(1024)),
			c("write", "c1", size(4000)), s("read", "a1", size(1000)), s("read", "a1", size(4096)), c("close", "c1"), s("close", "a1"))},
		{Key: "window", Buffer: 4096, Acts: with(connected, c("write", "c1", size(20000), blocks), s("read", "a1", size(2000)), s("read", "a1", size(4096)), s("readfull", "a1", size(20000)), c("close", "c1"), s("read", "a1"), s("close", "a1"))},
		{Key: "loss", Acts: with(connected, drop("two"), c("write", "c1", size(30000)), s("readfull", "a1", size(30000)), drop("tail"), c("write", "c1", say("the last words"), blocks), skip(1), s("read", "a1"), drop(""), c("close", "c1"), s("read", "a1"), s("close", "a1"))},
		{Key: "cut", Acts: with(connected, drop("all"), c("write", "c1", say(text)), s("recv", "a1", size(1024)), skip(1), s("recv", "a1", size(1024)), drop(""), skip(2), s("read", "a1", size(1024)), c("close", "c1"), s("read", "a1"), s("close", "a1"))},
		{Key: "dns", Acts: []Act{c("socket", "", tcp), c("connect", "c1", to(dns)), c("write", "c1", say(dnsQuery)), c("read", "c1", size(2048)), c("shutdown", "c1"), c("read", "c1"), c("close", "c1")}},
		{Key: "udp", Acts: []Act{s("socket", "", udp), s("bind", "s1", to(any)), c("socket", "", udp), c("connect", "c1", to(at)), c("write", "c1", say(text)), s("read", "s1", size(1024)), c("close", "c1"),
			c("socket", "", udp), c("connect", "c2", to(netip.AddrPortFrom(server, 9))), c("write", "c2", say(text)), c("read", "c2"), c("close", "c2"), s("close", "s1")}},
	}
}

// dnsQuery asks for the SOA record of example.co.kr, as DNS does over TCP: two
// octets of length first (RFC 1035 §4.2.2).
const dnsQuery = "\x00\x1f\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x02co\x02kr\x00\x00\x06\x00\x01"

// FindScript is the script with a key.
func FindScript(all []Script, key string) (Script, bool) {
	for _, s := range all {
		if s.Key == key {
			return s, true
		}
	}
	return Script{}, false
}

// Begin are the acts that seat both programs: a server that listens, for a
// learner who chooses all other calls.
func Begin() []Act {
	any := netip.AddrPortFrom(netip.IPv4Unspecified(), ScriptPort)
	return []Act{
		{Side: lookup.SideServer, Call: "socket", Kind: "tcp4"},
		{Side: lookup.SideServer, Call: "bind", Socket: "s1", Addr: any},
		{Side: lookup.SideServer, Call: "listen", Socket: "s1", Size: 2},
	}
}

// how changes an act.
type how func(*Act)

func act(side lookup.Side, call, socket string, more ...how) Act {
	a := Act{Side: side, Call: call, Socket: socket}
	for _, m := range more {
		m(&a)
	}
	return a
}

func kind(k string) how          { return func(a *Act) { a.Kind = k } }
func to(addr netip.AddrPort) how { return func(a *Act) { a.Addr = addr } }
func size(n int) how             { return func(a *Act) { a.Size = n } }
func say(text string) how        { return func(a *Act) { a.Text = strings.Clone(text) } }
func blocks(a *Act)              { a.Blocks = true }
func together(a Act) Act         { a.Together = true; return a }
