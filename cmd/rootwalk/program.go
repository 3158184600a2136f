package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"rootwalk/handlers"
	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/predict"
	"rootwalk/static"
	"rootwalk/templates"
	"rootwalk/web"
)

// Config is what a server is started with.
type Config struct {
	Addr     string   // to listen on
	Hosts    []string // further names under which it may be reached
	LabSpeed float64  // factor on link delays
	Seed     uint64   // of the lab; 0 for a random one
	RoomIdle time.Duration
	Outside  outsideConfig // who may ask the resolver besides the page
	TLS      tlsConfig
	DNSSEC   dnssecConfig
	Net      string     // netLab, netInternet or netBoth; "" is netLab
	Real     realConfig // of the real Internet, where Net has it
	Rates    askRates   // of that, over all rooms
}

// Program is a running server: the wiring of everything and nothing else.
type Program struct {
	listener net.Listener
	rooms    *room.Rooms
	outside  *listener.Listener // nil where programs outside may not ask
	server   *web.Server
	cert     *tls.Certificate // nil without TLS
	ownCert  bool             // made here
	warm     sync.WaitGroup   // opens the first lab ahead of the first page
	cancel   func()           // ends what is done only once at the start
}

// Start listens and serves. Close must be called in the end.
func Start(c Config) (*Program, error) {
	if c.DNSSEC.Mode == "" {
		c.DNSSEC = dnssecConfig{Mode: validateAuto, Aggressive: true}
	}
	c.Real.DNSSEC = c.DNSSEC
	words, err := readWords()
	if err != nil {
		return nil, err
	}
	example, err := lookup.ReadTraceFile(static.File("example/trace.json"))
	if err != nil {
		return nil, fmt.Errorf("recorded example: %w", err)
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, err
	}
	p := &Program{listener: l, cancel: func() {}}
	if p.cert, p.ownCert, err = c.TLS.load(l.Addr(), c.Hosts); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	var beside *access // nil where the real Internet is not offered
	if c.Net == netInternet || c.Net == netBoth {
		if beside, err = newAccess(c.Real, c.Rates, c.Net == netInternet); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	rooms := room.New(room.Config{
		Idle: c.RoomIdle, Decide: predict.Decisions,
		Open: func(ctx context.Context, name string) (room.Internet, error) {
			in, err := openLab(labConfig{Speed: c.LabSpeed, Seed: c.Seed, DNSSEC: c.DNSSEC})
			if err != nil || beside == nil {
				return in, err
			}
			return &bothInternet{labInternet: in, access: beside}, nil
		},
	})
	outside, err := openOutside(c.Outside, rooms)
	if err != nil {
		return nil, errors.Join(err, rooms.Close(), l.Close())
	}
	p.rooms, p.outside = rooms, outside
	open := handlers.Outside{}
	if outside != nil && c.Outside.DoH {
		open.DoH = outside
	}
	if at, ok := p.DNS(); ok {
		open.DNS = at
	}
	p.server = web.Serve(l, web.Config{Hosts: c.Hosts, Cert: p.cert, HSTS: !p.ownCert}, func(origin func(string) bool) *handlers.Handlers {
		return handlers.New(handlers.Config{
			Rooms: rooms, Words: words, Example: example, Schema: static.File("schema/trace.json"), Origin: origin, Outside: open,
			Assets: func(entry string) templates.Assets { return templates.Assets(static.PageOf(entry)) },
			Framed: framed, Measure: static.File("framed/measure.js"),
			Offline: static.Offline, OfflineWords: static.OfflineWords,
		})
	})
	// The lab is there when the first page asks; a failure is told then.
	p.warm.Go(func() { _, _ = rooms.Enter(context.Background(), room.Main) })
	p.warm.Go(static.Warm)
	if beside != nil {
		ctx, cancel := context.WithCancel(context.Background())
		p.cancel = cancel
		p.warm.Go(func() {
			beside.probe(ctx)
			rooms.Refresh()
		})
	}
	return p, nil
}

// readWords reads the word files of both languages.
func readWords() (map[string]*lookup.Words, error) {
	words := map[string]*lookup.Words{}
	for _, lang := range []string{"en", "ko"} {
		w, err := lookup.ParseWords(lang, static.File("i18n/"+lang+".json"))
		if err != nil {
			return nil, err
		}
		words[lang] = w
	}
	return words, nil
}

// URL is where the page is, for people on this machine.
func (p *Program) URL() string {
	scheme := "http://"
	if p.cert != nil {
		scheme = "https://"
	}
	ap, err := netip.ParseAddrPort(p.listener.Addr().String())
	if err == nil && ap.Addr().IsUnspecified() {
		return fmt.Sprintf("%s127.0.0.1:%d/", scheme, ap.Port())
	}
	return scheme + p.listener.Addr().String() + "/"
}

// OwnCert is the public key of a certificate that was made for this run, as
// curl takes it with --pinnedpubkey; false where there is none.
func (p *Program) OwnCert() (string, bool) {
	if p.cert == nil || !p.ownCert {
		return "", false
	}
	return pin(p.cert.Leaf), true
}

// DNS is where programs outside may ask, false if they may not.
func (p *Program) DNS() (at netip.AddrPort, ok bool) {
	if p.outside == nil || len(p.outside.Addrs()) == 0 {
		return at, false
	}
	return p.outside.Addrs()[0], true
}

// Done yields the error that ended serving.
func (p *Program) Done() <-chan error { return p.server.Done() }

// Close ends everything and waits for it, two seconds at the most.
func (p *Program) Close() error {
	p.cancel()
	err := p.server.Close()
	if p.outside != nil {
		err = errors.Join(err, p.outside.Close())
	}
	err = errors.Join(err, p.rooms.Close())
	p.warm.Wait()
	return err
}
