package templates

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"rootwalk/lookup"
)

func words(t testing.TB, lang string) *lookup.Words {
	t.Helper()
	file, err := os.ReadFile("../static/i18n/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	w, err := lookup.ParseWords(lang, file)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// finished is a page with a finished trace.
func finished(t testing.TB, lang, trace string) Page {
	t.Helper()
	file := goldenTraces(t)[trace]
	v := Fold(file.Events)
	return Page{Words: words(t, lang), Room: "main", Path: "/lookups/" + file.ID, TraceID: file.ID, View: v, Clock: lookup.ClockReading{Real: file.Started, Lesson: file.Started.Add(90 * time.Second), Rate: 60}}
}

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// contents are the parts that a page is made of.
var contents = map[string]func(Page) templ.Component{
	"steps": StepsContent, "transcript": TranscriptContent, "cache": CacheContent, "clock": ClockContent, "bytes": BytesContent, "title": TitleContent, "time": TimeContent,
	"sheet": Sheet,
	"error": func(p Page) templ.Component {
		return Error(ErrorPage{Page: p, Status: 404, Problem: Problem{Code: "trace.unknown"}})
	},
}

// A word that is missing shows as its key, a value that is missing as its
// blank: neither may be on a page, in either language.
func TestPagesHaveAllTheirWords(t *testing.T) {
	pure(t)
	known := families(t)
	key := regexp.MustCompile(`^[a-z]+(\.[a-zA-Z0-9]+)+$`)
	blank := regexp.MustCompile(`\{\w+(:[^}]*)?\}`)
	for _, lang := range []string{"en", "ko"} {
		for trace, file := range goldenTraces(t) {
			facts, err := json.Marshal(file.Events)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"sheet", "time", "error"} { // the sheet has all the others
				content := contents[name]
				for _, text := range said(render(t, content(finished(t, lang, trace)))) {
					first, _, _ := strings.Cut(text, ".")
					isName := bytes.Contains(facts, []byte(`"`+text+`."`)) // example.co.kr looks like a key, too
					if key.MatchString(text) && known[first] && !isName {
						t.Errorf("%s %s %s: no words for %s", lang, trace, name, text)
					}
					if blank.MatchString(text) {
						t.Errorf("%s %s %s: no value in %q", lang, trace, name, text)
					}
				}
			}
		}
	}
}

// said are the texts of a page: those between its tags, and those that
// attributes say to people.
func said(html string) []string {
	var out []string
	for {
		open := strings.IndexByte(html, '<')
		if open < 0 {
			return out
		}
		out = append(out, strings.TrimSpace(html[:open]))
		end := strings.IndexByte(html[open:], '>')
		if end < 0 {
			return out
		}
		for _, attribute := range []string{` aria-label="`, ` title="`, ` label="`, ` content="`} {
			if _, after, ok := strings.Cut(html[open:open+end], attribute); ok {
				value, _, _ := strings.Cut(after, `"`)
				out = append(out, value)
			}
		}
		html = html[open+end+1:]
	}
}

// families are the first parts of the keys in use.
func families(t testing.TB) map[string]bool {
	out := map[string]bool{"line": true, "step": true, "who": true, "cache": true, "clock": true, "bytes": true, "block": true, "time": true}
	for _, k := range words(t, "en").Keys() {
		first, _, _ := strings.Cut(k, ".")
		out[first] = true
	}
	return out
}

// The policy forbids inline scripts and styles, and markup must nest.
func TestMarkupIsCleanAndNests(t *testing.T) {
	for name, content := range contents {
		html := render(t, content(finished(t, "en", "variety")))
		for _, bad := range []string{" style=", " onclick=", "<style", "javascript:"} {
			if strings.Contains(html, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
		if strings.Contains(strings.ReplaceAll(html, `<script type="module" src=`, ""), "<script") {
			t.Errorf("%s has an inline script", name)
		}
		d := xml.NewDecoder(strings.NewReader(html))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		depth := 0
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch token.(type) {
			case xml.StartElement:
				depth++
			case xml.EndElement:
				depth--
			}
		}
		if depth != 0 {
			t.Errorf("%s: %d elements stay open", name, depth)
		}
	}
}

// What a zone or a browser says is text, whatever it contains.
func TestHostileTextIsEscaped(t *testing.T) {
	const attack = `"><script>alert(1)</script>`
	file := goldenTraces(t)["walk"]
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(attack)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(data), "203.0.113.10\"", string(quoted[1:]))
	changed = strings.ReplaceAll(changed, `"d.dns.kr."`, string(quoted))
	if file, err = lookup.ReadTraceFile([]byte(changed)); err != nil {
		t.Fatal(err)
	}
	p := finished(t, "en", "walk")
	p.View = Fold(file.Events)
	p.Room, p.Path, p.Form.Name = attack, attack, attack
	for name, content := range contents {
		if html := render(t, content(p)); strings.Contains(html, "<script>") || strings.Contains(html, attack) {
			t.Errorf("%s lets markup through", name)
		}
	}
}

func TestEveryPrefixRenders(t *testing.T) {
	for _, trace := range []string{"walk", "variety", "hit"} {
		p := finished(t, "en", trace)
		events := p.View.events
		for k := range len(events) + 1 {
			p.View = Fold(events[:k])
			render(t, Sheet(p))
			render(t, TimeContent(p))
		}
		p.View = nil
		for _, content := range contents {
			render(t, content(p))
		}
	}
}

// The recorded walk says what a teacher would check first.
func TestWalkSaysWhatHappened(t *testing.T) {
	p := finished(t, "en", "walk")
	for name, want := range map[string][]string{
		"steps":      {"The root refers it to kr", "The resolver answers your device", `data-role="root"`},
		"transcript": {"k.root-servers.net refers R1 to the servers of kr", "203.0.113.10", "(8.8 ms)"},
		"cache":      {`data-key="www.example.co.kr. A"`, `data-cache="R1"`, ">5:00<", "2 days"},
		"bytes":      {"0000  91 c4 80 00", "QNAME", "points back to byte"},
		"title":      {"203.0.113.10", "28.2 ms"},
		"time":       {"8.8 ms", "3.6 ms", "12.8 ms"},
		"clock":      {`name="seconds" value="86400"`, "12:01:30 UTC", `aria-pressed="true">×60`},
	} {
		html := render(t, contents[name](p))
		for _, w := range want {
			if !strings.Contains(html, w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
	}
}
