package hosting

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// text is a record as it is filled in.
type text struct{ name, ttl, typ, data string }

func record(name, ttl, typ, data string) *lookup.RecordText {
	return &lookup.RecordText{Name: name, TTL: ttl, Type: typ, Data: data}
}

// keysOf are the keys of a zone's records, in order.
func keysOf(z *auth.Zone) []string {
	var keys []string
	for _, rr := range z.RRs() {
		keys = append(keys, recordKey(rr))
	}
	slices.Sort(keys)
	return keys
}

// Every record of every shipped file can be taken out or be put in again with
// another TTL, and nothing else of the zone is another then; comments stay.
func TestOneRecordOfAFileIsChanged(t *testing.T) {
	files, err := filepath.Glob("../zones/*.zone")
	if err != nil || len(files) < 50 {
		t.Fatal(files, err)
	}
	crooked := `$ORIGIN odd.test.
$TTL 1h
@ SOA ns hostmaster ( 1 ; serial, in brackets
   2 3 4 5 )
  NS ns ; of the apex
ns A 192.0.2.1 ; "quoted; in a comment"
   AAAA 2001:db8::1
   TXT "a ; semicolon" "(a bracket"
$ORIGIN sub.odd.test.
www A 192.0.2.2
    A 192.0.2.3
a\;b TXT ( "x"
  "y" )
    HINFO c d
$GENERATE 1-3 h$ A 192.0.2.$
$ORIGIN odd.test.
last MX 1 ns
`
	texts := map[string]string{"crooked": crooked}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = string(text)
	}
	checked := 0
	for file, text := range texts {
		z := parse(t, text)
		zone := lookup.Name(z.Origin())
		l := readLayout(zone, text)
		if l == nil || len(l.records) != z.Records() {
			t.Errorf("%s: the file is not understood: %v", file, l)
			continue
		}
		for i, r := range l.records {
			if !r.alone {
				continue
			}
			with := func(old []int, fresh ...dns.RR) []string {
				l := readLayout(zone, text)
				if !l.put(old, fresh) {
					t.Fatalf("%s: %s cannot be changed", file, r.rr)
				}
				var comments int
				for _, line := range l.lines {
					if strings.HasPrefix(line, ";") {
						comments++
					}
				}
				if want := strings.Count("\n"+text, "\n;"); comments != want {
					t.Errorf("%s, %s: %d comments, were %d", file, r.rr, comments, want)
				}
				next, err := auth.ParseZone("zone", strings.NewReader(l.text()))
				if err != nil {
					return []string{err.Error()}
				}
				return keysOf(next)
			}
			want := slices.DeleteFunc(keysOf(z), func(k string) bool { return k == recordKey(r.rr) })
			if got := with([]int{i}); r.rr.Header().Rrtype != dns.TypeSOA && !slices.Equal(got, want) && !strings.Contains(got[0], "NS records") && !strings.Contains(got[0], "delegation") {
				t.Errorf("%s without %s:\n%s\nwant\n%s", file, r.rr, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if got := with([]int{i}, dns.Copy(r.rr)); !slices.Equal(got, keysOf(z)) {
				t.Errorf("%s with %s once more:\n%s\nwant\n%s", file, r.rr, strings.Join(got, "\n"), strings.Join(keysOf(z), "\n"))
			}
			checked++
		}
	}
	if checked < 500 {
		t.Errorf("%d records", checked)
	}
}

func TestRecordsAreEdited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.File = func(string) (string, bool) { return "; kept\n" + zoneText, true } })
	key := func(line int) string {
		t.Helper()
		rs, err := w.Records(our)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if r.Line == line {
				return r.Key
			}
		}
		t.Fatalf("no record on line %d of %+v", line, rs)
		return ""
	}
	edit := func(e lookup.RecordEdit) {
		t.Helper()
		e.Zone = our
		run, err := w.EditRecord(e)
		if err != nil {
			t.Fatal(err)
		}
		<-run.Done
		w.trace()
	}
	data := func(server lookup.Name, name string, typ uint16) (out []string) {
		for _, rr := range w.ask(server, name, typ).Answer {
			out = append(out, strings.Join(strings.Fields(rr.String())[1:], " "))
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		edit lookup.RecordEdit
		name string
		typ  uint16
		want []string
	}{
		{lookup.RecordEdit{Old: key(9), New: record("www", "300", "A", "192.0.2.77")}, "www.example.test.", dns.TypeA, []string{"300 IN A 192.0.2.77"}},
		{lookup.RecordEdit{New: record("www", "", "a", "192.0.2.78")}, "www.example.test.", dns.TypeA, []string{"300 IN A 192.0.2.77", "300 IN A 192.0.2.78"}},
		{lookup.RecordEdit{Old: "many.example.test. 300 A 192.0.2.3", New: record("many.example.test.", "60", "A", "192.0.2.3")}, "many.example.test.", dns.TypeA, []string{"60 IN A 192.0.2.2", "60 IN A 192.0.2.3"}},
		{lookup.RecordEdit{Old: "many.example.test. 60 A 192.0.2.3"}, "many.example.test.", dns.TypeA, []string{"60 IN A 192.0.2.2"}},
		{lookup.RecordEdit{New: record("", "5", "MX", "10 mail")}, "example.test.", dns.TypeMX, []string{"5 IN MX 10 mail.example.test."}},
		{lookup.RecordEdit{New: record("x", "5", "TYPE65400", `\# 2 abcd`)}, "x.example.test.", 65400, []string{`5 CLASS1 TYPE65400 \# 2 abcd`}},
	} {
		edit(c.edit)
		for _, server := range []lookup.Name{ns1, ns2} {
			if got := data(server, c.name, c.typ); !slices.Equal(got, c.want) {
				t.Errorf("%+v at %s: %q, want %q", c.edit.New, server, got, c.want)
			}
		}
	}
	if text, _ := w.File(our); !strings.HasPrefix(text, "; kept\n") || !strings.Contains(text, "\nt TXT \"some text") {
		t.Errorf("the rest of the file is another:\n%s", text)
	}
	steps, before := len(w.Steps()), keysOf(w.Edits().now.zones[our].primary())
	for _, c := range []struct {
		new         text
		code, field string
	}{
		{text{"www", "300", "A", "192.0.2.300"}, "data.A", "data"},
		{text{"www", "300", "AAAA", "192.0.2.3"}, "data.AAAA", "data"},
		{text{"www", "300", "A", ""}, "data.missing", "data"},
		{text{"www", "300", "MX", "mail"}, "data", "data"},
		{text{"www", "soon", "A", "192.0.2.3"}, "ttl", "ttl"},
		{text{"www", "2147483648", "A", "192.0.2.3"}, "ttl.large", "ttl"},
		{text{"www", "300", "WHAT", "192.0.2.3"}, "type", "type"},
		{text{"www", "300", "", "192.0.2.3"}, "type", "type"},
		{text{"www.other.test.", "300", "A", "192.0.2.3"}, "outside", "name"},
		{text{"a b", "300", "A", "192.0.2.3"}, "owner", "name"},
		{text{strings.Repeat("x", 64), "300", "A", "192.0.2.3"}, "owner", "name"},
		{text{"www", "300", "CNAME", "ns1"}, "alias.alone", "name"},
		{text{"www", "300", "A", "192.0.2.77"}, "twice", "data"},
		{text{"@", "300", "SOA", "ns1 hostmaster 1 2 3 4 5"}, "soa.second", "type"},
		{text{"www", "300", "A", "192.0.2.3 192.0.2.4"}, "garbage", "data"},
		{text{"www", "300", "A", "192.0.2.3\n$INCLUDE /etc/passwd"}, "field.long", "data"},
		{text{"www", "300", "TXT", strings.Repeat("x", maxRecordText+1)}, "field.long", "data"},
		{text{"www", "300", "TXT", `"never closed`}, "", "data"},
	} {
		var wrong *lookup.ZoneMistake
		if _, err := w.EditRecord(lookup.RecordEdit{Zone: our, New: record(c.new.name, c.new.ttl, c.new.typ, c.new.data)}); !errors.As(err, &wrong) || c.code != "" && wrong.Code != c.code || wrong.Field != c.field {
			t.Errorf("%.80v: %+v, want %s at %s", c.new, err, c.code, c.field)
		}
	}
	if _, err := w.EditRecord(lookup.RecordEdit{Zone: our, Old: "gone.example.test. 300 A 192.0.2.3"}); !errors.Is(err, ErrUnknownRecord) {
		t.Error(err)
	}
	if after := keysOf(w.Edits().now.zones[our].primary()); len(w.Steps()) != steps || !slices.Equal(before, after) {
		t.Errorf("a mistake changed something: %q", after)
	}
}
