package lookup

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var updateLines = flag.Bool("update-lines", false, "write static/test/lines.json")

// lineCase is one fact and the line that tells it: what static/js/line.js must
// say as well (static/test/line.test.mjs).
type lineCase struct {
	Kind   string            `json:"kind"`
	Fact   json.RawMessage   `json:"fact"`
	Key    string            `json:"key"`
	Params map[string]string `json:"params"`
}

// The cases are the zero value of every fact, for every line key the first
// fact of the recorded traces that has it, and facts that take the other
// branches of a Line method.
func TestLinesAreTheBrowsers(t *testing.T) {
	var facts []Fact
	for _, f := range Examples() {
		if !DrawnByServer(f) {
			facts = append(facts, f)
		}
	}
	seen := map[string]bool{}
	paths, err := filepath.Glob("../static/test/traces/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded traces: %v", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		file, err := ReadTraceFile(data)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		for _, e := range file.Events {
			if key := e.Fact.Line().Key; !seen[key] {
				seen[key] = true
				facts = append(facts, e.Fact)
			}
		}
	}
	many := make([]Record, 7)
	for i := range many {
		many[i] = Record{Name: "Many.example.", Type: TypeTXT, Class: ClassIN, TTLSec: 60, Data: string(bytes.Repeat([]byte{'a' + byte(i)}, 30*i+1))}
	}
	many[6].Name = "many.EXAMPLE."
	servers := make([]NameServer, 6)
	for i := range servers {
		servers[i] = NameServer{Name: Name(string(rune('a'+i)) + ".example.")}
	}
	q := Question{Name: "Many.example.", Type: Type(65400), Class: ClassCH}
	for _, o := range Outcomes() {
		facts = append(facts, LookupFinished{Question: q, Host: "device", Outcome: o, Records: many}, ResolutionFinished{Question: q, Host: "R1", Outcome: o, Records: many[:1]})
	}
	for n := range 4 {
		facts = append(facts, CacheOpened{Snapshot: CacheSnapshot{Cache: "R1", Entries: make([]CacheEntry, n/2), Dropped: n - n/2}})
	}
	for _, o := range Outcomes() {
		facts = append(facts, ResponseSent{Host: "R1", Client: "198.51.100.0/24", Transport: "https", Question: q, Outcome: o, Records: many, Message: Message{1, 2}})
	}
	facts = append(facts,
		HostsSearched{Host: "device", Name: ".", Found: many[:2]},
		ServersListed{Host: "R1", Name: `esc\.aped.example.`, Zone: ".", Source: "hints", Servers: servers},
		ReferralReceived{Child: "example.", Servers: servers},
		QuerySent{Party: Party{RoleStub, "device"}, Question: q, Try: 3, Transport: "tcp", Message: Message{1, 2, 3, 4}},
		QuerySent{Party: Party{RoleResolver, "R1"}, Question: q, Try: 1, Transport: "udp", Message: Message{1, 2, 3, 4, 5}},
		QuerySent{Party: Party{RoleStub, "device"}, Question: q, Zone: "example.", Try: 1, Transport: "udp", Message: Message{1, 2, 3, 4}},
		QuerySent{Party: Party{RoleStub, "device"}, Question: q, Try: 1, Transport: "udp", Message: Message{1, 2, 2, 4}},
		MessageEdited{Host: "device", Server: Server{Name: "R1."}, Transport: "tcp", Prefix: 9, Omitted: 2, Edits: []ByteEdit{{2, 1, 0, "FLAGS"}, {3, 1, 0, "FLAGS"}, {4, 1, 0, ""}, {5, 1, 0, "FLAGS"}, {9, 1, -1, "QNAME"}}},
		AnswerReceived{Reply: Reply{Party: Party{RoleResolver, "R1"}, Question: q, Message: Message{1, 2, 3}}, Records: many},
	)
	cases := make([]lineCase, 0, len(facts))
	for _, f := range facts {
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		l := f.Line()
		cases = append(cases, lineCase{Kind: Kind(f), Fact: raw, Key: l.Key, Params: l.Params})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteString("[\n")
	for i, c := range cases {
		if i > 0 {
			out.Truncate(out.Len() - 1)
			out.WriteString(",\n")
		}
		if err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	out.WriteString("]\n")
	const path = "../static/test/lines.json"
	if *updateLines {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%s is not what Line says now: run go test ./lookup -run TestLinesAreTheBrowsers -update-lines, then node --test static/test", path)
	}
}
