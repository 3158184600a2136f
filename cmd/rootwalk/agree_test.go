package main

import (
	"net/netip"
	"testing"
	"time"

	"rootwalk/lookup/lookuptest/fakenet"
)

// atOnce is how many questions a resolver has to answer at a time. Dead
// servers take long, and nothing else is to wait for that.
const atOnce = 64

// hearings is how often what is in dispute is asked again.
const hearings = 3

// TestResolversAgree holds Rootwalk against Unbound, Knot Resolver and BIND.
//
// Everything is asked of all of them first, many questions at a time. Where the
// three agree, Rootwalk has to say the same: rcode, records, AD, and a TTL among
// theirs. What is in dispute is looked at more closely: resolvers that were just
// started and remember nothing are asked again, one question at a time. There the
// three agree and Rootwalk with them, or the case stands in
// testdata/disagreements.txt and each says what it says there. A case that is not
// in the list is an error, and so is one in the list that is none any more.
//
// On a busy machine packets are late, and a resolver that waits for them fails:
// what is unsettled is asked up to three times, and the log says so. Only
// failures are forgiven so. Whatever else Rootwalk says the first time or
// in between has to be what is right in the end.
func TestResolversAgree(t *testing.T) {
	listed := readDisagreements(t)
	f := startFakeInternet(t)
	questions := fakenet.Questions()
	var orders []asking
	before := map[netip.AddrPort]int{} // Rootwalk's open files, having answered once
	for k, m := range fakenet.Modes {
		orders = append(orders, f.resolvers(t, m, uint16(5300+k), questions, atOnce)...)
	}
	f.allUp(orders)
	var first []asking
	for i := len(contestants) - 1; i < len(orders); i += len(contestants) {
		first = append(first, asking{Server: orders[i].Server, Questions: questions[:1], AtOnce: 1})
	}
	f.ask(t, first)
	for _, o := range first {
		at := netip.MustParseAddrPort(o.Server)
		before[at] = openFiles(t, f.processAt(t, "rootwalk", at))
	}
	began := time.Now()
	all := f.ask(t, orders)
	t.Logf("%d questions to each of %d resolvers in %v", len(questions), len(orders), time.Since(began).Round(time.Second))
	for at, was := range before {
		f.closed(t, at, was)
	}

	open := make([][]*dispute, len(fakenet.Modes)) // by mode
	for k, m := range fakenet.Modes {
		for q, question := range questions {
			d := differenceOf(question, all[k*len(contestants):][:len(contestants)], q)
			entry := listed.find(m, question)
			if entry == nil && d.settled(time.Since(began)) {
				continue
			}
			p := &dispute{mode: m, question: question, entry: entry, file: f.world.Files}
			p.heard(d)
			open[k] = append(open[k], p)
		}
	}
	f.lookCloser(t, open)
	for k, m := range fakenet.Modes {
		cases, settled := 0, 0
		for _, p := range open[k] {
			for _, wrong := range p.wrong() {
				t.Errorf("%s: %s: %v", m.Name, wrong, p)
			}
			if p.entry != nil {
				cases++
			} else {
				settled++
				t.Logf("%s: settled when asked alone: %v", m.Name, p)
			}
		}
		t.Logf("%s: %d questions, the three do not agree about %d, all of them listed; %d more were settled when asked alone", m.Name, len(questions), cases, settled)
	}
}

// resolvers starts all four in a mode and returns an order for each. They are up
// after allUp.
func (f *fakeInternet) resolvers(t *testing.T, m fakenet.Mode, port uint16, questions []fakenet.Question, atOnce int) (orders []asking) {
	t.Helper()
	for i := range contestants {
		orders = append(orders, asking{Server: f.start(t, i, m, port), DO: m.Validate, Questions: questions, AtOnce: atOnce})
	}
	return orders
}

// allUp waits until all resolvers answer: they start side by side.
func (f *fakeInternet) allUp(orders []asking) {
	f.t.Helper()
	for _, o := range orders {
		f.up(o.Server)
	}
}

// lookCloser asks what is in dispute of resolvers that were just started, one
// question at a time, and again of new ones what is still not settled.
func (f *fakeInternet) lookCloser(t *testing.T, open [][]*dispute) {
	t.Helper()
	for round := range hearings {
		var orders []asking
		var of [][]*dispute
		for k, m := range fakenet.Modes {
			var questions []fakenet.Question
			var places []*dispute
			for _, p := range open[k] {
				if round == 0 || len(p.wrong()) > 0 {
					questions, places = append(questions, p.question), append(places, p)
				}
			}
			if len(places) == 0 {
				continue
			}
			if round > 0 {
				t.Logf("%s: asked once more: %v", m.Name, questions)
			}
			orders = append(orders, f.resolvers(t, m, uint16(5400+100*round+k), questions, 1)...)
			of = append(of, places)
		}
		if len(orders) == 0 {
			return
		}
		f.allUp(orders)
		began := time.Now()
		all := f.ask(t, orders)
		t.Logf("what is in dispute, one question at a time: %v", time.Since(began).Round(time.Millisecond))
		for k, places := range of {
			for q, p := range places {
				p.heard(differenceOf(p.question, all[k*len(contestants):][:len(contestants)], q))
				p.passed = time.Since(began)
			}
		}
	}
}
