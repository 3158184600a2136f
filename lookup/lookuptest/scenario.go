package lookuptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/stub"
)

// Scenario is a lesson as a test: a script, zone texts, and the transcript
// that running it gives. Its file has the txtar form: the script comes first,
// then sections headed "-- name --", the last of which is the transcript.
//
// The commands of the script, one on a line, # begins a comment:
//
//	lookup NAME [TYPE [CLASS]]      the device looks something up
//	check NAME [TYPE [CLASS]]       the same with DO=1: its resolver checks signatures
//	unchecked NAME [TYPE [CLASS]]   the same with DO=1 and CD=1
//	ask [+FLAG ...] NAME [TYPE [CLASS]]
//	                                a program on the device asks R1 as dig would:
//	                                +norec RD=0, +cd CD=1, +do DO=1, +ad AD=1, +tcp, +noedns
//	settle RESOLVER                 what it does in the background ends first
//	errand ERRAND NAME [TYPE]       the device does more than one question, as lookup.Errand says
//	skip 300s                       lesson time passes
//	flush CACHE [NAME TYPE]         a cache forgets all, or one thing
//	serve SERVER FILE ...           a name server serves more zones
//	drop SERVER ZONE ...            it does not serve these any more
//	mute SERVER ...                 it says nothing from now on
//	rcode SERVER RCODE              it answers everything with this rcode
//	noedns SERVER RCODE|silence     so it answers queries with EDNS only
//	lowercase SERVER                it repeats names in lower case
//	cookies SERVER right|forged     it knows DNS cookies; over UDP somebody else answers for it
//	add SERVER SECTION RECORD       it adds a record to each response: answer, authority, additional
//	endless SERVER                  it says of each name that it is an alias of one below
//	deeper SERVER ZONE              it refers below the zone to itself, one label further each time
//	fix SERVER ...                  it is well again
//	order R2 R1                     the resolvers of the device (before all others)
//	with qname-min off|on|strict    how its resolvers differ from the usual (before all others)
//	with priming|prefetch|mix-case|cookies on
//	with ip4|ip6 off                a family that they do without
//	with stale 24h                  expired data is handed out, and for how long
//	with keep-tcp 1h                connections stay open for the next question
//	with aggressive on              validated denials answer further questions
//	with negative-anchor NAME       nothing is validated at and below a name
//	with browser on                 a browser with its own cache runs on the device
//
// SERVER is the name of one of the lab's name servers.
type Scenario struct {
	Script     string
	Files      map[string]string
	Transcript string
	names      []string // of Files, in order
}

const transcriptName = "transcript"

// ReadScenario reads a scenario file.
func ReadScenario(path string) (*Scenario, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Scenario{Files: map[string]string{}}
	into := ""
	parts := map[string]*strings.Builder{"": {}}
	for line := range strings.Lines(string(b)) {
		head := strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(head, "-- "); ok && strings.HasSuffix(name, " --") {
			into = strings.TrimSuffix(name, " --")
			s.names = append(s.names, into)
			parts[into] = &strings.Builder{}
			continue
		}
		parts[into].WriteString(line)
	}
	for name, text := range parts {
		switch name {
		case "":
			s.Script = text.String()
		case transcriptName:
			s.Transcript = text.String()
		default:
			s.Files[name] = text.String()
		}
	}
	return s, nil
}

// Write writes the scenario with another transcript.
func (s *Scenario) Write(path, transcript string) error {
	var b strings.Builder
	b.WriteString(s.Script)
	for _, name := range s.names {
		if name != transcriptName {
			fmt.Fprintf(&b, "-- %s --\n%s", name, s.Files[name])
		}
	}
	fmt.Fprintf(&b, "-- %s --\n%s", transcriptName, transcript)
	return os.WriteFile(path, []byte(b.String()), 0o666)
}

