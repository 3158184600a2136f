package main

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// walked looks a name up in the lab and returns the trace.
func (s *site) walked(name, rrtype string) lookup.TraceFile {
	s.t.Helper()
	res, body := s.do("POST", "/lookups", "application/json", `{"name":"`+name+`","type":"`+rrtype+`"}`)
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("%d %s", res.StatusCode, body)
	}
	return s.traceOf(body)
}

func (s *site) traceOf(body string) lookup.TraceFile {
	s.t.Helper()
	f, err := lookup.ReadTraceFile([]byte(body))
	if err != nil {
		s.t.Fatalf("%v: %.200s", err, body)
	}
	return f
}

// first is the first event with a fact of a type.
func first[F lookup.Fact](t *testing.T, f lookup.TraceFile, ok func(F) bool) (lookup.Event, F) {
	t.Helper()
	for _, e := range f.Events {
		if x, is := e.Fact.(F); is && (ok == nil || ok(x)) {
			return e, x
		}
	}
	var none F
	t.Fatalf("%s: no %T", f.Title, none)
	return lookup.Event{}, none
}

// TestWhatServersMakeOfEditedMessages: each edit is one that a learner can make,
// and the reaction is that of the real server.
func TestWhatServersMakeOfEditedMessages(t *testing.T) {
	s := startSite(t)
	walk := s.walked("www.example.co.kr", "A")
	toR1, _ := first(t, walk, func(q lookup.QuerySent) bool { return q.By == lookup.RoleStub })
	toRoot, _ := first(t, walk, func(q lookup.QuerySent) bool { return q.Zone == lookup.Root })
	answer, _ := first[lookup.ReferralReceived](t, walk, nil)
	set := func(at int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] = v; return b }
	}
	same := func(b []byte) []byte { return b }
	const root, auth = "a.root-servers.net", "ns1.example.co.kr"
	for what, c := range map[string]struct {
		from              lookup.Event
		to, over, prefix  string
		edit              func([]byte) []byte
		kind, reason, end string // of the fact that tells the reaction, and of the last
	}{
		"nothing changed":             {toR1, "R1", "udp", "", same, "answer.received", "", "answer"},
		"the same to the root":        {toR1, root, "udp", "", same, "referral.received", "", "referral"},
		"the same to its own server":  {toR1, auth, "udp", "", same, "answer.received", "", "answer"},
		"over TCP":                    {toR1, "R1", "tcp", "", same, "answer.received", "", "answer"},
		"over TCP to a server":        {toRoot, auth, "tcp", "", same, "answer.received", "", "answer"},
		"another ID":                  {toR1, "R1", "udp", "", func(b []byte) []byte { b[0] ^= 0xff; return b }, "answer.received", "", "answer"},
		"RD=0, the resolver has it":   {toR1, "R1", "udp", "", set(2, 0), "answer.received", "", "answer"},
		"AA=1 in a query":             {toR1, auth, "udp", "", set(2, 4), "answer.received", "", "answer"},
		"QR=1":                        {toR1, "R1", "udp", "", set(2, 0x81), "query.timedOut", "", "unreachable"},
		"a response sent to a server": {answer, auth, "udp", "", same, "query.timedOut", "", "unreachable"},
		"opcode STATUS":               {toR1, "R1", "udp", "", set(2, 0x11), "failure.received", "NOTIMP", "failed"},
		"opcode STATUS to a server":   {toR1, auth, "udp", "", set(2, 0x11), "failure.received", "NOTIMP", "failed"},
		"two questions announced":     {toR1, "R1", "udp", "", set(5, 2), "failure.received", "FORMERR", "failed"},
		"two, to a server":            {toR1, auth, "udp", "", set(5, 2), "failure.received", "FORMERR", "failed"},
		"a label that is too long":    {toR1, auth, "udp", "", set(12, 60), "failure.received", "FORMERR", "failed"},
		"a pointer to itself":         {toR1, "R1", "udp", "", func(b []byte) []byte { b[12], b[13] = 0xc0, 12; return b }, "failure.received", "FORMERR", "failed"},
		"class CH":                    {toR1, auth, "udp", "", func(b []byte) []byte { b[12+19+3] = 3; return b }, "lame.received", "REFUSED", "refused"},
		"half a header":               {toR1, "R1", "udp", "", func(b []byte) []byte { return b[:6] }, "query.timedOut", "", "unreachable"},
		"a length that is too large":  {toR1, "R1", "tcp", "400", same, "query.timedOut", "", "unreachable"},
		"a length that is too small":  {toR1, "R1", "tcp", "20", same, "failure.received", "FORMERR", "failed"},
		"a byte behind the end":       {toR1, auth, "udp", "", func(b []byte) []byte { return append(b, 0) }, "answer.received", "", "answer"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			sent := c.edit(slices.Clone(lookup.WireMessage(c.from.Fact)))
			in, err := json.Marshal(map[string]any{"trace": walk.ID, "seq": c.from.Seq, "to": c.to, "transport": c.over, "prefix": c.prefix, "bytes": hex.EncodeToString(sent)})
			if err != nil {
				t.Fatal(err)
			}
			res, body := s.do("POST", "/resend", "application/json", string(in))
			if res.StatusCode != http.StatusCreated {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			trace := s.traceOf(body)
			_, edit := first[lookup.MessageEdited](t, trace, nil)
			_, query := first(t, trace, func(q lookup.QuerySent) bool { return q.By == lookup.RoleStub })
			if string(query.Message) != string(sent) || string(edit.Message) != string(lookup.WireMessage(c.from.Fact)) || edit.Of != walk.ID || query.Host != "device" || query.Transport != c.over {
				t.Errorf("sent %+v after %+v", query, edit)
			}
			end, ok := trace.Events[len(trace.Events)-1].Fact.(lookup.LookupFinished)
			if !ok || string(end.Outcome) != c.end {
				t.Errorf("ended with %+v", trace.Events[len(trace.Events)-1].Fact)
			}
			for _, e := range trace.Events {
				if lookup.Kind(e.Fact) == c.kind && strings.Contains(rcodeOf(e.Fact), c.reason) && e.Step == 1 {
					return
				}
			}
			t.Errorf("no %s %s in\n%s", c.kind, c.reason, body)
		})
	}
}

