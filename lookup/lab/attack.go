package lab

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/lab/vnet"
)

// The spoof race: an attacker's machine that is not on the way between resolver
// and server sends forged responses and hopes that one fits. It is part of the
// lab by type: the only thing that it can send on is a port of a lab's segment.

// FirstPort and LastPort bound the ports from which hosts of the lab ask.
const (
	FirstPort = 16000
	LastPort  = 65535
)

// forgedMark is the identification in the IP header of forged packets, by which
// the referee knows them; resolvers do not look at it.
const forgedMark = 0x6666

// Attacker is the attacker's machine.
type Attacker struct {
	host    *vnet.Host
	port    *vnet.Port
	gateway [6]byte
}

// Attacker plugs the attacker's machine into the network of the web sites. It
// goes when the lab is closed.
func (l *Lab) Attacker() *Attacker {
	a := &Attacker{host: l.net.NewHost("mallory", vnet.HostOptions{NoIPv6: true})}
	a.port = a.host.Attach(l.segments["web"], netip.MustParsePrefix("203.0.113.30/27"))
	for _, p := range l.routers["webnet"].Ports() {
		if p.Segment() == l.segments["web"] {
			copy(a.gateway[:], p.MAC())
		}
	}
	return a
}

// Forgery is a flood of forged responses: from the addresses of servers, to
// ports and with IDs that are guessed.
type Forgery struct {
	From    []netip.Addr // servers in whose name it speaks, in turn
	To      netip.Addr   // the resolver
	Message []byte       // the response; the ID is filled in
	Port    uint16       // 0 for a random one each time
	IDs     []uint16     // in turn; none for a random one each time
	Mix     func(message []byte, r *rand.Rand)
	Packets int
	Within  time.Duration // spread over this time
	Seed    uint64
}

// Flood sends it, and returns how many packets left. It ends with ctx.
func (a *Attacker) Flood(ctx context.Context, f Forgery) int {
	r := rand.New(rand.NewPCG(f.Seed, 1))
	start := time.Now()
	for n := range f.Packets {
		if n%16 == 0 { // in bursts: a packet at a time would be slower than the clock
			if wait := time.Until(start.Add(f.Within * time.Duration(n) / time.Duration(f.Packets))); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return n
				}
			}
		}
		port, id := f.Port, uint16(r.Uint32())
		if port == 0 {
			port = uint16(FirstPort + r.IntN(LastPort-FirstPort+1))
		}
		if len(f.IDs) > 0 {
			id = f.IDs[(n/len(f.From))%len(f.IDs)]
		}
		a.port.Send(a.frame(f, f.From[n%len(f.From)], port, id, r))
	}
	return f.Packets
}

// frame is one forged packet: Ethernet, IPv4, UDP without a checksum (which
// RFC 768 allows), DNS.
func (a *Attacker) frame(f Forgery, from netip.Addr, port, id uint16, r *rand.Rand) []byte {
	b := make([]byte, 14+20+8+len(f.Message))
	copy(b, a.gateway[:])
	copy(b[6:], a.port.MAC())
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	ip := b[14:]
	ip[0] = 0x45
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[4:], forgedMark)
	ip[8], ip[9] = 64, 17
	src, dst := from.As4(), f.To.As4()
	copy(ip[12:], src[:])
	copy(ip[16:], dst[:])
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum))
	udp := ip[20:]
	binary.BigEndian.PutUint16(udp, 53)
	binary.BigEndian.PutUint16(udp[2:], port)
	binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
	copy(udp[8:], f.Message)
	binary.BigEndian.PutUint16(udp[8:], id)
	if f.Mix != nil {
		f.Mix(udp[8:], r)
	}
	return b
}

// Referee counts on the resolver's link what arrives in a race.
type Referee struct {
	resolver netip.Addr
	servers  []netip.Addr
	stop     func()

	mu     sync.Mutex
	asked  bool // a query to one of the servers is under way
	over   bool // and the real response has come
	server netip.Addr
	port   uint16
	id     uint16
	Count  Count
}

// Count is what a referee has counted.
type Count struct {
	InTime, Port, ID, Both int
	LastPort, LastID       uint16             // of the resolver's last query
	Asked                  map[netip.Addr]int // queries, by server
}

