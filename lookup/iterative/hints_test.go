package iterative_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/lookuptest"
)

// The published hints are in the program once; the lab's root zone, which is
// lesson material, says the same.
func TestPublishedHints(t *testing.T) {
	hints := iterative.Hints()
	if len(hints) != 13 {
		t.Fatalf("%d names", len(hints))
	}
	for i, s := range hints {
		if s.Name != lookup.Name(fmt.Sprintf("%c.root-servers.net.", 'a'+i)) || len(s.Addrs) != 2 || !s.Addrs[0].Is4() || !s.Addrs[1].Is6() || s.Glue != lookup.GlueHint {
			t.Errorf("%+v", s)
		}
	}
	lab, err := lookuptest.Hints()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(hints, lab) {
		t.Errorf("the lab's root zone has other root servers:\n%v\n%v", hints, lab)
	}
}

func TestHintsInOtherForms(t *testing.T) {
	hints, err := iterative.ParseHints(strings.NewReader(`
; as BIND's tools and people write it
$TTL 86400
$ORIGIN .
.        518400 IN NS K.ROOT-SERVERS.NET.   ; with a remark
         IN 518400 NS k.root-servers.net     ; again, below the name of the line before
@        NS  root.lab.example.
         NS  lost.example.
K.Root-Servers.net. 3600000 IN A 193.0.14.129
` + "\t\tAAAA 2001:7fd::1\r\n" + `
         A 193.0.14.129
root.lab.example A 10.0.0.1
`))
	if got, want := fmt.Sprint(hints), "[{k.root-servers.net. [193.0.14.129 2001:7fd::1] hint} {root.lab.example. [10.0.0.1] hint}]"; err != nil || got != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

func TestHintsThatMakeNoSense(t *testing.T) {
	good := ". NS a.example.\na.example. A 192.0.2.1\n"
	many := ""
	for i := range 33 {
		many += fmt.Sprintf(". NS s%d.example.\n", i)
	}
	addrs := ". NS a.example.\n"
	for i := range 9 {
		addrs += fmt.Sprintf("a.example. A 192.0.2.%d\n", i)
	}
	for _, c := range []struct{ text, err string }{
		{"", "no NS record"},
		{"; nothing\n", "no NS record"},
		{". NS a.example.\n", "no address"},
		{good + ". MX 10 mail.example.\n", "line 3: not a record"},
		{good + ". TXT hello\n", "line 3: a record of type TXT"},
		{good + "com. NS a.example.\n", "line 3: name servers of com."},
		{good + "\n\na.example. A 192.0.2.300\n", "line 5: 192.0.2.300 is not the data of an A record"},
		{good + "a.example. A 2001:db8::1\n", "line 3: 2001:db8::1 is not"},
		{good + "a.example. AAAA 192.0.2.1\n", "line 3: 192.0.2.1 is not the data of an AAAA"},
		{good + "a.example. AAAA fe80::1%eth0\n", "line 3"},
		{good + "a.example. AAAA ::ffff:192.0.2.1\n", "line 3"},
		{good + "b.example. A 192.0.2.1\n", "line 3: an address of b.example."},
		{good + "$INCLUDE /etc/passwd\n", "line 3: $INCLUDE has no place"},
		{good + "$ORIGIN com.\n", "line 3: $ORIGIN has no place"},
		{good + "a.example.\n", "line 3: not a record"},
		{good + strings.Repeat("x", 64) + ". A 192.0.2.1\n", "line 3"},
		{good + ". NS a..example.\n", "line 3"},
		{good + "\x1b[2J TXT x\n", "line 3"},
		{many, "line 33: more than 32"},
		{addrs, "more than 8 addresses"},
		{strings.Repeat("; long\n", 10_000), "more than 65536 bytes"},
		{strings.Repeat("a", 65_000), "line 1: "},
	} {
		_, err := iterative.ParseHints(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.err) || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%.60q: %v, want %q", c.text, err, c.err)
		}
	}
	if _, err := iterative.ParseHints(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

func FuzzParseHints(f *testing.F) {
	f.Add(". NS a.example.\na.example. A 192.0.2.1\n")
	f.Add("$TTL 1\n@ 3 IN NS a\na IN 3 AAAA 2001:db8::1 ; x\n\tA 192.0.2.1")
	f.Fuzz(func(t *testing.T, text string) {
		hints, err := iterative.ParseHints(strings.NewReader(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\n\r") {
				t.Errorf("%q", err)
			}
			return
		}
		// What was read can be written and read again.
		var b strings.Builder
		for _, s := range hints {
			fmt.Fprintf(&b, ". NS %s\n", s.Name)
			for _, a := range s.Addrs {
				rrtype := "AAAA"
				if a.Is4() {
					rrtype = "A"
				}
				fmt.Fprintf(&b, "%s %s %s\n", s.Name, rrtype, a)
			}
			if len(s.Addrs) == 0 || len(s.Addrs) > 8 {
				t.Errorf("%v", s)
			}
		}
		again, err := iterative.ParseHints(strings.NewReader(b.String()))
		if err != nil || !reflect.DeepEqual(hints, again) {
			t.Errorf("%v\n%v, %v", hints, again, err)
		}
	})
}
