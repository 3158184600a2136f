package transport

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// Bounds of what a client remembers of servers.
const (
	maxPeers  = 4096
	peersLive = 24 * time.Hour // of real time: cookies are about packets, not about data
)

// peers is what a client remembers of the servers it asked: their cookies, and
// who does not repeat a name as it was written. It is safe for concurrent use.
type peers struct {
	secret [sha256.Size]byte

	mu sync.Mutex
	m  map[peerKey]peer
}

// peerKey has our own address too: a cookie that followed a host through
// networks would tell where it has been (RFC 9018 §3).
type peerKey struct{ client, server netip.Addr }

type peer struct {
	cookie  []byte // the server's part, nil if it never sent one
	anyCase bool   // it writes names as it likes
	until   time.Time
}

func newPeers() *peers {
	p := &peers{m: map[peerKey]peer{}}
	rand.Read(p.secret[:]) // never fails: it ends the program if the system has no entropy
	return p
}

// clientCookie is what we call ourselves towards a server: 8 octets that nobody
// else can know, the same each time (RFC 9018 §3).
func (p *peers) clientCookie(k peerKey) []byte {
	h := hmac.New(sha256.New, p.secret[:])
	client, server := k.client.As16(), k.server.As16()
	h.Write(client[:])
	h.Write(server[:])
	return h.Sum(nil)[:clientCookieLen]
}

func (p *peers) get(k peerKey) peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.m[k]; ok && time.Now().Before(known.until) {
		return known
	}
	return peer{}
}

// change edits what is known of a server.
func (p *peers) change(k peerKey, edit func(*peer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.m[k]
	if !ok && len(p.m) >= maxPeers {
		for other := range p.m { // any: this is a bound, not a strategy
			delete(p.m, other)
			break
		}
	}
	edit(&known)
	known.until = time.Now().Add(peersLive)
	p.m[k] = known
}
