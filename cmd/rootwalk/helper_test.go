package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup/lookuptest/fakenet"
)

// What tests have to do inside a namespace is done by the test's own program,
// started there with this variable set to the part that it is to play. Input
// and output are JSON.
const helperVariable = "ROOTWALK_TEST_PART"

func helper(part string) int {
	var err error
	switch part {
	case "ask":
		err = askers()
	case "pipe":
		err = pipe()
	case "crooked":
		err = beCrooked()
	case "hostile":
		err = beHostile()
	case "hostileweb":
		err = beHostileWeb()
	case "resolver":
		err = beResolver()
	case "delay":
		err = beDelay()
	default:
		err = fmt.Errorf("no part %q", part)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, part+":", err)
		return 1
	}
	return 0
}

// asking is an order to the asker: one resolver, and what to ask it.
type asking struct {
	Server    string // address and port
	DO        bool
	Questions []fakenet.Question
	AtOnce    int
}

// heard is what a resolver says.
type heard struct {
	Rcode  string // TIMEOUT if it says nothing
	AD     bool
	Answer []string // records without TTL, sorted
	TTL    uint32   // the lowest of the answer section
	Millis int64
	Why    string // extended errors (RFC 8914), for the log
}

// failed reports whether a resolver found nothing out. Saying nothing is a way of
// failing, and what comes with SERVFAIL is no answer.
func (a heard) failed() bool { return !a.AD && (a.Rcode == "SERVFAIL" || a.Rcode == "TIMEOUT") }

// same reports whether two resolvers say the same.
func (a heard) same(b heard) bool {
	return a.failed() && b.failed() || a.Rcode == b.Rcode && a.AD == b.AD && slices.Equal(a.Answer, b.Answer)
}

func (a heard) String() string {
	s := a.Rcode
	if len(a.Answer) > 0 {
		s += fmt.Sprintf(" TTL %d", a.TTL)
	}
	if a.AD {
		s += " AD"
	}
	s += a.Why
	for _, l := range a.Answer {
		if len(l) > 90 {
			l = l[:90] + "…"
		}
		s += "\n        " + l
	}
	return s
}

// askers carries out a list of orders at once.
func askers() error {
	var orders []asking
	if err := json.NewDecoder(os.Stdin).Decode(&orders); err != nil {
		return err
	}
	out := make([][]heard, len(orders))
	var wg sync.WaitGroup
	for i, o := range orders {
		out[i] = make([]heard, len(o.Questions))
		next := make(chan int)
		for range o.AtOnce {
			wg.Go(func() {
				for k := range next {
					out[i][k] = askOne(o.Server, o.Questions[k], o.DO)
				}
			})
		}
		wg.Go(func() {
			for k := range o.Questions {
				next <- k
			}
			close(next)
		})
	}
	wg.Wait()
	return json.NewEncoder(os.Stdout).Encode(out)
}

// A question is asked as stub resolvers do it: again, where nothing has come. Debian's
// Unbound drops a response that it has 1.9 s after the query or later
// (discard-timeout, against attacks with pulses of late responses), and waits for
// the next query.
const (
	patience = 4 * time.Second // with one query
	tries    = 3
)

func askOne(server string, q fakenet.Question, do bool) heard {
	m := new(dns.Msg)
	m.SetQuestion(q.Name, q.Type)
	m.SetEdns0(1232, do)
	began := time.Now()
	client := dns.Client{Timeout: patience, UDPSize: 1232}
	r, _, err := client.Exchange(m, server)
	for again := 1; err != nil && again < tries; again++ {
		r, _, err = client.Exchange(m, server)
	}
	if err == nil && r.Truncated {
		client.Net = "tcp"
		r, _, err = client.Exchange(m, server)
	}
	out := heard{Millis: time.Since(began).Milliseconds(), Answer: []string{}}
	if err != nil {
		out.Rcode = "TIMEOUT"
		return out
	}
	out.Rcode, out.AD = dns.RcodeToString[r.Rcode], r.AuthenticatedData
	for i, rr := range r.Answer {
		h := rr.Header()
		if i == 0 || h.Ttl < out.TTL {
			out.TTL = h.Ttl
		}
		out.Answer = append(out.Answer, normal(rr))
	}
	if opt := r.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EDE); ok {
				out.Why += " (" + e.String() + ")"
			}
		}
	}
	slices.Sort(out.Answer)
	out.Answer = slices.Compact(out.Answer)
	return out
}

// normal is a record as answers are compared: without its TTL and the case of its
// owner's letters.
func normal(rr dns.RR) string {
	rr = dns.Copy(rr)
	h := rr.Header()
	h.Ttl, h.Name = 0, strings.ToLower(h.Name)
	return strings.Join(strings.Fields(rr.String()), " ")
}

// beCrooked is the crooked server, with its zones from standard input.
func beCrooked() error {
	var in struct {
		Server fakenet.Server
		Files  map[string]string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return fakenet.ServeCrooked(ctx, in.Server, func(zone string) string { return in.Files[zone] }, func() { fmt.Println("ready") })
}

// delayLine is a way between two namespaces on which packets take a while.
type delayLine struct {
	Here, There   string // names of its devices: in the helper's own namespace, and in another
	Namespace     string // the other one
	MillisEachWay float64
}
