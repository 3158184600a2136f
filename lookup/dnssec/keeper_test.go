package dnssec

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

type movedClock struct{ now time.Time }

func (c *movedClock) Now() time.Time { return c.now }

// A roll-over from a to b, by a program that is stopped and started again in the
// middle of the hold-down: the file carries what it knows.
func TestKeeperFollowsARollover(t *testing.T) {
	a, b := newRollKey(t), newRollKey(t)
	clock := &movedClock{epoch}
	file := []byte(managedHead + "\n" + a.record.String() + "\n")
	if !IsManaged(file) || IsManaged([]byte(a.record.String())) {
		t.Fatal("only a file that says so is kept up to date")
	}
	var set *Set
	failing := false
	var trusted *Anchors
	start := func() *Keeper {
		m, err := ReadManaged("anchors", file, clock.now)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		if trusted, err = m.Anchors(); err != nil {
			t.Fatal(err)
		}
		return NewKeeper(m, KeeperConfig{
			Clock: clock,
			Fetch: func(context.Context, lookup.Name) (message.Evidence, error) {
				if failing {
					return message.Evidence{}, errors.New("no answer")
				}
				rrs := append([]dns.RR{}, set.RRs...)
				for _, s := range set.Sigs {
					rrs = append(rrs, s)
				}
				return message.Evidence{Answer: rrs}, nil
			},
			Trust: func(a *Anchors) { trusted = a },
			Save: func(m *Managed) error {
				var out bytes.Buffer
				_, err := m.WriteTo(&out)
				file = out.Bytes()
				return err
			},
		})
	}
	keeper := start()
	tags := func() string {
		var out []string
		for _, ds := range trusted.DS(".") {
			out = append(out, map[uint16]string{a.record.KeyTag(): "a", b.record.KeyTag(): "b"}[ds.KeyTag])
		}
		return strings.Join(out, " ")
	}
	look := func(day float64, keys, signers []rollKey, want string) {
		t.Helper()
		clock.now = epoch.Add(time.Duration(day * 24 * float64(time.Hour)))
		set = published(t, clock.now, keys, signers)
		if _, err := keeper.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if tags() != want {
			t.Errorf("day %v: trusts %q, want %q", day, tags(), want)
		}
		// The file says the same, to this program and to any that reads anchors.
		read, err := ParseAnchors("anchors", bytes.NewReader(file))
		if err != nil || len(read.DS(".")) != len(trusted.DS(".")) {
			t.Errorf("day %v: %v, the file has\n%s", day, err, file)
		}
	}
	look(0, []rollKey{a}, []rollKey{a}, "a")
	if next := keeper.Next(); !next.After(clock.now) {
		t.Errorf("looks again at %v", next)
	}
	look(0.01, []rollKey{a, b}, []rollKey{a}, "a") // too early: nothing is asked
	if strings.Contains(string(file), string(KeyPending)) {
		t.Error("looked before it was time (RFC 5011 §2.3)")
	}
	look(2, []rollKey{a, b}, []rollKey{a}, "a")
	keeper = start() // the program is started again
	look(20, []rollKey{a, b}, []rollKey{a}, "a")
	look(33, []rollKey{a, b}, []rollKey{a}, "a b")
	keeper = start()
	look(40, []rollKey{a.revoked(), b}, []rollKey{a.revoked(), b}, "b")
	look(75, []rollKey{b}, []rollKey{b}, "b")
	if !strings.Contains(string(file), string(KeyRemoved)) {
		t.Errorf("the removed key is remembered, so that it does not come back:\n%s", file)
	}
	failing = true
	clock.now = clock.now.Add(20 * 24 * time.Hour)
	if _, err := keeper.Look(t.Context()); err == nil || keeper.Next() != clock.now.Add(time.Hour) || tags() != "b" {
		t.Errorf("without an answer: %v, again at %v, trusts %q", err, keeper.Next(), tags())
	}
}

func TestReadManagedRefusesWhatIsNoState(t *testing.T) {
	k := newRollKey(t).record.String()
	for _, text := range []string{
		"", managedHead, managedHead + "\n" + k + " ; state=odd since=2026-01-01T00:00:00Z until=-", managedHead + "\n" + k + " ; state=valid since=yesterday until=-",
		managedHead + "\n; " + k + " ; state=addPend since=2026-01-01T00:00:00Z until=-", managedHead + "\n. IN DNSKEY no key", managedHead + "\n; " + k + " ; state=revoked since=2026-01-01T00:00:00Z until=2026-02-01T00:00:00Z",
		strings.Repeat(";", maxAnchorFile+1),
	} {
		if m, err := ReadManaged("f", []byte(text), epoch); err == nil {
			t.Errorf("%.80q: %+v", text, m)
		}
	}
}
