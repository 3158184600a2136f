package transport_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/message"
	"rootwalk/lookup/transport"
)

// keeper is a client that keeps connections, and a server whose answers over
// UDP are all truncated.
type keeper struct {
	t      *testing.T
	client *transport.Client
	closes atomic.Bool // the server closes each connection after its next query, unanswered
}

func newKeeper(t *testing.T, keep time.Duration) *keeper {
	k := &keeper{t: t}
	w := lookuptest.NewWire()
	w.Handle(at, func(p lookuptest.Packet) [][]byte {
		if p.TCP && k.closes.CompareAndSwap(true, false) {
			return nil
		}
		return [][]byte{reply(t, p, func(m *dns.Msg) { m.Truncated = !p.TCP })}
	})
	k.client = transport.New(transport.Config{Network: w, Party: lookup.Party{By: lookup.RoleResolver, Host: "R1"}, KeepTCP: keep})
	t.Cleanup(k.client.Close)
	return k
}

// ask asks and returns the keys of the facts.
func (k *keeper) ask(ctx context.Context) (string, *message.Response, error) {
	tr := lookup.NewTrace(lookup.TraceConfig{})
	r, err := k.client.Ask(ctx, tr.Root(), message.Query{
		Server: lookup.Server{Name: "ns1.example.", Addr: at, Role: lookup.RoleAuthoritative}, Zone: "example.", Question: question, Try: 1, Timeout: 2 * time.Second,
	})
	var keys []string
	for _, e := range tr.Events() {
		keys = append(keys, e.Fact.Line().Key)
	}
	return strings.Join(keys, " "), r, err
}

const (
	cut    = "query.sent.resolver truncation.received "
	answer = "query.sent.resolver answer.received.resolver"
	opened = cut + "connection.opened " + answer
	reused = cut + "connection.reused " + answer
)

func (k *keeper) want(want string, sent int) {
	k.t.Helper()
	if keys, r, err := k.ask(k.t.Context()); err != nil || keys != want || r.Sent != sent || !r.TCP {
		k.t.Errorf("%s, %d packets, %v\nwant %s, %d", keys, r.Sent, err, want, sent)
	}
}

func TestAConnectionServesTheNextQuestion(t *testing.T) {
	k := newKeeper(t, time.Hour)
	k.want(opened, 2)
	k.want(reused, 2)
	k.want(reused, 2)
	k.client.Close()
	k.want(opened, 2)
	k.want(opened, 2) // what is closed keeps nothing

	without := newKeeper(t, 0)
	without.want(opened, 2)
	without.want(opened, 2)
}

// A server may close an idle connection at the very moment at which a query is
// on its way (RFC 7766 §6.2.4): the question is asked again, once.
func TestAConnectionThatWasClosedMeanwhile(t *testing.T) {
	k := newKeeper(t, time.Hour)
	k.want(opened, 2)
	k.closes.Store(true)
	k.want(cut+"connection.reused query.sent.resolver query.failed.closed connection.opened "+answer, 3)
	k.want(reused, 2)
}

// Who keeps a connection does not keep it for ever, and whoever asks in the
// moment in which it closes gets another.
func TestAConnectionIsKeptForAWhile(t *testing.T) {
	k := newKeeper(t, time.Nanosecond)
	for range 50 {
		keys, r, err := k.ask(t.Context())
		if err != nil || r.Verdict != message.Answer {
			t.Fatalf("%s: %v", keys, err)
		}
	}
}

// A connection on which an exchange was given up is of no more use.
func TestAnAbandonedConnectionIsNotKept(t *testing.T) {
	k := newKeeper(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := k.ask(ctx); err == nil {
		t.Error("no error")
	}
	k.want(opened, 2)
}
