package lookup

import (
	"errors"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"www.example.co.kr", "www.example.co.kr."},
		{"  www.example.co.kr.  ", "www.example.co.kr."},
		{".", "."},
		{"한글.kr", "xn--bj0bj06e.kr."},
		{"한글。kr", "xn--bj0bj06e.kr."}, // ideographic full stop
		{"BÜCHER.example", "xn--bcher-kva.example."},
		{"Www.Example", "Www.Example."}, // case is kept
		{"_sip._udp.example", "_sip._udp.example."},
		{`a\.b.example`, `a\.b.example.`},
		{`a\046b.example`, `a\.b.example.`},
		{`\097.example`, "a.example."},
		{`a\.`, `a\..`},  // the dot is part of the label
		{`a\\.`, `a\\.`}, // the backslash is
		{`x\010.example`, `x\010.example.`},
		{strings.Repeat("a", 63) + ".kr", strings.Repeat("a", 63) + ".kr."},
	} {
		got, err := ParseName(c.typed)
		if err != nil || string(got) != c.want {
			t.Errorf("ParseName(%q) = %q, %v; want %q", c.typed, got, err, c.want)
		}
	}
}

func TestParseNameSaysWhatIsWrong(t *testing.T) {
	long := strings.TrimSuffix(strings.Repeat(strings.Repeat("a", 62)+".", 5), ".")
	for _, c := range []struct {
		typed, code, label string
		at                 int
	}{
		{"", "name.empty", "", 0},
		{"   ", "name.empty", "", 0},
		{"www..example", "label.empty", "www", 1},
		{".example", "label.empty", "", 0},
		{"www.example..", "label.empty", "example", 2},
		{"a." + strings.Repeat("b", 64) + ".kr", "label.long", strings.Repeat("b", 64), 1},
		{long, "name.long", "", 0},
		{"a b.example", "name.character", "a b", 0},
		{"a\x1b[31m.example", "name.character", `a\u{1b}[31m`, 0},
		{"a\u202eb.example", "name.character", `a\u{202e}b`, 0},
		{"\xff.example", "name.character", `\xff`, 0},
		{`a\`, "name.escape", `a\`, 0},
		{`a\25.example`, "name.escape", `a\25`, 0},
		{`a\256.example`, "name.escape", `a\256`, 0},
		{strings.Repeat("a.", 600), "name.long", "", 0},
	} {
		_, err := ParseName(c.typed)
		var ne *NameError
		if !errors.As(err, &ne) {
			t.Errorf("ParseName(%q): %v, want a NameError", c.typed, err)
			continue
		}
		if ne.Code != c.code || ne.Label != c.label || ne.At != c.at {
			t.Errorf("ParseName(%q): %s %q %d, want %s %q %d", c.typed, ne.Code, ne.Label, ne.At, c.code, c.label, c.at)
		}
		if ne.Error() == "" {
			t.Errorf("%s has no words", ne.Code)
		}
	}
}

func TestPrintableLeavesNothingUnreadable(t *testing.T) {
	for in, want := range map[string]string{"plain 한글": "plain 한글", "a\x1b[2J": `a\u{1b}[2J`, "\u202ex": `\u{202e}x`, "\xff": `\xff`, "\ufffd": `\u{fffd}`} {
		if got := Printable(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestNameRelations(t *testing.T) {
	for _, c := range []struct {
		name, zone Name
		in, below  bool
	}{
		{"www.example.", "example.", true, true},
		{"WWW.EXAMPLE.", "example.", true, true},
		{"example.", "example.", true, false},
		{"example.", ".", true, true},
		{".", ".", true, false},
		{"notexample.", "example.", false, false},
		{`a\.example.`, "example.", false, false}, // an escaped dot is no cut
		{`a.\.example.`, "example.", false, false},
		{"example.", "www.example.", false, false},
	} {
		if got := c.name.In(c.zone); got != c.in {
			t.Errorf("%q in %q = %v", c.name, c.zone, got)
		}
		if got := c.name.Below(c.zone); got != c.below {
			t.Errorf("%q below %q = %v", c.name, c.zone, got)
		}
	}
	if p := Name(`a\.b.c.`).Parent(); p != "c." {
		t.Errorf("parent %q", p)
	}
	if n := Name("www.example.co.kr.").CountLabels(); n != 4 {
		t.Errorf("%d labels", n)
	}
	if u := Name("xn--bj0bj06e.kr.").Unicode(); u != "한글.kr" {
		t.Errorf("unicode %q", u)
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"www.example.co.kr", "한글.kr", `a\.b`, "..", "xn--\xff", "\u200f.kr"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			return
		}
		again, err := ParseName(string(n))
		if err != nil || again != n {
			t.Fatalf("ParseName(%q) = %q, but again %q, %v", s, n, again, err)
		}
		if Printable(string(n)) != string(n) || !isASCII(string(n)) {
			t.Fatalf("%q is not safe to show", n)
		}
		_, _, _ = n.Unicode(), n.Labels(), n.In("example.")
	})
}

func TestParseType(t *testing.T) {
	for typed, want := range map[string]Type{"": TypeA, "a": TypeA, " AAAA ": TypeAAAA, "TYPE65400": 65400, "type1": TypeA, "HTTPS": TypeHTTPS, "any": TypeANY} {
		if got, err := ParseType(typed); err != nil || got != want {
			t.Errorf("ParseType(%q) = %v, %v", typed, got, err)
		}
	}
	for typed, code := range map[string]string{"B": "type.unknown", "TYPE": "type.unknown", "TYPE0": "type.unknown", "TYPE65536": "type.unknown", "TYPE+5": "type.unknown",
		"AXFR": "type.meta", "OPT": "type.meta", "TYPE41": "type.meta", "\x1b": "type.unknown"} {
		_, err := ParseType(typed)
		var te *TypeError
		if !errors.As(err, &te) || te.Code != code || Printable(te.Text) != te.Text {
			t.Errorf("ParseType(%q): %v, want %s", typed, err, code)
		}
	}
	if s := Type(65400).String(); s != "TYPE65400" {
		t.Error(s)
	}
}
