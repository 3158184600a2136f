package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"

	"rootwalk/lookup"
	"rootwalk/lookup/listener"
	"rootwalk/lookup/osnet"
)

const dnsText = `
Serves DNS without a page: a recursive resolver for dig and other programs,
over UDP and TCP, until it is interrupted. It prints the address once it
listens.

  rootwalk dns -net internet                        the real Internet, from the root
  dig @127.0.0.1 -p 5301 www.example.org

  rootwalk dns                                      the lab: no network is needed
  dig @127.0.0.1 -p 5301 www.example.co.kr

With -net internet it begins at the published root servers, or at those of
-root-hints, and asks only public addresses on port 53: a delegation to
127.0.0.1, to a private network or to a cloud's metadata service gets no packet.

With -traces FOLDER it keeps the traces of the last queries in memory, and when
it ends writes each into the folder as a file, which the page opens: what it did
for a query that failed can then be looked at.

It answers whoever can reach the address of -addr. On an address other than
loopback, keep strangers out with a firewall.
`

// dnsOptions are the flags of the dns command.
type dnsOptions struct {
	addr, network string
	real          realConfig
	lab           labConfig
	dnssec        dnssecConfig
	traces        string // folder, "" for none
	keep          int    // traces
}

// dnsCommand runs the resolver until ctx is done.
func dnsCommand(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("dns", flag.ContinueOnError)
	describe(fs, "dns [flags]", dnsText)
	o := dnsOptions{real: realConfig{CacheEntries: dnsCacheEntries}}
	fs.StringVar(&o.addr, "addr", "127.0.0.1:5301", "IP `address` and port to listen on; port 0 chooses a free one")
	fs.StringVar(&o.network, "net", netLab, "`network` to resolve in: lab or internet")
	real := realFlags(fs, &o.real)
	lab := labFlags(fs, &o.lab)
	dnssecFlags(fs, &o.dnssec)
	fs.StringVar(&o.traces, "traces", "", "`folder` for the traces of the last queries, written when the program ends; it is made if need be")
	fs.IntVar(&o.keep, "keep", 1000, "how many traces are kept for that, 1 to 100000")
	if status := parse(fs, args, env, stdout, stderr); status >= 0 {
		return status
	}
	at, err := netip.ParseAddrPort(o.addr)
	switch {
	case fs.NArg() > 0:
		err = fmt.Errorf("%q is too much; names are looked up with rootwalk lookup NAME", fs.Arg(0))
	case err != nil:
		err = fmt.Errorf("-addr %q: must be an IP address and a port, as in 127.0.0.1:5301 or [::1]:5301", o.addr)
	case o.keep < 1 || o.keep > 100_000:
		err = fmt.Errorf("-keep %d: must be 1 to 100000", o.keep)
	default:
		err = errors.Join(checkNet(fs, o.network, real, lab), checkSpeed(o.lab.Speed))
	}
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk dns:", err)
		return exitUsage
	}
	if err := o.serve(ctx, at, stdout); err != nil {
		fmt.Fprintln(stderr, "rootwalk dns:", listenAdvice("dns", o.addr, err))
		return exitProgram
	}
	return exitOK
}

// Bounds of a resolver that is there for programs, not for one lesson.
const (
	dnsCacheEntries = 100_000
	dnsQueries      = 1000
	dnsConns        = 500
	dnsConnsPerIP   = 100
	dnsConnQueries  = 10_000
)

// serve listens, tells where, and waits for the end.
func (o *dnsOptions) serve(ctx context.Context, at netip.AddrPort, stdout io.Writer) (err error) {
	resolver, clock, closer, err := o.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer()) }()
	var reception listener.Reception
	var recalled func(listener.Recalled)
	if o.traces != "" {
		if err := os.MkdirAll(o.traces, 0o700); err != nil {
			return err
		}
		k := newKeeper(place{"R1", o.network, clock}, resolver, o.keep)
		reception, recalled = k.receive, k.recalled
		defer func() { err = errors.Join(err, k.write(o.traces)) }()
	}
	network, err := osnet.New(osnet.Config{ListenAnywhere: true})
	if err != nil {
		return err
	}
	l, err := listener.Listen(ctx, listener.Config{
		Network: network, Addrs: []netip.AddrPort{at}, Resolver: resolver, Reception: reception, Recalled: recalled,
		MaxQueries: dnsQueries, MaxConns: dnsConns, MaxConnsPerIP: dnsConnsPerIP, MaxConnQueries: dnsConnQueries,
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, l.Addrs()[0])
	<-ctx.Done()
	return l.Close()
}

// open makes the resolver and says how to close what is below it.
func (o *dnsOptions) open() (listener.Resolver, *lookup.LessonClock, func() error, error) {
	o.real.DNSSEC, o.lab.DNSSEC = o.dnssec, o.dnssec
	if o.network == netInternet {
		in, err := openReal(o.real, nil)
		if err != nil {
			return nil, nil, nil, err
		}
		return in.resolver, in.clock, in.Close, nil
	}
	in, err := openLab(o.lab)
	if err != nil {
		return nil, nil, nil, err
	}
	return in.resolvers[0], in.Clock(), in.Close, nil
}
