package main

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/transport"
)

// The spoof race: an attacker in a lab of its own against R1. R1 may leave out
// one defence or another; the attacker's packets are real, and so is the count.

const (
	weakPort    = 33333                 // from which R1 asks everything where ports are not random
	spoofZone   = "any.signed.example." // its wildcard has no addresses: each new name has to be asked for
	spoofSlow   = 4                     // factor on the links: the race lasts longer, as with a far server
	guessedIDs  = 4                     // the next ones after the last that was seen
	seriesLimit = 40 * time.Second
)

var (
	spoofServers = []string{"ns1.dnshost.net", "ns2.dnshost.net"}
	spoofAddrs   = []netip.Addr{netip.MustParseAddr("203.0.113.41"), netip.MustParseAddr("203.0.113.42")}
	attackerAddr = netip.MustParseAddr("203.0.113.30") // where the attacker wants the victim to go
)

// weakness is what R1 leaves out.
type weakness struct {
	lookup.Defences
	next atomic.Uint32 // message ID, where they are counted up
}

func (w *weakness) asking(c transport.Config) transport.Config {
	if !w.IDs {
		c.IDs = func() uint16 { return uint16(w.next.Add(1)) }
	}
	if !w.Ports {
		c.Network = &onePort{Network: c.Network}
	}
	c.MixedCase, c.Cookies = w.Case, w.Cookies
	return c
}

// onePort is a network from which UDP goes out from one port only, one
// question after the other.
type onePort struct {
	lookup.Network
	mu sync.Mutex
}

func (n *onePort) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if network != "udp" {
		return n.Network.DialContext(ctx, network, addr)
	}
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	from := ":" + fmt.Sprint(weakPort)
	if to.Addr().Is4() {
		from = "0.0.0.0" + from
	} else {
		from = "[::]" + from
	}
	n.mu.Lock()
	pc, err := n.Network.ListenPacket(ctx, "udp", from)
	if err != nil {
		n.mu.Unlock()
		return nil, err
	}
	return &oneConn{PacketConn: pc, to: net.UDPAddrFromAddrPort(to), done: n.mu.Unlock}, nil
}

// oneConn is an unconnected socket that hears only one peer.
type oneConn struct {
	net.PacketConn
	to   *net.UDPAddr
	once sync.Once
	done func()
}

func (c *oneConn) Read(b []byte) (int, error) {
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return n, err
		}
		if a, ok := from.(*net.UDPAddr); ok && a.AddrPort() == c.to.AddrPort() {
			return n, nil
		}
	}
}

func (c *oneConn) Write(b []byte) (int, error) { return c.WriteTo(b, c.to) }
func (c *oneConn) RemoteAddr() net.Addr        { return c.to }
func (c *oneConn) Close() error {
	err := c.PacketConn.Close()
	c.once.Do(c.done)
	return err
}

// guesses is how many equally likely guesses an attacker has for one packet.
func guesses(d lookup.Defences, letters int) float64 {
	n := float64(len(spoofAddrs))
	if d.Ports {
		n *= lab.LastPort - lab.FirstPort + 1
	}
	if d.IDs {
		n *= 65536
	}
	if d.Case {
		n *= math.Exp2(float64(letters))
	}
	if d.Cookies {
		n *= math.Exp2(64)
	}
	if d.DNSSEC {
		n *= math.Exp2(128) // what ECDSA P-256 stands for
	}
	return n
}

