package main

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/predict"
	"rootwalk/static"
)

// lookedUp looks a name up and returns the trace.
func lookedUp(t *testing.T, in *labInternet, name, rrtype string) []lookup.Event {
	t.Helper()
	n, err := lookup.ParseName(name)
	if err != nil {
		t.Fatal(err)
	}
	typ, err := lookup.ParseType(rrtype)
	if err != nil {
		t.Fatal(err)
	}
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t1", Network: "lab"})
	in.Lookup(t.Context(), trace.Root(), room.Ask{Question: lookup.Question{Name: n, Type: typ, Class: lookup.ClassIN}})
	trace.Finish()
	return trace.Events()
}

// told is what a trace asks, and what came true: "next.root=server kr".
func told(d lookup.Decision) string {
	o := d.Options[d.Right]
	text := d.Key + "=" + o.Key
	if o.Key == "tcp" {
		return text // which of the servers it is, chance decides
	}
	for _, p := range []string{"zone", "name", "ttl"} {
		if v := o.Params[p]; v != "" {
			text += " " + v
			break
		}
	}
	return text
}

// sayable checks that every sentence about a decision is there in both
// languages, with no blank left, and that the right option alone is right.
func sayable(t *testing.T, d lookup.Decision) {
	t.Helper()
	for _, lang := range []string{"en", "ko"} {
		w, err := lookup.ParseWords(lang, static.File("i18n/"+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		say := []string{w.With("predict.ask."+d.Key, d.Params), w.With("predict.saw."+d.Key, d.Params), w.With("predict.why."+d.Why, d.Params)}
		for i, o := range d.Options {
			say = append(say, w.With("predict.option."+o.Key, o.Params))
			if (d.Wrong[i] == "") != (i == d.Right) {
				t.Errorf("%s: option %d has misconception %q", told(d), i, d.Wrong[i])
			}
			if d.Wrong[i] != "" {
				say = append(say, w.Say("predict.wrong."+d.Wrong[i]))
			}
		}
		for _, s := range say {
			if strings.HasPrefix(s, "predict.") || strings.ContainsAny(s, "{}") {
				t.Errorf("%s: %q", told(d), s)
			}
		}
	}
}

// What goes wrong is asked about too: what does the resolver do, and what the
// device?
func TestDecisionsWhereSomethingIsBroken(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, c := range []struct {
		fault      lookup.Fault
		name, want string
	}{
		{lookup.Fault{Kind: lookup.FaultStopped, At: "resolver:R1"}, "www.example.co.kr", "after.device.unreachable=resolver R2"},
		{lookup.Fault{Kind: lookup.FaultStopped, At: "server:ns1.example.co.kr"}, "www.example.co.kr", "after.unreachable=other example.co.kr"},
		{lookup.Fault{Kind: lookup.FaultLame, At: "server:ns1.sister.example"}, "www.sister.example", "after.lame=other sister.example"},
		{lookup.Fault{Kind: lookup.FaultServfail, At: "server:ns1.shop.example"}, "www.shop.example", "after.failure=other shop.example"},
		{lookup.Fault{Kind: lookup.FaultWrongID, At: "server:ns1.example.co.kr"}, "www.example.co.kr", "after.timeout=other example.co.kr"},
	} {
		if err := in.SetFaults(c.fault); err != nil {
			t.Fatal(err)
		}
		found := false
		for range 40 {
			in.Afresh()
			decisions, _ := predict.Decisions(lookedUp(t, in, c.name, "A"), true)
			for _, d := range decisions {
				sayable(t, d)
				found = found || told(d) == c.want
			}
			if found {
				break
			}
		}
		if !found {
			t.Errorf("%+v: nobody asks %s", c.fault, c.want)
		}
	}
}

func TestDecisionsComeFromRealSituations(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	check := func(name, rrtype string, want ...string) {
		t.Helper()
		events := lookedUp(t, in, name, rrtype)
		found, _ := predict.Decisions(events, true)
		var got []string
		for _, d := range found {
			got = append(got, told(d))
			sayable(t, d)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s %s asks\n%s\nwant\n%s", name, rrtype, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	check("www.example.co.kr", "A", "cache=hints .", "reply.root=referral kr", "next.root=server kr", "next=server example.co.kr", "reply=data www.example.co.kr", "ttl=ttl 300")
	flush := func(caches ...string) {
		t.Helper()
		for _, c := range caches {
			if err := in.Flush(c, "", 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	flush("browser")
	check("www.example.co.kr", "A", "cache.device=hit.device")
	flush("browser", "device")
	if err := in.clock.Skip(60e9); err != nil {
		t.Fatal(err)
	}
	check("www.example.co.kr", "A", "cache=hit", "ttl=ttl 240")
	check("nothere.example.co.kr", "A", "cache=zone example.co.kr", "reply=nxdomain nothere.example.co.kr")
	flush("all")
	check("www.nodata.example", "AAAA", "cache=hints .", "reply.root=referral example", "next.root=server example", "next=server nodata.example", "reply=nodata www.nodata.example")
	check("t4k.big.test", "TXT", "cache=hints .", "reply.root=referral test", "next.root=server test", "next=server big.test", "transport=tcp", "reply=data t4k.big.test", "ttl=ttl 300")
}

var hiddenDecision = regexp.MustCompile(`name="decision" value="(d\d+)"`)

// A held trace tells nothing of what is asked: not as a file, not as a page,
// not in the caches; and it can be gone through as forms.
func TestAHeldTraceTellsNothing(t *testing.T) {
	s := startSite(t)
	res, _ := s.do("POST", "/lookups", "application/x-www-form-urlencoded", "name=www.sample.co.kr&type=A&network=lab&predict=on")
	at := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/lookups/t") {
		t.Fatalf("%d %s", res.StatusCode, at)
	}
	const answer = "203.0.113.142"
	asked := 0
	for range 40 {
		_, page := s.get(at)
		_, file := s.get(at + ".json")
		f, err := lookup.ReadTraceFile([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		last := kindOf(f.Events[len(f.Events)-1])
		m := hiddenDecision.FindStringSubmatch(page)
		if m == nil {
			break
		}
		do := "observe"
		if strings.Contains(page, `value="predict"`) {
			do = "predict"
			asked++
			_, home := s.get("/")
			for _, text := range []string{page, file, home} {
				if last != "answer.received" && strings.Contains(text, answer) && !knownAlready(f, answer) {
					t.Fatalf("at %s, after %s, the answer is told", m[1], last)
				}
			}
		}
		form := url.Values{"do": {do}, "decision": {m[1]}, "option": {"0"}, "sure": {"yes"}}
		if res, body := s.do("POST", at+"/predict", "application/x-www-form-urlencoded", form.Encode()); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s %s: %d %s", do, m[1], res.StatusCode, body)
		}
	}
	if asked != 6 {
		t.Errorf("%d questions were asked", asked)
	}
	_, file := s.get(at + ".json")
	f, err := lookup.ReadTraceFile([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if end := finished(t, f); end.Outcome != lookup.OutcomeAnswer {
		t.Errorf("ended with %s", end.Outcome)
	}
	if _, page := s.get(at); !strings.Contains(page, answer) {
		t.Error("the whole page does not show the answer")
	}
}

func kindOf(e lookup.Event) string { return lookup.Kind(e.Fact) }

// knownAlready reports whether the shown part of a trace has a text.
func knownAlready(f lookup.TraceFile, text string) bool {
	for _, e := range f.Events {
		if x, ok := e.Fact.(lookup.AnswerReceived); ok && len(x.Records) > 0 && x.Records[0].Data == text {
			return true
		}
	}
	return false
}

func TestPredictingOverTheSocket(t *testing.T) {
	s := startSite(t)
	k := s.socket()
	k.send(`{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A","network":"lab","gate":true}`)
	type told struct {
		ID, Trace string
		End       bool
		Events    []lookup.Event
		Error     *struct{ Code string }
		Held      *struct {
			Decision string
			Predict  lookup.Prediction
		}
		Result *room.Verdict
	}
	held, last := 0, -1
	asked := map[string]int{} // the last event that was told before each question: the next one may come before a verdict
	for {
		_, b, err := k.c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var f told
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if f.Error != nil {
			t.Fatalf("%s", b)
		}
		for _, e := range f.Events {
			last = e.Seq
		}
		if f.Held != nil {
			held++
			asked[f.Held.Decision] = last
			if strings.Contains(string(b), "M0") || len(f.Held.Predict.Options) < 2 {
				t.Fatalf("%s", b)
			}
			k.send(`{"id":"p%d","do":"predict","trace":%q,"decision":%q,"option":1,"sure":false}`, held, f.Trace, f.Held.Decision)
		}
		if strings.HasPrefix(f.ID, "p") {
			if f.Result == nil {
				t.Fatalf("%s", b)
			}
			if before, ok := asked[f.Result.Decision]; !ok || f.Result.Shown <= before {
				t.Fatalf("what was asked about had been told before: %s, last event %d", b, before)
			}
		}
		if f.End {
			break
		}
	}
	if held != 6 {
		t.Errorf("held %d times", held)
	}
	k.send(`{"id":"c9","do":"predict","trace":"tnone","decision":"d1","option":0}`)
	for {
		if f := k.read(); f.ID == "c9" {
			if f.Error == nil || f.Error.Code != "trace.unknown" {
				t.Errorf("%+v", f)
			}
			return
		}
	}
}
