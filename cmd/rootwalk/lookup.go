package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/export"
)

const lookupText = `
Looks a name up in the lab and tells each fact on a line as it happens: the
same trace that the page draws. TYPE is A unless given; MX, AAAA, TYPE65400 and
all others will do. An address in place of NAME is asked about by its reverse name.

-trace says how much: answer is what came of it, steps what was done, facts
everything, bytes the octets of each message as well. With -format dig these are
the final response, every response, the queries too, and the octets:

  rootwalk lookup -format dig www.example.co.kr
  rootwalk lookup -trace bytes www.example.co.kr

Where answers are validated (-dnssec on, and on the real Internet), each signature,
key and digest is a fact, and -format dig ends in delv's verdict.

With -net internet the walk goes over the real network, from the published root
servers or those of -root-hints; only public addresses are asked, on port 53. If
no root server can be reached from here, that is said after 1.5 s.

With -dnssec on the device asks for signatures and the resolver checks them: the
text then tells each step of the chain of trust, and why it breaks where it
does. -cd takes the same answer unchecked.

The exit status tells the outcome: 0 an answer, 1 the name has no such record,
3 no such name, 4 no answer could be had, 2 a command that makes no sense,
5 the program itself failed.
`

// lookupOptions are the flags of the lookup command.
type lookupOptions struct {
	network, format, lang, colour, errand string
	quiet                                 bool
	trace                                 string // export.Level, "" for the usual one of the format
	link                                  string // of which frames are written
	real                                  realConfig
	lab                                   labConfig
	dnssec                                dnssecConfig
	unchecked                             bool // CD=1
}

// lookupCommand runs one lookup and tells it.
func lookupCommand(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("lookup", flag.ContinueOnError)
	describe(fs, "lookup [flags] NAME [TYPE]", lookupText)
	var o lookupOptions
	fs.StringVar(&o.network, "net", netLab, "`network` to look up in: lab or internet")
	fs.StringVar(&o.format, "format", "text", "text, json (a trace file) or dig (messages as dig shows them)")
	fs.StringVar(&o.trace, "trace", "", "how much is told: `level` is answer, steps, facts or bytes; usually facts, with -format dig answer")
	fs.StringVar(&o.lang, "lang", "en", "`language` of the text: en or ko")
	fs.StringVar(&o.colour, "colour", "auto", "colours in the text: `when` is auto, always or never")
	fs.BoolVar(&o.quiet, "quiet", false, "the same as -trace steps")
	fs.StringVar(&o.errand, "errand", "", "`what` the name is wanted for: targets (hosts of MX, SRV or HTTPS records), connect (both address families at once), search (with a search list), nonrecursive (RD=0) or iterative (without a resolver)")
	real := realFlags(fs, &o.real)
	lab := labFlags(fs, &o.lab)
	dnssecFlags(fs, &o.dnssec)
	fs.BoolVar(&o.unchecked, "cd", false, "with -dnssec on: take what there is, also if it fails the check (CD=1)")
	if status := parse(fs, args, env, stdout, stderr); status >= 0 {
		return status
	}
	q, err := o.check(fs.Args())
	if err == nil {
		err = checkNet(fs, o.network, real, lab)
	}
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk lookup:", err)
		return exitUsage
	}
	outcome, err := o.run(ctx, q, env, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "rootwalk lookup:", err)
		if errors.Is(err, errSilent) || errors.Is(err, errIntercepted) {
			return exitFailed
		}
		return exitProgram
	}
	return status(outcome)
}

// level is how much is told.
func (o *lookupOptions) level() export.Level {
	switch {
	case o.trace != "":
		return export.Level(o.trace)
	case o.quiet:
		return export.LevelSteps
	case o.format == "dig":
		return export.LevelAnswer
	}
	return export.LevelFacts
}

func (o *lookupOptions) checkTrace() error {
	switch {
	case o.trace != "" && !slices.Contains(export.Levels(), export.Level(o.trace)):
		return fmt.Errorf("-trace %s: must be one of %v", lookup.Printable(o.trace), export.Levels())
	case o.trace != "" && o.quiet:
		return errors.New("-quiet is -trace steps: give one of them")
	case o.trace != "" && o.format == "json":
		return errors.New("-trace means nothing with -format json: a trace file has everything")
	}
	return nil
}

