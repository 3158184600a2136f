package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/export"
	"rootwalk/lookup/page"
)

const openText = `
Opens an address of the Web as a browser does, and tells each fact on a line as it
happens: the lookup, the TCP connection, TLS, the requests and what they brought,
redirects followed, and the page drawn from what came: tokens, tree, style, boxes and
their places, paint and layers. All of it is one trace; nothing of a page is executed.
Without a scheme https is assumed.

  rootwalk open http://www.example.co.kr/
  rootwalk open -http 1.0 http://www.example.co.kr/page
  rootwalk open -http 2 -trace bytes https://www.example.co.kr/page
  rootwalk open -families both http://www.dual.example/
  rootwalk open -format json https://www.example.co.kr/ > journey.json
  rootwalk open -format har https://www.example.co.kr/page > journey.har
  rootwalk open -format curl https://www.example.co.kr/page
  rootwalk open -format pcapng https://www.example.co.kr/ > journey.pcapng

A HAR file is what the tools of browsers read. A capture has the frames of one
link of the lab, -link says which, and the keys with which Wireshark opens TLS.

With -net internet it goes to the real network: public addresses only, ports 80
and 443, at most eight connections, 2 MiB and fifteen seconds; -fetch-… changes
these bounds.

The exit status tells the outcome: 0 the page is there, 4 it could not be had,
2 a command that makes no sense, 5 the program itself failed.
`

// openFormats are the forms in which a journey is told.
var openFormats = []string{"text", "json", "har", "curl", "pcapng"}

// tap listens to the links of the lab where frames are wanted.
func (o *lookupOptions) tap(in internet) (frames room.Frames, stop func()) {
	if tapped, ok := in.(room.Tapped); ok && o.format == "pcapng" {
		return tapped.Tap()
	}
	return nil, func() {}
}

// export writes a trace that is whole as a file.
func (o *lookupOptions) export(w io.Writer, file lookup.TraceFile, frames room.Frames) error {
	switch o.format {
	case "har":
		return export.HAR(w, file)
	case "curl":
		return export.Curl(w, file.Events)
	case "pcapng":
		var names []string
		for _, l := range frames.Links() {
			names = append(names, l.Name)
		}
		if !slices.Contains(names, o.link) {
			return fmt.Errorf("-link %s: must be one of %s", lookup.Printable(o.link), strings.Join(names, ", "))
		}
		return frames.WritePcapng(w, o.link, export.KeyLog(file.Events))
	}
	return export.JSON(w, file)
}

// openCommand goes to one address and tells it.
func openCommand(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("open", flag.ContinueOnError)
	describe(fs, "open [flags] URL", openText)
	var o lookupOptions
	version := ""
	fs.StringVar(&o.network, "net", netLab, "`network` to go to: lab or internet")
	fs.StringVar(&version, "http", "", "`version` of HTTP: 1.0, 1.1 or 2; usually what the server agrees to")
	families := "one"
	fs.StringVar(&families, "families", families, "one: IPv4 alone; both: HTTPS, A and AAAA, and whichever `address` answers first (RFC 9460, RFC 8305)")
	fs.StringVar(&o.format, "format", "text", "text, json (a trace file), har, curl (commands for a shell) or pcapng (frames of a link of the lab)")
	fs.StringVar(&o.link, "link", "lan", "with -format pcapng: the `link` whose frames are written; lan is the device's own")
	fs.StringVar(&o.trace, "trace", "", "how much is told: `level` is answer, steps, facts or bytes; usually facts")
	fs.StringVar(&o.lang, "lang", "en", "`language` of the text: en or ko")
	fs.StringVar(&o.colour, "colour", "auto", "colours in the text: `when` is auto, always or never")
	real := append(realFlags(fs, &o.real), o.real.Fetch.flags(fs)...)
	lab := labFlags(fs, &o.lab)
	dnssecFlags(fs, &o.dnssec)
	if status := parse(fs, args, env, stdout, stderr); status >= 0 {
		return status
	}
	ask, err := o.checkOpen(fs.Args(), version)
	switch families {
	case "one":
	case "both":
		ask.Errand = lookup.ErrandConnect
	default:
		err = errors.Join(err, fmt.Errorf("-families %s: must be one or both", lookup.Printable(families)))
	}
	if err == nil {
		err = errors.Join(checkNet(fs, o.network, real, lab), o.real.Fetch.check())
	}
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk open:", err)
		return exitUsage
	}
	end, err := o.travel(ctx, ask, env, stdout)
	switch {
	case errors.Is(err, errSilent), errors.Is(err, errIntercepted):
		fmt.Fprintln(stderr, "rootwalk open:", err)
		return exitFailed
	case err != nil:
		fmt.Fprintln(stderr, "rootwalk open:", err)
		return exitProgram
	case end.Outcome != "done":
		return exitFailed
	}
	return exitOK
}

// checkOpen reads the arguments and says what is wrong with them.
func (o *lookupOptions) checkOpen(args []string, version string) (room.Ask, error) {
	switch {
	case len(args) == 0:
		return room.Ask{}, errors.New("no address given: write one, as in rootwalk open http://www.example.co.kr/ (-h lists the flags)")
	case len(args) > 1:
		return room.Ask{}, fmt.Errorf("%q is too much: give one address, after the flags", args[1])
	case !slices.Contains(openFormats, o.format):
		return room.Ask{}, fmt.Errorf("-format %s: must be one of %s", lookup.Printable(o.format), strings.Join(openFormats, ", "))
	case o.format == "pcapng" && o.network != netLab:
		return room.Ask{}, errors.New("-format pcapng: frames can be seen in the lab only; -format json has all that this program saw")
	case o.trace != "" && o.format != "text":
		return room.Ask{}, fmt.Errorf("-trace means nothing with -format %s", o.format)
	case o.colour != "auto" && o.colour != "always" && o.colour != "never":
		return room.Ask{}, fmt.Errorf("-colour %s: must be auto, always or never", lookup.Printable(o.colour))
	case o.lang != "en" && o.lang != "ko":
		return room.Ask{}, fmt.Errorf("-lang %s: must be en or ko", lookup.Printable(o.lang))
	case version != "" && !slices.Contains(page.Versions(), version):
		return room.Ask{}, fmt.Errorf("-http %s: must be one of %s", lookup.Printable(version), strings.Join(page.Versions(), ", "))
	}
	if err := errors.Join(checkSpeed(o.lab.Speed), o.checkTrace()); err != nil {
		return room.Ask{}, err
	}
	if _, err := page.Read(args[0]); err != nil {
		return room.Ask{}, err
	}
	to, err := lookup.ParseURL(args[0])
	if err != nil {
		return room.Ask{}, err
	}
	q, reversed, err := lookup.ParseQuestion(to.Host, "A")
	if err != nil {
		return room.Ask{}, err
	}
	return room.Ask{Question: q, Reversed: reversed, URL: to, HTTP: version, DO: o.dnssec.Mode == validateOn}, nil
}

// travel makes the journey and returns how it ended.
func (o *lookupOptions) travel(ctx context.Context, ask room.Ask, env func(string) (string, bool), stdout io.Writer) (lookup.JourneyFinished, error) {
	events, err := o.tell(ctx, ask, env, stdout)
	if err != nil {
		return lookup.JourneyFinished{}, err
	}
	for _, e := range slices.Backward(events) {
		if end, ok := e.Fact.(lookup.JourneyFinished); ok {
			return end, nil
		}
	}
	return lookup.JourneyFinished{}, errors.New("the journey did not say how it ended")
}