// Spoof runs a series of races in a lab of its own, and returns what was
// counted and the trace of a race that was won, or else of the last.
func (in *labInternet) Spoof(ctx context.Context, s lookup.SpoofSeries) (lookup.SpoofResult, lookup.TraceFile, error) {
	s.Races, s.Packets = min(max(s.Races, 1), lookup.MaxSpoofRaces), min(max(s.Packets, 1), lookup.MaxSpoofPackets)
	ctx, cancel := context.WithTimeout(ctx, seriesLimit)
	defer cancel()
	weak := &weakness{Defences: s.Defences}
	weak.next.Store(rand.Uint32N(60000))
	mode := validateOff
	if s.DNSSEC {
		mode = validateOn
	}
	arena, err := openLab(labConfig{Speed: spoofSlow, DNSSEC: dnssecConfig{Mode: mode}, setup: setup{weak: weak}})
	if err != nil {
		return lookup.SpoofResult{}, lookup.TraceFile{}, err
	}
	defer arena.Close()
	if s.Cookies {
		arena.lab.ServeCookies(spoofServers...)
	}
	r := race{s: s, arena: arena, mallory: arena.lab.Attacker(), result: lookup.SpoofResult{SpoofSeries: s}}
	// R1 knows the zone's servers, and the attacker has seen one of its queries:
	// he had it ask a server where he can look on.
	// It has met both servers: a cookie protects from the second time on.
	met := map[netip.Addr]bool{}
	for n := 0; n < 24 && len(met) < len(spoofAddrs); n++ {
		referee := arena.lab.Watch(arena.lab.ResolverAddr("R1"), spoofAddrs)
		arena.Lookup(ctx, lookup.Step{}, room.Ask{Question: r.question("prime" + strconv.Itoa(n))})
		count := referee.Stop()
		r.seen = count.LastID
		for a := range count.Asked {
			met[a] = true
		}
		arena.resolvers[0].Forget()
	}
	var last lookup.TraceFile
	for n := range s.Races {
		if ctx.Err() != nil {
			r.result.Races = n
			break
		}
		trace, won := r.run(ctx)
		if won || r.result.Won == 0 {
			last = trace
		}
		if won {
			r.result.Won++
		}
	}
	if r.result.Races == 0 {
		return r.result, last, errors.New("spoof race: no time for a race")
	}
	return r.result, last, nil
}

// race is a series under way.
type race struct {
	s       lookup.SpoofSeries
	arena   *labInternet
	mallory *lab.Attacker
	seen    uint16 // the ID of R1's last query that the attacker knows of
	result  lookup.SpoofResult
}

func (r *race) question(label string) lookup.Question {
	return lookup.Question{Name: lookup.Name(label + "." + spoofZone), Type: lookup.TypeA, Class: lookup.ClassIN}
}

// run is one race: the victim's device is lured into asking for a new name, so
// that R1 has to ask, and the flood begins.
func (r *race) run(ctx context.Context) (lookup.TraceFile, bool) {
	q := r.question("x" + strings.ToLower(base32.StdEncoding.EncodeToString([]byte(fmt.Sprintf("%05d", rand.IntN(100000))))))
	message, err := lab.Forged(q, attackerAddr)
	if err != nil {
		return lookup.TraceFile{}, false
	}
	letters := 0
	for _, c := range strings.ToLower(string(q.Name)) {
		if c >= 'a' && c <= 'z' {
			letters++
		}
	}
	r.result.Guesses = guesses(r.s.Defences, letters)
	f := lab.Forgery{From: spoofAddrs, To: r.arena.lab.ResolverAddr("R1"), Message: message, Packets: r.s.Packets, Within: 30 * time.Millisecond, Seed: rand.Uint64()}
	if !r.s.Ports {
		f.Port = weakPort
	}
	if !r.s.IDs {
		for i := range guessedIDs {
			f.IDs = append(f.IDs, r.seen+1+uint16(i))
		}
		r.result.Guesses *= guessedIDs
	}
	if r.s.Case {
		f.Mix = lab.GuessCase
	}
	referee := r.arena.lab.Watch(f.To, spoofAddrs)
	trace := lookup.NewTrace(lookup.TraceConfig{Title: q.String(), Network: "lab"})
	var flood sync.WaitGroup
	sent := 0
	flood.Go(func() { sent = r.mallory.Flood(ctx, f) })
	r.arena.Lookup(ctx, trace.Root(), room.Ask{Question: q})
	flood.Wait()
	trace.Finish()
	count := referee.Stop()
	r.seen = count.LastID
	r.result.Sent += sent
	r.result.InTime += count.InTime
	r.result.Port += count.Port
	r.result.ID += count.ID
	r.result.Both += count.Both
	return trace.File(), poisoned(trace.Events())
}

// poisoned reports whether a device was given the attacker's address.
func poisoned(events []lookup.Event) bool {
	if len(events) == 0 {
		return false
	}
	end, ok := events[len(events)-1].Fact.(lookup.LookupFinished)
	return ok && len(end.Records) > 0 && end.Records[len(end.Records)-1].Data == attackerAddr.String()
}

var _ room.Spoofed = (*labInternet)(nil)
