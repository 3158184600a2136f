package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"rootwalk/lookup/osnet"
	"rootwalk/lookup/page"
)

// fetchLimits are what one page may use of the real Internet. A zero is the
// default in brackets.
type fetchLimits struct {
	Connects  int           // connections opened [8]
	Redirects int           // followed [5]
	Bytes     int           // octets read and written [2 MiB]
	Body      int           // octets of one body, as they come and unpacked [256 KiB]
	Connect   time.Duration // for one TCP handshake [5 s]
	Secure    time.Duration // for one TLS handshake [5 s]
	FirstByte time.Duration // from a request to the end of its response's head [5 s]
	Run       time.Duration // for everything after the lookup [15 s]
}

// bounds of the flags, from and to.
const (
	maxFetchConnects, maxFetchRedirects = 32, 10
	minFetchBytes, maxFetchBytes        = 4 << 10, 64 << 20
	minFetchTime, maxFetchTime          = 50 * time.Millisecond, time.Minute
)

func (l fetchLimits) orDefault() fetchLimits {
	or := func(v *int, usual int) {
		if *v == 0 {
			*v = usual
		}
	}
	orTime := func(v *time.Duration, usual time.Duration) {
		if *v == 0 {
			*v = usual
		}
	}
	or(&l.Connects, 8)
	or(&l.Redirects, 5)
	or(&l.Bytes, 2<<20)
	or(&l.Body, 256<<10)
	orTime(&l.Connect, 5*time.Second)
	orTime(&l.Secure, 5*time.Second)
	orTime(&l.FirstByte, 5*time.Second)
	orTime(&l.Run, 15*time.Second)
	return l
}

// flags declares the flags and returns their names.
func (l *fetchLimits) flags(fs *flag.FlagSet) []string {
	*l = fetchLimits{}.orDefault()
	fs.IntVar(&l.Connects, "fetch-connects", l.Connects, "connections that one page may open: `number` up to 32 (-net internet)")
	fs.IntVar(&l.Redirects, "fetch-redirects", l.Redirects, "redirects that are followed: `number` up to 10 (-net internet)")
	fs.IntVar(&l.Bytes, "fetch-bytes", l.Bytes, "`octets` that one page may move, up to 64 MiB (-net internet)")
	fs.IntVar(&l.Body, "fetch-body", l.Body, "`octets` of one body, as they come and unpacked, up to 64 MiB (-net internet)")
	fs.DurationVar(&l.Connect, "fetch-connect-time", l.Connect, "`time` for one TCP handshake (-net internet)")
	fs.DurationVar(&l.Secure, "fetch-tls-time", l.Secure, "`time` for one TLS handshake (-net internet)")
	fs.DurationVar(&l.FirstByte, "fetch-first-byte", l.FirstByte, "`time` from a request to the end of its response's head (-net internet)")
	fs.DurationVar(&l.Run, "fetch-time", l.Run, "`time` for one page, from the first connection on, up to 1m (-net internet)")
	return []string{"fetch-connects", "fetch-redirects", "fetch-bytes", "fetch-body", "fetch-connect-time", "fetch-tls-time", "fetch-first-byte", "fetch-time"}
}

// check says what is wrong with the flags.
func (l fetchLimits) check() error {
	var out error
	within := func(name string, v, from, to int) {
		if v < from || v > to {
			out = errors.Join(out, fmt.Errorf("-%s %d: must be from %d to %d", name, v, from, to))
		}
	}
	timed := func(name string, v time.Duration) {
		if v < minFetchTime || v > maxFetchTime {
			out = errors.Join(out, fmt.Errorf("-%s %v: must be from %v to %v", name, v, minFetchTime, maxFetchTime))
		}
	}
	within("fetch-connects", l.Connects, 1, maxFetchConnects)
	within("fetch-redirects", l.Redirects, 1, maxFetchRedirects)
	within("fetch-bytes", l.Bytes, minFetchBytes, maxFetchBytes)
	within("fetch-body", l.Body, minFetchBytes, maxFetchBytes)
	timed("fetch-connect-time", l.Connect)
	timed("fetch-tls-time", l.Secure)
	timed("fetch-first-byte", l.FirstByte)
	timed("fetch-time", l.Run)
	return out
}

// pages are the bounds of a browser's visits.
func (l fetchLimits) pages() page.Limits {
	return page.Limits{Redirects: l.Redirects, Connects: l.Connects, Raw: int64(l.Bytes), Body: l.Body, FirstByte: l.FirstByte, Whole: l.Run}
}

// budget is the second wall, at the sockets.
func (l fetchLimits) budget() osnet.Budget {
	return osnet.Budget{Connects: l.Connects, Bytes: l.Bytes, Time: l.Run}
}