// Run runs the script in a world of its own and returns the transcript.
func (s *Scenario) Run(ctx context.Context) (string, error) {
	// Timers long enough that a busy machine does not run into them.
	config := WorldConfig{Limits: iterative.Limits{FirstTimeout: time.Second, MinTimeout: time.Second, MaxTimeout: time.Second}}
	var commands [][]string
	for line := range strings.Lines(s.Script) {
		line, _, _ = strings.Cut(line, "#")
		if fields := strings.Fields(line); len(fields) > 0 {
			commands = append(commands, fields)
		}
	}
	for ; len(commands) > 0 && (commands[0][0] == "order" || commands[0][0] == "with"); commands = commands[1:] {
		if err := config.set(commands[0]); err != nil {
			return "", fmt.Errorf("%s: %w", strings.Join(commands[0], " "), err)
		}
	}
	w, err := NewWorld(config)
	if err != nil {
		return "", err
	}
	defer w.Close()
	var out strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&out, "> %s\n", strings.Join(c, " "))
		if err := s.run(ctx, w, c, &out); err != nil {
			return "", fmt.Errorf("%s: %w", strings.Join(c, " "), err)
		}
	}
	return out.String(), nil
}

var errUsage = errors.New("wrong number of words")

func (s *Scenario) run(ctx context.Context, w *World, c []string, out *strings.Builder) error {
	if len(c) < 2 {
		return errUsage
	}
	switch args := c[1:]; c[0] {
	case "lookup":
		q, err := question(args)
		if err != nil {
			return err
		}
		_, tr := w.Lookup(ctx, q)
		out.WriteString(Transcript(tr.Events()))
		return CheckTrace(tr)
	case "check", "unchecked":
		q, err := question(args)
		if err != nil {
			return err
		}
		_, tr := w.Run(ctx, stub.Order{Question: q, DO: true, CD: c[0] == "unchecked"})
		out.WriteString(Transcript(tr.Events()))
		return CheckTrace(tr)
	case "errand":
		if len(args) < 2 {
			return errUsage
		}
		q, err := question(args[1:])
		if err != nil {
			return err
		}
		_, tr := w.Run(ctx, stub.Order{Question: q, Errand: lookup.Errand(args[0]), Typed: args[1]})
		out.WriteString(Transcript(tr.Events()))
		return CheckTrace(tr)
	case "skip":
		d, err := time.ParseDuration(args[0])
		if err != nil {
			return err
		}
		w.Clock.Skip(d)
	case "flush":
		cache := w.Caches[args[0]]
		switch {
		case cache == nil:
			return fmt.Errorf("no cache %q", args[0])
		case len(args) == 1:
			cache.FlushAll()
		default:
			q, err := question(args[1:])
			if err != nil {
				return err
			}
			cache.Flush(q.Name, q.Type)
		}
	case "serve", "drop":
		return s.catalog(w, c[0], args)
	case "settle":
		for _, name := range args {
			r := w.Resolvers[name]
			if r == nil {
				return fmt.Errorf("no resolver %q", name)
			}
			r.Settle()
		}
	case "ask":
		return w.ask(ctx, args, out)
	default:
		return misbehave(w, c[0], args)
	}
	return nil
}

func question(words []string) (lookup.Question, error) {
	q := lookup.Question{Type: lookup.TypeA, Class: lookup.ClassIN}
	var err error
	if q.Name, err = lookup.ParseName(words[0]); err == nil && len(words) > 1 {
		q.Type, err = lookup.ParseType(words[1])
	}
	if err == nil && len(words) > 2 {
		err = q.Class.UnmarshalText([]byte(words[2]))
	}
	return q, err
}

func server(w *World, name string) (*auth.Server, error) {
	s := w.Lab.NameServer(strings.TrimSuffix(name, "."))
	if s == nil {
		return nil, fmt.Errorf("no name server %q", name)
	}
	return s, nil
}

// catalog changes the zones of a name server.
func (s *Scenario) catalog(w *World, command string, args []string) error {
	at, err := server(w, args[0])
	if err != nil {
		return err
	}
	zones := at.Catalog().Zones()
	without := func(origin string) {
		zones = slices.DeleteFunc(zones, func(z *auth.Zone) bool { return z.Origin() == origin })
	}
	for _, name := range args[1:] {
		if command == "drop" {
			without(name)
			continue
		}
		text, ok := s.Files[name]
		if !ok {
			return fmt.Errorf("no section %q", name)
		}
		z, err := auth.ParseZone(name, strings.NewReader(text))
		if err != nil {
			return err
		}
		without(z.Origin())
		zones = append(zones, z)
	}
	c, err := auth.NewCatalog(zones...)
	if err != nil {
		return err
	}
	at.SetCatalog(c)
	return nil
}
