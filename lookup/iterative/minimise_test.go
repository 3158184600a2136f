package iterative_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
)

// asked lists the questions that left, "name TYPE" each.
func (b *bench) asked() []string {
	var out []string
	for _, e := range b.trace.Events() {
		if f, ok := e.Fact.(lookup.QuerySent); ok {
			out = append(out, f.Question.String())
		}
	}
	return out
}

// Servers that do not bear parts of names: relaxed minimisation finds the
// answer, strict does not (RFC 9156 §2.3).
func TestServersThatDoNotBearPartsOfNames(t *testing.T) {
	for what, wrong := range map[string]func(m *dns.Msg){
		"empty non-terminals denied":   func(m *dns.Msg) { m.Rcode = dns.RcodeNameError; add(&m.Ns, "example. 60 SOA a. b. 1 2 3 4 60") },
		"SERVFAIL":                     func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure },
		"REFUSED":                      func(m *dns.Msg) { m.Rcode = dns.RcodeRefused },
		"neither answer nor authority": func(m *dns.Msg) { m.Authoritative = false },
	} {
		for _, how := range []iterative.Minimisation{iterative.MinimiseOn, iterative.MinimiseStrict} {
			b := newBench(t, func(c *iterative.Config) { c.Minimise = how })
			b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) { delegate(m, "example.", "ns.example.", "203.0.113.1") })
			b.serve("203.0.113.1", func(q dns.Question, m *dns.Msg) {
				if q.Name == "www.a.b.example." {
					add(&m.Answer, q.Name+" 60 A 203.0.113.99")
				} else {
					wrong(m)
				}
			})
			r := b.resolve("www.a.b.example.", lookup.TypeA)
			if answered := r.Outcome == lookup.OutcomeAnswer; answered != (how == iterative.MinimiseOn) {
				t.Errorf("%s, %s: %s after %q", what, how, r.Outcome, b.asked())
			}
			if how == iterative.MinimiseOn {
				// What was not believed is not kept either.
				if r := b.resolve("other.b.example.", lookup.TypeTXT); r.FromCache {
					t.Errorf("%s: a denial of an ancestor was kept", what)
				}
			}
		}
	}
}

// A name of many labels does not cost a query for each (RFC 9156 §2.3).
func TestMinimisingManyLabels(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Minimise = iterative.MinimiseOn })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {})
	b.resolve(lookup.Name(strings.Repeat("1.", 34)+"ip6.arpa."), lookup.TypePTR)
	asked := b.asked()
	if len(asked) > 11 || asked[0] != "arpa A" || asked[1] != "ip6.arpa A" || !strings.HasSuffix(asked[len(asked)-1], "PTR") {
		t.Errorf("%d queries: %q", len(asked), asked)
	}
	b.resolve("_25._tcp.mail.example.", lookup.Type(52))
	if got, want := b.asked(), []string{"example A", "mail.example A", "_25._tcp.mail.example TLSA"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// An ancestor that is an alias says nothing about the names below it.
func TestMinimisingBelowAnAlias(t *testing.T) {
	b := newBench(t, func(c *iterative.Config) { c.Minimise = iterative.MinimiseStrict })
	b.serve("198.41.0.4", func(q dns.Question, m *dns.Msg) {
		switch q.Name {
		case "alias.":
			m.Rcode = dns.RcodeNameError
			add(&m.Answer, "alias. 60 CNAME gone.")
			add(&m.Ns, ". 60 SOA a. b. 1 2 3 4 60")
		case "www.alias.":
			add(&m.Answer, "www.alias. 60 A 203.0.113.99")
		}
	})
	b.want(b.resolve("www.alias.", lookup.TypeA), lookup.OutcomeAnswer, lookup.RcodeNoError, "")
}
