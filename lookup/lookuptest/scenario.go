package lookuptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lab/auth"
	"rootwalk/lookup/message"
)

// Scenario is a lesson as a test: a script, zone texts, and the transcript
// that running it gives. Its file has the txtar form: the script comes first,
// then sections headed "-- name --", the last of which is the transcript.
//
// The commands of the script, one on a line, # begins a comment:
//
//	lookup NAME [TYPE [CLASS]]      the device looks something up
//	skip 300s                       lesson time passes
//	flush CACHE [NAME TYPE]         a cache forgets all, or one thing
//	serve SERVER FILE ...           a name server serves more zones
//	drop SERVER ZONE ...            it does not serve these any more
//	mute SERVER ...                 it says nothing from now on
//	rcode SERVER RCODE              it answers everything with this rcode
//	fix SERVER ...                  it is well again
//	order R2 R1                     the resolvers of the device (before all others)
//	with qname-min off|on|strict    how its resolvers differ from the usual (before all others)
//	with priming on
//	with browser on                 a browser with its own cache runs on the device
//	with stale 24h                  and for how long
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

// set takes one of the commands that say how a world is made.
func (c *WorldConfig) set(words []string) error {
	if words[0] == "order" {
		c.StubServer = words[1:]
		return nil
	}
	if len(words) != 3 {
		return errUsage
	}
	before := c.Resolver
	change := func(edit func(r *iterative.Config)) {
		c.Resolver = func(r *iterative.Config) {
			if before != nil {
				before(r)
			}
			edit(r)
		}
	}
	switch words[1] {
	case "browser":
		c.Browser = words[2] == "on"
	case "qname-min":
		change(func(r *iterative.Config) { r.Minimise = iterative.Minimisation(words[2]) })
	case "priming":
		change(func(r *iterative.Config) { r.Priming = words[2] == "on" })
	case "stale":
		change(func(r *iterative.Config) { r.ServeStale, r.StaleAfter = true, time.Minute })
		d, err := time.ParseDuration(words[2])
		c.StaleFor = d
		return err
	default:
		return errors.New("no such setting")
	}
	return nil
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
	case "mute":
		return behave(w, args, func(auth.Exchange) ([]byte, time.Duration) { return nil, 0 })
	case "fix":
		return behave(w, args, nil)
	case "rcode":
		if len(args) != 2 {
			return errUsage
		}
		rcode, ok := dns.StringToRcode[args[1]]
		if !ok {
			return fmt.Errorf("no rcode %q", args[1])
		}
		return behave(w, args[:1], func(x auth.Exchange) ([]byte, time.Duration) {
			var m dns.Msg
			if m.Unpack(x.Query) != nil {
				return nil, 0
			}
			r := new(dns.Msg).SetRcode(&m, rcode)
			r.SetEdns0(message.UDPSize, false)
			b, _ := r.Pack()
			return b, 0
		})
	default:
		return errors.New("no such command")
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

func behave(w *World, names []string, b auth.Behaviour) error {
	for _, name := range names {
		s, err := server(w, name)
		if err != nil {
			return err
		}
		s.SetBehaviour(b)
	}
	return nil
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