func rcodeOf(f lookup.Fact) string {
	switch x := f.(type) {
	case lookup.FailureReceived:
		return x.Rcode.String()
	case lookup.LameReceived:
		return x.Rcode.String()
	}
	return ""
}

func TestResendIsBounded(t *testing.T) {
	s := startSite(t)
	walk := s.walked("www.example.co.kr", "A")
	q, _ := first[lookup.QuerySent](t, walk, nil)
	valid := map[string]any{"trace": walk.ID, "seq": q.Seq, "to": "R1", "transport": "udp", "bytes": "00"}
	for what, c := range map[string]struct {
		member string
		value  any
		status int
		code   string
	}{
		"no such trace":      {"trace", "t0", 404, "trace.unknown"},
		"no such event":      {"seq", 99999, 404, "bytes.none"},
		"no message":         {"seq", 0, 404, "bytes.none"},
		"an address":         {"to", "198.51.100.99", 422, "bytes.target"},
		"somebody's web":     {"to", "www.example.co.kr", 422, "bytes.target"},
		"another transport":  {"transport", "sctp", 400, "command.malformed"},
		"no hex":             {"bytes", "0g", 422, "bytes.hex"},
		"half a byte":        {"bytes", "000", 422, "bytes.hex"},
		"nothing":            {"bytes", "", 422, "bytes.size"},
		"too much":           {"bytes", strings.Repeat("00", 4097), 422, "bytes.size"},
		"a number as length": {"prefix", 7, 400, "command.malformed"},
	} {
		in := map[string]any{}
		for k, v := range valid {
			in[k] = v
		}
		in[c.member] = c.value
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		res, body := s.do("POST", "/resend", "application/json", string(b))
		if res.StatusCode != c.status || !strings.Contains(body, `"`+c.code+`"`) {
			t.Errorf("%s: %d %s", what, res.StatusCode, body)
		}
	}
}

func TestResendIsBoundedInRate(t *testing.T) {
	s := startSite(t)
	busy := 0
	for range 200 {
		res, body := s.do("POST", "/resend", "application/json", `{"trace":"t0"}`)
		switch {
		case res.StatusCode == http.StatusServiceUnavailable && strings.Contains(body, `"busy"`) && res.Header.Get("Retry-After") != "":
			busy++
		case res.StatusCode != http.StatusNotFound:
			t.Fatalf("%d %s", res.StatusCode, body)
		}
	}
	if busy == 0 {
		t.Error("200 at once, and none was too many")
	}
}
