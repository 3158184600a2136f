package hosting

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// ask puts one question to a server's address over UDP.
func (w *world) ask(server lookup.Name, name string, typ uint16) *dns.Msg {
	w.t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(name, typ)
	r, _, err := new(dns.Client).Exchange(m, w.server(w.sites[server]).Addr.String())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// RFC 1996, 1995: a change at the primary is notified, compared and copied as
// a difference, and the secondary answers with it at once.
func TestAChangeTravelsAsADifference(t *testing.T) {
	w := newWorld(t)
	run, err := w.Put(version(t, 2026010101, "192.0.2.1", "192.0.2.99"), true)
	if err != nil {
		t.Fatal(err)
	}
	facts := w.trace()
	select {
	case <-run.Done:
	case <-time.After(10 * time.Second):
		t.Fatal("the run is not done")
	}
	if run.Trace == "" {
		t.Error("the run has no trace")
	}
	diff := find[lookup.DiffApplied](t, facts)
	if len(diff.Deleted) != 1 || len(diff.Added) != 1 || diff.Deleted[0].Data != "192.0.2.1" || diff.Added[0].Data != "192.0.2.99" || diff.From != 2026010100 || diff.To != 2026010101 {
		t.Errorf("difference: %+v", diff)
	}
	if n := find[lookup.NotifyReceived](t, facts); !n.Accepted || n.From.Addr() != netip.MustParseAddr("127.0.0.2") {
		t.Errorf("NOTIFY: %+v", n)
	}
	if c := find[lookup.SerialCompared](t, facts); c.Order != lookup.SerialNewer || c.Have != 2026010100 {
		t.Errorf("compared: %+v", c)
	}
	if r := find[lookup.TransferRequested](t, facts); r.Type != lookup.TypeIXFR || r.Have != 2026010100 || r.From.Addr() != netip.MustParseAddr("127.0.0.3") {
		t.Errorf("request: %+v", r)
	}
	if f := find[lookup.RefreshFinished](t, facts); f.Outcome != "updated" || f.Copy.Serial != 2026010101 {
		t.Errorf("finished: %+v", f)
	}
	r := w.ask(ns2, "www.example.test.", dns.TypeA)
	if len(r.Answer) != 1 || !r.Authoritative || r.Answer[0].(*dns.A).A.String() != "192.0.2.99" {
		t.Errorf("the secondary says %v", r)
	}
}

// RFC 5936 section 2.2: the whole zone comes as several messages, from SOA to
// SOA, where no difference is known.
func TestForgottenChangesMakeAWholeTransfer(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Put(version(t, 2026010101, "192.0.2.1", "192.0.2.99"), false); err != nil {
		t.Fatal(err)
	}
	w.trace()
	if err := w.Forget(our); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Refresh(our); err != nil {
		t.Fatal(err)
	}
	facts := w.trace()
	if f := find[lookup.TransferFellBack](t, facts); f.Reason != "whole" {
		t.Errorf("fell back: %+v", f)
	}
	messages := all[lookup.TransferReceived](facts)
	if len(messages) < 3 {
		t.Fatalf("the zone came in %d messages", len(messages))
	}
	var records []lookup.Record
	for i, m := range messages {
		records = append(records, m.Records...)
		if m.Number != i+1 || m.Last != (i == len(messages)-1) || len(m.Message) == 0 {
			t.Errorf("message %d: number %d, last %v", i, m.Number, m.Last)
		}
		parsed := new(dns.Msg)
		if err := parsed.Unpack(m.Message); err != nil || (len(parsed.Question) == 1) != (i == 0) || !parsed.Authoritative {
			t.Errorf("message %d: %v %v", i, parsed, err)
		}
	}
	if first, last := records[0], records[len(records)-1]; first.Type != lookup.TypeSOA || first != last {
		t.Errorf("the stream goes from %v to %v", first, last)
	}
	if z := find[lookup.ZoneReplaced](t, facts); z.Serial != 2026010101 || z.Records != 9 || len(records) != z.Records+1 {
		t.Errorf("replaced: %+v, %d records came", z, len(records))
	}
}

// Without a newer serial nothing is copied, whatever changed (RFC 1982, 1034
// section 4.3.5); and a serial may go round the corner.
func TestOnlyANewerSerialIsCopied(t *testing.T) {
	for _, c := range []struct {
		serial uint32
		order  lookup.SerialOrder
		copied bool
	}{
		{2026010100, lookup.SerialSame, false},
		{2026010099, lookup.SerialOlder, false},
		{2026010100 + 1<<31, lookup.SerialUndefined, false},
		{2026010100 + 1<<31 - 1, lookup.SerialNewer, true},
		{2026010100 + 1<<31 + 1, lookup.SerialOlder, false},
	} {
		w := newWorld(t)
		if _, err := w.Put(version(t, c.serial, "192.0.2.1", "192.0.2.99"), true); err != nil {
			t.Fatal(err)
		}
		facts := w.trace()
		if got := find[lookup.SerialCompared](t, facts); got.Order != c.order {
			t.Errorf("%d is %s, want %s", c.serial, got.Order, c.order)
		}
		if copied := w.copyAt(ns2).Serial == c.serial && c.serial != 2026010100; copied != c.copied {
			t.Errorf("serial %d copied: %v", c.serial, copied)
		}
		if got := w.ask(ns2, "www.example.test.", dns.TypeA).Answer[0].(*dns.A).A.String(); (got == "192.0.2.99") != c.copied {
			t.Errorf("serial %d: the secondary says %s", c.serial, got)
		}
	}
}

// The SOA's times on lesson time: refresh, retry, expire (RFC 1034 section
// 4.3.5). With the primary down the secondary goes on answering, until its copy
// is too old; when the primary is back and has nothing newer, the copy is good again.
func TestTimersFollowTheLessonClock(t *testing.T) {
	w := newWorld(t)
	w.skip(59 * time.Minute)
	select {
	case <-w.traces:
		t.Fatal("the secondary asked before REFRESH was over")
	case <-time.After(50 * time.Millisecond): // it would ask at once
	}
	w.skip(time.Minute)
	facts := w.trace()
	if d := find[lookup.TimerDue](t, facts); d.Timer != "refresh" || d.Sec != 3600 {
		t.Errorf("due: %+v", d)
	}
	if f := find[lookup.RefreshFinished](t, facts); f.Outcome != "current" || !f.Copy.NextAt.Equal(w.clock.Now().Add(time.Hour)) || !f.Copy.ExpiresAt.Equal(w.clock.Now().Add(24*time.Hour)) {
		t.Errorf("after the refresh: %+v at %v", f, w.clock.Now())
	}

	if err := w.SetDown(ns1, true); err != nil {
		t.Fatal(err)
	}
	w.skip(time.Hour)
	facts = w.trace()
	if f := find[lookup.RefreshFinished](t, facts); f.Outcome != "unreachable" || f.Copy.Timer != "retry" || !f.Copy.NextAt.Equal(w.clock.Now().Add(10*time.Minute)) {
		t.Errorf("with the primary down: %+v", f)
	}
	if n := len(all[lookup.SerialUnanswered](facts)); n != askTries {
		t.Errorf("%d questions went unanswered", n)
	}
	if r := w.ask(ns2, "www.example.test.", dns.TypeA); len(r.Answer) != 1 || !r.Authoritative {
		t.Errorf("with the primary down the secondary says %v", r)
	}

	w.skip(10 * time.Minute)
	if d := find[lookup.TimerDue](t, w.trace()); d.Timer != "retry" {
		t.Errorf("due: %+v", d)
	}
	w.skip(24 * time.Hour)
	expired := false
	for range 2 { // the retry that was due, and the end of the copy
		facts = w.trace()
		for _, f := range all[lookup.ZoneExpired](facts) {
			expired = f.ExpireSec == 86400
		}
	}
	if !expired || !w.copyAt(ns2).Expired {
		t.Error("the copy has not expired")
	}
	if r := w.ask(ns2, "www.example.test.", dns.TypeA); r.Rcode != dns.RcodeServerFailure || r.Authoritative {
		t.Errorf("from an expired zone: %v", r)
	}

	if err := w.SetDown(ns1, false); err != nil {
		t.Fatal(err)
	}
	w.skip(10 * time.Minute)
	facts = w.trace()
	if f := find[lookup.RefreshFinished](t, facts); f.Outcome != "current" || f.Copy.Expired {
		t.Errorf("when the primary is back: %+v", f)
	}
	if r := w.ask(ns2, "www.example.test.", dns.TypeA); r.Rcode != dns.RcodeSuccess {
		t.Errorf("when the primary is back: %v", r)
	}
}

// Who is no secondary gets REFUSED and not one record (RFC 5936 section 5).
func TestStrangersGetNothing(t *testing.T) {
	w := newWorld(t)
	if _, err := w.TryTransfer(our); err != nil {
		t.Fatal(err)
	}
	facts := w.trace()
	if f := find[lookup.TransferRefused](t, facts); f.Rcode != dns.RcodeRefused || f.Client != "device" || f.Type != lookup.TypeAXFR {
		t.Errorf("refused: %+v", f)
	}
	for _, c := range []string{"127.0.0.1:0", "127.0.0.3:0"} { // the second is the secondary's
		tr := &dns.Transfer{}
		conn, err := loopback{}.DialFrom(context.Background(), "tcp", netip.MustParseAddrPort(c), w.server(w.sites[ns1]).Addr.String())
		if err != nil {
			t.Fatal(err)
		}
		tr.Conn = &dns.Conn{Conn: conn}
		m := new(dns.Msg)
		m.SetAxfr("example.test.")
		ch, err := tr.In(m, "")
		if err != nil {
			t.Fatal(err)
		}
		n, failed := 0, false
		for e := range ch {
			n += len(e.RR)
			failed = failed || e.Error != nil
		}
		if allowed := c == "127.0.0.3:0"; (n > 0 && !failed) != allowed {
			t.Errorf("from %s: %d records, failed %v", c, n, failed)
		}
	}
}

// A NOTIFY from somebody else changes nothing (RFC 1996 section 3.10).
func TestForgedNotify(t *testing.T) {
	w := newWorld(t)
	m := new(dns.Msg)
	m.SetNotify("example.test.")
	r, _, err := new(dns.Client).Exchange(m, w.server(w.sites[ns2]).Addr.String())
	if err != nil || r.Rcode != dns.RcodeRefused || r.Opcode != dns.OpcodeNotify {
		t.Errorf("response: %v %v", r, err)
	}
	facts := w.trace()
	if n := find[lookup.NotifyReceived](t, facts); n.Accepted || len(all[lookup.RefreshStarted](facts)) > 0 {
		t.Errorf("%s: %+v", kinds(facts), n)
	}
	m.Question[0].Name = "other.test."
	if r, _, err := new(dns.Client).Exchange(m, w.server(w.sites[ns2]).Addr.String()); err != nil || r.Rcode != dns.RcodeNotAuth {
		t.Errorf("about a zone it does not have: %v %v", r, err)
	}
}

// A secondary that is down hears no NOTIFY, and catches up by its timer.
func TestADeafSecondaryCatchesUp(t *testing.T) {
	w := newWorld(t)
	_ = w.SetDown(ns2, true)
	if _, err := w.Address(our, "www.example.test.", netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.7"), true, true); err != nil {
		t.Fatal(err)
	}
	facts := w.trace()
	if n := len(all[lookup.NotifyUnanswered](facts)); n != notifyTries {
		t.Errorf("%d NOTIFYs went unanswered: %s", n, kinds(facts))
	}
	w.skip(2 * time.Hour)
	_ = w.SetDown(ns2, false)
	if f := find[lookup.RefreshFinished](t, w.trace()); f.Outcome != "updated" {
		t.Errorf("%+v", f)
	}
}

func TestWhatDoesNotExist(t *testing.T) {
	w := newWorld(t)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for what, err := range map[string]error{
		"zone":   second(w.Notify("nowhere.test.")),
		"record": second(w.Address(our, "nobody.example.test.", a, b, true, true)),
		"family": second(w.Address(our, "www.example.test.", a, netip.MustParseAddr("::1"), true, true)),
	} {
		if !errors.Is(err, ErrUnknownZone) && !errors.Is(err, ErrUnknownRecord) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.SetDown("ns9.example.test.", true); !errors.Is(err, ErrUnknownServer) {
		t.Error(err)
	}
	w.Close()
	if _, err := w.Notify(our); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func second(_ Run, err error) error { return err }

// What a difference leads to is what it was made from.
func TestDifferenceAndApply(t *testing.T) {
	old := parse(t, zoneText)
	next := version(t, 2026010102, "192.0.2.3", "192.0.2.4", "www A", "web A", "$TTL 300", "$TTL 60")
	c := difference(old, next)
	got, err := apply(old, c)
	if err != nil {
		t.Fatal(err)
	}
	text := func(z *auth.Zone) string {
		var b strings.Builder
		for _, rr := range z.RRs() {
			b.WriteString(rr.String() + "\n")
		}
		return b.String()
	}
	if text(got) != text(next) {
		t.Errorf("applied:\n%swant:\n%s", text(got), text(next))
	}
	if _, err := apply(next, c); !errors.Is(err, errOutOfStep) {
		t.Error("a difference was applied to another version:", err)
	}
}
