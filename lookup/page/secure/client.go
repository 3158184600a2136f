// Package secure speaks TLS as a client and tells what crosses (RFC 9846, RFC
// 5246). The protocol itself is crypto/tls, which alone decides whether a
// connection is good. Beside it an observer reads the same octets: it cuts them
// into records and handshake messages with a parser of its own, opens them with
// the secrets of the key log, and checks every step that can be checked: the
// codes of Finished, the signatures, the chain of certificates.
//
// What a peer sends is hostile: every size and count has a bound, and past it
// less is told, while the connection goes on. A Conn may be used by several
// goroutines, as any net.Conn.
package secure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Config says how a client speaks TLS.
type Config struct {
	Step       lookup.Step
	Socket     int              // number of the socket in the trace, for the first fact
	ServerName string           // a name (A-labels, no final dot) or an address
	ALPN       []string         // protocols in the order of preference, nil for none
	Max        uint16           // newest version to offer; 0 is TLS 1.3
	Now        func() time.Time // lesson time, by which certificates are judged; nil is time.Now
	// Roots are the certificates that the client trusts; nil trusts those of the
	// system.
	Roots []*x509.Certificate
	// Tickets keeps what resumes a connection later; nil for none.
	Tickets *Tickets
}

// Conn is a connection under TLS.
type Conn struct {
	*tls.Conn
}

// Client does the handshake over a connection that stands. It returns an error
// also where the certificate is not accepted; raw is not closed then, and has
// told the server why. Deadlines and closing are those of raw.
func Client(ctx context.Context, raw net.Conn, c Config) (*Conn, error) {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	o := newObserver(c.Step)
	lesson := now()
	pool := (*x509.CertPool)(nil)
	if c.Roots != nil {
		pool = x509.NewCertPool()
		for _, r := range c.Roots {
			pool.AddCert(r)
		}
	}
	j := judge{step: c.Step, name: c.ServerName, now: lesson, roots: c.Roots, pool: pool}
	o.verify = func(chain [][]byte) { j.chain(chain) }
	conn := &Conn{}
	config := &tls.Config{
		ServerName: c.ServerName, NextProtos: c.ALPN, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13, CipherSuites: offered12,
		Time: now, RootCAs: pool, KeyLogWriter: o,
	}
	if c.Max != 0 {
		config.MaxVersion = c.Max
	}
	ticket := false
	if c.Tickets != nil {
		o.former = c.Tickets.former(c.ServerName)
		config.ClientSessionCache = c.Tickets.sessions()
		_, ticket = config.ClientSessionCache.Get(c.ServerName)
	}
	begun := lookup.HandshakeStarted{Socket: c.Socket, Versions: []string{}, ALPN: append([]string{}, c.ALPN...), Ticket: ticket, Lesson: lesson.UTC()}
	if _, err := netip.ParseAddr(c.ServerName); err != nil {
		begun.ServerName = c.ServerName // an address is no name to indicate (RFC 6066 §3)
	}
	for v := config.MaxVersion; v >= config.MinVersion; v-- {
		begun.Versions = append(begun.Versions, versions[v])
	}
	c.Step.Report(begun)
	start := time.Now()
	conn.Conn = tls.Client(&tapped{Conn: raw, o: o}, config)
	err := conn.HandshakeContext(ctx)
	if c.Tickets != nil && err == nil {
		c.Tickets.remember(c.ServerName, o.main())
	}
	o.finish(conn.ConnectionState(), err, time.Since(start))
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// main is the master secret of TLS 1.2, nil in other versions.
func (o *observer) main() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.secrets["CLIENT_RANDOM"]
}

// finish reports what the handshake came to.
func (o *observer) finish(s tls.ConnectionState, err error, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := lookup.HandshakeFinished{Outcome: "done", Resumed: s.DidResume, ALPN: lookup.Printable(clip(s.NegotiatedProtocol)), RoundTrips: o.turns, ElapsedUs: took.Microseconds()}
	if o.known {
		f.Version, f.Suite = versions[o.version], suiteName(uint64(o.answer.suite))
	}
	if s.CurveID != 0 {
		f.Group = coded(groups)(uint64(s.CurveID))
	}
	if err != nil {
		var bad *tls.CertificateVerificationError
		f.Detail = lookup.Printable(clip(err.Error()))
		switch {
		case errors.As(err, &bad):
			f.Outcome = "certificate"
		case o.alert.Description != "":
			f.Outcome = "alert"
		default:
			f.Outcome = "failed"
		}
	}
	o.step.Report(f)
}

// tapped shows the observer what goes over a connection.
type tapped struct {
	net.Conn
	o *observer
}

func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.o.carried(lookup.SideServer, b[:n])
	return n, err
}

// Write shows the octets before they are written: what comes back must not be
// told before them. Of a write that fails half-way nothing more follows.
func (t *tapped) Write(b []byte) (int, error) {
	t.o.carried(lookup.SideClient, b)
	return t.Conn.Write(b)
}

// CloseWrite closes one direction of what is below, where that can be done.
func (t *tapped) CloseWrite() error {
	if c, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// Tickets keeps session tickets by server name, like a browser that stays open.
// It may be used by several goroutines.
type Tickets struct {
	mu    sync.Mutex
	cache tls.ClientSessionCache
	mains map[string][]byte // master secrets of TLS 1.2 by server name
}

const maxTickets = 64 // servers

// NewTickets is an empty store.
func NewTickets() *Tickets {
	return &Tickets{cache: tls.NewLRUClientSessionCache(maxTickets), mains: map[string][]byte{}}
}

func (t *Tickets) former(name string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mains[name]
}

func (t *Tickets) remember(name string, main []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if main == nil {
		return
	}
	if len(t.mains) >= maxTickets {
		clear(t.mains)
	}
	t.mains[name] = main
}

func (t *Tickets) sessions() tls.ClientSessionCache {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cache
}

// Forget drops all tickets.
func (t *Tickets) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cache = tls.NewLRUClientSessionCache(maxTickets)
	clear(t.mains)
}

// NameOf is the host of an address of the Web as TLS wants it.
func NameOf(host string) string { return strings.TrimSuffix(strings.Trim(host, "[]"), ".") }