// check reads the arguments and says what is wrong with them.
func (o *lookupOptions) check(args []string) (room.Ask, error) {
	switch {
	case len(args) == 0:
		return room.Ask{}, errors.New("no name given: write one, as in rootwalk lookup www.example.co.kr (-h lists the flags)")
	case len(args) > 2:
		return room.Ask{}, fmt.Errorf("%q is too much: give a name and a type, after the flags", args[2])
	case o.format != "text" && o.format != "json" && o.format != "dig":
		return room.Ask{}, fmt.Errorf("-format %s: must be text, json or dig", lookup.Printable(o.format))
	case o.colour != "auto" && o.colour != "always" && o.colour != "never":
		return room.Ask{}, fmt.Errorf("-colour %s: must be auto, always or never", lookup.Printable(o.colour))
	case o.lang != "en" && o.lang != "ko":
		return room.Ask{}, fmt.Errorf("-lang %s: must be en or ko", lookup.Printable(o.lang))
	}
	if err := errors.Join(checkSpeed(o.lab.Speed), o.checkTrace()); err != nil {
		return room.Ask{}, err
	}
	rrtype := "A"
	if len(args) == 2 {
		rrtype = args[1]
	}
	q, reversed, err := lookup.ParseQuestion(args[0], rrtype)
	if err != nil {
		return room.Ask{}, err
	}
	errand := lookup.Errand(o.errand)
	if errand != lookup.ErrandPlain && !slices.Contains(lookup.Errands(), errand) {
		return room.Ask{}, fmt.Errorf("-errand %s: must be one of %v", lookup.Printable(o.errand), lookup.Errands())
	}
	return room.Ask{Question: q, Reversed: reversed, Errand: errand, Typed: args[0]}, nil
}

func (o *lookupOptions) run(ctx context.Context, ask room.Ask, env func(string) (string, bool), stdout io.Writer) (lookup.Outcome, error) {
	ask.DO, ask.CD = o.dnssec.Mode == validateOn, o.unchecked
	events, err := o.tell(ctx, ask, env, stdout)
	if err != nil {
		return "", err
	}
	end, ok := events[len(events)-1].Fact.(lookup.LookupFinished)
	if !ok {
		return "", errors.New("the lookup did not say how it ended")
	}
	return end.Outcome, nil
}

// tell runs what is asked for and tells it; it returns all that happened.
func (o *lookupOptions) tell(ctx context.Context, ask room.Ask, env func(string) (string, bool), stdout io.Writer) ([]lookup.Event, error) {
	words, err := readWords()
	if err != nil {
		return nil, err
	}
	in, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	title := ask.Question.String()
	if ask.URL.URL != "" {
		title = ask.URL.URL
	}
	t := lookup.NewTrace(lookup.TraceConfig{ID: "t1", Title: title, Network: in.Network()})
	frames, stop := o.tap(in)
	told := make(chan error, 1)
	go func() {
		events := t.Follow(context.Background(), 0)
		switch o.format {
		case "text":
			err := export.Transcript(stdout, events, words[o.lang], export.Options{Colour: o.wantsColour(env, stdout), Level: o.level()})
			if line := lookup.TimelineOf(t.Events()); err == nil && line != nil {
				err = export.Timeline(stdout, line, words[o.lang])
			}
			told <- err
		case "dig":
			told <- export.Dig(stdout, events, t.Started(), o.level())
		default:
			<-t.Done()
			told <- o.export(stdout, t.File(), frames)
		}
	}()
	in.Lookup(ctx, t.Root(), ask)
	stop()
	t.Finish()
	return t.Events(), <-told
}

// internet is what a lookup runs on.
type internet interface {
	Network() string
	Lookup(ctx context.Context, step lookup.Step, ask room.Ask)
	Close() error
}

// open makes the network of -net, and finds out whether there is one.
func (o *lookupOptions) open(ctx context.Context) (internet, error) {
	o.real.DNSSEC, o.lab.DNSSEC = o.dnssec, o.dnssec
	if o.network == netLab {
		return openLab(o.lab)
	}
	in, err := openDevice(o.real, nil)
	if err != nil {
		return nil, err
	}
	if _, err := in.probe(ctx); err != nil {
		return nil, errors.Join(probeAdvice(err), in.Close())
	}
	return in, nil
}

// wantsColour follows the flag, then NO_COLOR (no-color.org), then whether
// the output is a terminal.
func (o *lookupOptions) wantsColour(env func(string) (string, bool), stdout io.Writer) bool {
	if o.colour != "auto" {
		return o.colour == "always"
	}
	if v, _ := env("NO_COLOR"); v != "" {
		return false
	}
	if term, _ := env("TERM"); strings.TrimSpace(term) == "dumb" {
		return false
	}
	f, ok := stdout.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// status is the exit status for an outcome.
func status(o lookup.Outcome) int {
	switch o {
	case lookup.OutcomeAnswer:
		return exitOK
	case lookup.OutcomeNodata:
		return exitNodata
	case lookup.OutcomeNxdomain:
		return exitNxdomain
	}
	return exitFailed
}