// Watch makes a referee for a resolver's queries to some servers. Stop ends it.
func (l *Lab) Watch(resolver netip.Addr, servers []netip.Addr) *Referee {
	w := &Referee{resolver: resolver, servers: servers, Count: Count{Asked: map[netip.Addr]int{}}}
	w.stop = l.segments["isp"].Tap(w.see)
	return w
}

// Stop ends the watch and returns the count.
func (w *Referee) Stop() Count {
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Count
}

// see takes one frame on the resolver's link.
func (w *Referee) see(c vnet.Capture) {
	b := c.Frame
	if c.Way != vnet.Tx || len(b) < 14+20+8+12 || binary.BigEndian.Uint16(b[12:]) != 0x0800 || b[14+9] != 17 || b[14] != 0x45 {
		return
	}
	ip := b[14:]
	src, dst := netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
	udp := ip[20:]
	sport, dport, id := binary.BigEndian.Uint16(udp), binary.BigEndian.Uint16(udp[2:]), binary.BigEndian.Uint16(udp[8:])
	forged := binary.BigEndian.Uint16(ip[4:]) == forgedMark
	isServer := func(a netip.Addr) bool {
		for _, s := range w.servers {
			if s == a {
				return true
			}
		}
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case src == w.resolver && dport == 53 && isServer(dst):
		w.asked, w.over, w.server, w.port, w.id = true, false, dst, sport, id
		w.Count.LastPort, w.Count.LastID = sport, id
		w.Count.Asked[dst]++
	case dst != w.resolver || sport != 53 || !isServer(src) || !w.asked || w.over:
	case !forged:
		w.over = w.over || src == w.server
	default:
		w.Count.InTime++
		if dport == w.port {
			w.Count.Port++
		}
		if id == w.id {
			w.Count.ID++
		}
		if dport == w.port && id == w.id && src == w.server {
			w.Count.Both++
		}
	}
}

// Forged is a response with an address of the attacker's choice, as it would
// look if it came from the zone's own server.
func Forged(q lookup.Question, addr netip.Addr) ([]byte, error) {
	var m dns.Msg
	m.SetQuestion(string(q.Name), uint16(q.Type))
	m.Response, m.Authoritative, m.RecursionDesired, m.Compress = true, true, false, true
	m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: string(q.Name), Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 86400}, A: addr.AsSlice()}}
	return m.Pack()
}

// GuessCase gives the letters of the name in the question of a message a case
// by chance: an attacker who knows of 0x20 guesses that too.
func GuessCase(message []byte, r *rand.Rand) {
	for i := 12; i < len(message) && message[i] != 0; {
		end := i + 1 + int(message[i])
		for i++; i < end && i < len(message); i++ {
			if c := message[i] | 0x20; c >= 'a' && c <= 'z' {
				message[i] = c
				if r.IntN(2) == 0 {
					message[i] = c &^ 0x20
				}
			}
		}
	}
}

// ServeCookies makes name servers answer DNS cookies (RFC 7873 §5.2): whoever
// asks again brings back what only somebody at that address has been told.
func (l *Lab) ServeCookies(names ...string) {
	for _, name := range names {
		secret := []byte("cookies of " + name)
		l.servers[name].SetBehaviour(func(x auth.Exchange) ([]byte, time.Duration) {
			var q dns.Msg
			if q.Unpack(x.Query) != nil || q.IsEdns0() == nil {
				return x.Response, 0
			}
			for _, o := range q.IsEdns0().Option {
				c, ok := o.(*dns.EDNS0_COOKIE)
				if !ok || len(c.Cookie) < 16 {
					continue
				}
				sum := hmac.New(sha256.New, secret)
				sum.Write([]byte(c.Cookie[:16]))
				sum.Write(x.From.Addr().AsSlice())
				return rewrite(x, func(m *dns.Msg) {
					if opt := m.IsEdns0(); opt != nil {
						opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: c.Cookie[:16] + hex.EncodeToString(sum.Sum(nil)[:8])})
					}
				}), 0
			}
			return x.Response, 0
		})
	}
}
