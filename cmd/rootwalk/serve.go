package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"rootwalk/lookup"
)

const serveText = `
Serves the page at the address of -addr until it is interrupted. Other devices
of a class reach it when -addr names an address of this machine in their
network, or 0.0.0.0 for all of them.

With -dns-listen on, the page's resolver also answers dig and other programs,
and each of their queries appears on the page as it comes:

  rootwalk serve -dns-listen on
  dig @127.0.0.1 -p 5301 www.example.co.kr

-doh adds DNS over HTTPS; with -tls self no file and no proxy is needed:

  rootwalk serve -doh -tls self
  kdig @127.0.0.1 -p 8080 +https=/dns-query www.example.co.kr

The page works in the lab. With -net both it has a switch for each lookup: in
the lab, or on the real Internet from the root servers down; -net internet has
the switch there from the start. Where port 53 is closed, as in many schools, the
page says so and stays in the lab.

Where others can reach the address, say who may ask:

  rootwalk serve -addr 0.0.0.0:8080 -dns-listen 0.0.0.0:5301 -dns-acl 192.168.0.0/16
`

// serve runs the server until ctx is done.
func serve(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	describe(fs, "[serve] [flags]", serveText)
	var c Config
	fs.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "`address` and port to listen on; port 0 chooses a free one")
	hosts := fs.String("host", "", "further host `names`, with commas between, under which the page may be reached")
	var lab labConfig
	fs.StringVar(&c.Net, "net", netLab, "`network` to look up in: lab, internet, or both; with the last two the page asks three root servers once whether there is a way, and has a switch for each lookup")
	real := append(realFlags(fs, &c.Real), c.Rates.flags(fs)...)
	real = append(real, c.Real.Fetch.flags(fs)...)
	dnssecFlags(fs, &c.DNSSEC)
	labFlags(fs, &lab)
	fs.DurationVar(&c.RoomIdle, "room-idle", 15*time.Minute, "`time` without anybody after which a room and its lab are closed")
	dnsListen := fs.String("dns-listen", "off", "answer dig and other programs, over UDP and TCP, at this IP `address` and port; on is "+defaultDNSListen)
	dnsACL := fs.String("dns-acl", "", "`prefixes`, with commas between, from which -dns-listen and -doh are answered besides this machine; needed for an address that others can reach")
	doh := fs.Bool("doh", false, "answer DNS over HTTP at /dns-query (RFC 8484); most clients want HTTPS: -tls, or a proxy in front")
	fs.StringVar(&c.TLS.Mode, "tls", "", "speak HTTPS at -addr, with a certificate made for this run and kept in memory: `off or self`")
	fs.StringVar(&c.TLS.Cert, "tls-cert", "", "speak HTTPS at -addr, with the certificate chain in this PEM `file`")
	fs.StringVar(&c.TLS.Key, "tls-key", "", "PEM `file` with the private key of -tls-cert")
	if status := parse(fs, args, env, stdout, stderr); status >= 0 {
		return status
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "rootwalk serve: %q is too much; names are looked up with rootwalk lookup NAME\n", fs.Arg(0))
		return exitUsage
	}
	c.LabSpeed, c.Seed = lab.Speed, lab.Seed
	if err := errors.Join(checkServeNet(fs, c.Net, real), checkSpeed(lab.Speed), c.Rates.check(), c.Real.Fetch.check()); err != nil {
		fmt.Fprintln(stderr, "rootwalk serve:", err)
		return exitUsage
	}
	var err error
	if c.Outside, err = parseOutside(*dnsListen, *dnsACL, *doh); err != nil {
		fmt.Fprintln(stderr, "rootwalk serve:", err)
		return exitUsage
	}
	if err := c.TLS.check(); err != nil {
		fmt.Fprintln(stderr, "rootwalk serve:", err)
		return exitUsage
	}
	c.Hosts = strings.FieldsFunc(*hosts, func(r rune) bool { return r == ',' || r == ' ' })

	p, err := Start(c)
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk:", listenAdvice("serve", c.Addr, err))
		return exitProgram
	}
	fmt.Fprintf(stdout, "%s\n", p.URL())
	if at, ok := p.DNS(); ok {
		fmt.Fprintf(stdout, "dig @%v -p %d www.example.co.kr\n", at.Addr(), at.Port())
	}
	if key, ok := p.OwnCert(); ok {
		fmt.Fprintf(stdout, "certificate made for this run: curl -k --pinnedpubkey %s\n", key)
	}
	select {
	case <-ctx.Done():
	case err = <-p.Done():
	}
	if cerr := p.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk:", err)
		return exitProgram
	}
	return exitOK
}

// checkServeNet is checkNet for a page, which always has its lab.
func checkServeNet(fs *flag.FlagSet, network string, real []string) error {
	switch network {
	case netLab:
		return checkNet(fs, network, real, nil)
	case netInternet, netBoth:
		return nil
	}
	return fmt.Errorf("-net %s: must be lab, internet or both", lookup.Printable(network))
}

// labFlags declares the flags of a lab and returns their names.
func labFlags(fs *flag.FlagSet, c *labConfig) (names []string) {
	fs.Float64Var(&c.Speed, "lab-speed", 1, "`factor` on the delays of the lab's links: 0 is none, 10 is ten times slower")
	fs.Uint64Var(&c.Seed, "seed", 0, "`number` from which the lab takes its chance decisions; 0 takes one at random")
	return []string{"lab-speed", "seed"}
}

func checkSpeed(f float64) error {
	if !(f >= 0 && f <= 1000) {
		return fmt.Errorf("-lab-speed %v: must be from 0 to 1000", f)
	}
	return nil
}

// listenAdvice says what to do about an address that cannot be listened on.
func listenAdvice(command, addr string, err error) error {
	other := map[string]string{"serve": "8081", "dns": "5302"}[command]
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program: stop that one, or choose another port, as in rootwalk %s -addr 127.0.0.1:%s", addr, command, other)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened on with your rights: choose a port from 1024 up, as in rootwalk %s -addr 127.0.0.1:%s", addr, command, other)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is not an address of this machine: use 127.0.0.1 for this machine only, 0.0.0.0 for all networks it is in", addr)
	}
	return err
}
