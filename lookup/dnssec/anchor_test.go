package dnssec

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

const (
	ksk2017 = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
	ds2017  = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
)

func TestAnchorFiles(t *testing.T) {
	for name, text := range map[string]string{
		"DS":               ". IN DS 20326 8 2 " + ds2017 + "\n",
		"DS with TTL":      ". 172800 IN DS 20326 8 2 " + ds2017,
		"DNSKEY":           ". IN DNSKEY 257 3 8 " + ksk2017 + " ; keytag 20326\n",
		"over two lines":   ". IN DNSKEY 257 3 8 (\n " + ksk2017[:100] + "\n " + ksk2017[100:] + " )\n",
		"Unbound":          "server:\n  # the root\n  trust-anchor: \". IN DS 20326 8 2 " + ds2017 + "\" # root\n",
		"what it keeps":    "; autotrust trust anchor file\n;;id: . 1\n.\t86400\tIN\tDNSKEY\t257 3 8 " + ksk2017 + " ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ]\n",
		"a revoked key":    ". IN DS 20326 8 2 " + ds2017 + "\n. IN DNSKEY 385 3 8 " + ksk2017 + "\n",
		"BIND, DS":         "# root\ntrust-anchors {\n\t. initial-ds 20326 8 2 \"" + ds2017 + "\";\n};\n",
		"BIND, key":        "/* root */ trust-anchors { \".\" static-key 257 3 8 \"" + ksk2017[:64] + "\n   " + ksk2017[64:] + "\"; }; // end\n",
		"BIND, older form": "trusted-keys { . 257 3 8 \"" + ksk2017 + "\"; };\n",
	} {
		a, err := ParseAnchors("anchors", strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ds := a.DS(lookup.Root)
		if len(ds) != 1 || ds[0].KeyTag != 20326 || !strings.EqualFold(ds[0].Digest, ds2017) {
			t.Errorf("%s: %v", name, ds)
		}
	}
}

func TestAnchorFilesAreRefusedWithTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"; nothing\n", "f:1: no trust anchor"},
		"not a record":        {". IN DS 20326 8 2 " + ds2017 + "\nhello world\n", "f:2:"},
		"another type":        {". IN A 192.0.2.1\n", "f: a trust anchor is a DS or DNSKEY record, not A"},
		"digest too short":    {". IN DS 20326 8 2 E06D\n", "f: the digest of . 20326 is not a SHA-256 digest"},
		"no zone key":         {". IN DNSKEY 1 3 8 " + ksk2017 + "\n", "revoked or not a zone key"},
		"include":             {"$INCLUDE /etc/passwd\n", "f:1: no directives"},
		"another class":       {". CH DS 20326 8 2 " + ds2017 + "\n", "not of class IN"},
		"BIND not closed":     {"trust-anchors {\n . static-ds 1 8 2 \"00\"", "f:1: the statement is not closed"},
		"BIND, other":         {"options { };\ntrust-anchors { };\n", "f:1: expected a trust-anchors"},
		"BIND, kind":          {"trust-anchors {\n . some-key 257 3 8 \"AA==\";\n};", "f:2: \"some-key\" is not"},
		"BIND, too little":    {"trust-anchors {\n\n . static-ds;\n};", "f:3: an anchor needs"},
		"BIND, open quote":    {"trust-anchors {\n . static-ds 1 8 2 \"00;\n};", "f:2: the quote is not closed"},
		"BIND, open comment":  {"trust-anchors { /* ", "f:1: the comment is not closed"},
		"BIND, two in one":    {"trust-anchors { . static-ds 1 8 2 00 } ;", "f:1: a semicolon is missing"},
		"BIND, bad number":    {"trust-anchors { . static-ds 1 x 2 00; };", "f:1: not a DS"},
		"too large":           {strings.Repeat("; comment\n", 30_000), "larger than"},
		"too many records":    {strings.Repeat(". IN DS 20326 8 2 "+ds2017+"\n", 300), "more than 256"},
		"control characters":  {"\x1b[31m IN DS 1 8 2 00\n", "f:"},
		"BIND, too many":      {"trust-anchors {" + strings.Repeat(". static-ds 20326 8 2 "+ds2017+";\n", 300) + "};", "more than 256"},
		"BIND, nested braces": {"trust-anchors { { . static-ds 1 8 2 00; }; };", "f:1:"},
	} {
		_, err := ParseAnchors("f", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: the error writes a control character", name)
		}
	}
}

func TestAnchorsOfAZone(t *testing.T) {
	a, err := RootAnchors().WithNegative("Broken.Example.", "test.")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{".": "trust", "example.": "trust", "broken.example.": "negative", "www.BROKEN.example.": "negative", "tested.": "trust", "a.test.": "negative"} {
		if _, _, use := a.closest(wireName(t, name)); use != want {
			t.Errorf("%s: %s, want %s", name, use, want)
		}
	}
	trust, negative := a.Zones()
	if len(trust) != 1 || trust[0] != "." || len(negative) != 2 || negative[0] != "broken.example." {
		t.Errorf("%v %v", trust, negative)
	}
	if _, use := RootAnchors().DS("."), len(RootAnchors().negative); use != 0 {
		t.Error("WithNegative changed what it was given")
	}
	if _, err := a.WithNegative(lookup.Name("a..b.")); err == nil {
		t.Error("a name that is none was taken")
	}
}

func FuzzParseAnchors(f *testing.F) {
	f.Add(". IN DS 20326 8 2 " + ds2017)
	f.Add("trust-anchors { . initial-ds 20326 8 2 \"" + ds2017 + "\"; };")
	f.Add("server:\ntrust-anchor: \". IN DS 20326 8 2 " + ds2017 + "\"")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAnchors("f", strings.NewReader(text))
		if err != nil {
			return
		}
		trust, _ := a.Zones()
		for _, z := range trust {
			for _, ds := range a.DS(z) {
				if again, err := NewAnchors(&dns.DS{Hdr: ds.Hdr, KeyTag: ds.KeyTag, Algorithm: ds.Algorithm, DigestType: ds.DigestType, Digest: ds.Digest}); err != nil || len(again.DS(z)) != 1 {
					t.Fatalf("%s is no anchor: %v", ds, err)
				}
			}
		}
	})
}
