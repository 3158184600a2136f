package page

import (
	"errors"
	"strings"
	"testing"
)

func TestReadNamesEveryPart(t *testing.T) {
	for _, c := range []struct{ typed, href, parts, notes string }{
		{"www.example.co.kr", "https://www.example.co.kr/", "scheme=https host=www.example.co.kr path=/", ""},
		{"http://www.example.co.kr:8080/a/../b?q=1#top", "http://www.example.co.kr:8080/b?q=1#top", "scheme=http host=www.example.co.kr port=8080 path=/b query=q=1 fragment=top", ""},
		{"HTTP://WWW.Example.CO.KR:80", "http://www.example.co.kr/", "scheme=http host=www.example.co.kr path=/", ""},
		{"https://한국.example/가", "https://xn--3e0b707e.example/%EA%B0%80", "scheme=https host=xn--3e0b707e.example(한국.example) path=/%EA%B0%80", ""},
		{"http://me:secret@example.com/", "http://me:secret@example.com/", "scheme=http user=me password=secret host=example.com path=/", "credentials"},
		{"http://0x7f.1/", "http://127.0.0.1/", "scheme=http host=127.0.0.1 path=/", "ipv4NonDecimal"},
		{"http://[2001:db8:0:0::1]/", "http://[2001:db8::1]/", "scheme=http host=[2001:db8::1] path=/", ""},
		{`http:\\example.com\x`, "http://example.com/x", "scheme=http host=example.com path=/x", "backslash"},
		{"example.co.kr:8443/x", "https://example.co.kr:8443/x", "scheme=https host=example.co.kr port=8443 path=/x", ""},
	} {
		a, err := Read(c.typed)
		if err != nil {
			t.Errorf("%s: %v", c.typed, err)
			continue
		}
		if a.Href != c.href {
			t.Errorf("%s: %s, want %s", c.typed, a.Href, c.href)
		}
		var parts []string
		whole := ""
		for _, p := range a.Parts {
			if p.From != len(whole) || p.Text != a.Href[p.From:p.To] {
				t.Errorf("%s: part %+v is not where it says", c.typed, p)
			}
			whole += p.Text
			if p.Name == "mark" {
				continue
			}
			shown := ""
			if p.Shown != "" {
				shown = "(" + p.Shown + ")"
			}
			parts = append(parts, p.Name+"="+p.Text+shown)
		}
		if whole != a.Href {
			t.Errorf("%s: the parts make %s", c.typed, whole)
		}
		if got := strings.Join(parts, " "); got != c.parts {
			t.Errorf("%s: %s, want %s", c.typed, got, c.parts)
		}
		if c.notes != "" && !strings.Contains(strings.Join(a.Notes, " "), c.notes) {
			t.Errorf("%s: notes %v, want %s", c.typed, a.Notes, c.notes)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for typed, want := range map[string]error{
		"": ErrNoURL, "  ": ErrNoURL, "http://": ErrNoURL, "http://a b/": ErrNoURL, "http://[::1": ErrNoURL, "http://1.2.3.256/": ErrNoURL, "http://x:70000/": ErrNoURL,
		"\xff\xfe": ErrNoURL, "javascript:alert(1)": ErrScheme, "file:///etc/passwd": ErrScheme, "ftp://example.com/": ErrScheme, "data:text/html,x": ErrScheme,
		"http://example.com/" + strings.Repeat("a", MaxURL): ErrTooBig, "http://example.com/" + strings.Repeat("가", MaxURL/4): ErrTooBig,
	} {
		if a, err := Read(typed); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, %v; want %v", typed, a.Href, err, want)
		}
	}
}

func TestAuthorityPathNameAndOrigin(t *testing.T) {
	a, err := Read("http://Example.com.:8080/a?b#c")
	if err != nil {
		t.Fatal(err)
	}
	if a.Authority() != "example.com.:8080" || a.Path != "/a?b" || a.Name() != "example.com." || a.Origin() != "http://example.com.:8080" || a.Key() != "http://example.com.:8080/a?b" {
		t.Errorf("%s %s %s %s %s", a.Authority(), a.Path, a.Name(), a.Origin(), a.Key())
	}
	if up := a.WithScheme("https"); up.Href != "https://example.com.:8080/a?b#c" {
		t.Error(up.Href)
	}
	b, _ := Read("http://example.com/")
	if up := b.WithScheme("https"); up.Href != "https://example.com/" || up.Port != 443 {
		t.Errorf("%s %d", up.Href, up.Port)
	}
	six, _ := Read("http://[2001:db8::1]/")
	if six.Name() != "" || six.Addr().String() != "2001:db8::1" {
		t.Errorf("%q %v", six.Name(), six.Addr())
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"www.example.co.kr", "http://[::1]:80/?#", "https://한국.example", `http:\\x`, "a:b@c:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := Read(typed)
		if err != nil {
			return
		}
		whole := ""
		for _, p := range a.Parts {
			whole += p.Text
		}
		if strings.TrimRight(whole, "?#") != strings.TrimRight(a.Href, "?#") {
			t.Fatalf("%q: the parts make %q of %q", typed, whole, a.Href)
		}
		again, err := Read(a.Href)
		if err != nil || again.Href != a.Href {
			t.Fatalf("%q: %q reads as %q, %v", typed, a.Href, again.Href, err)
		}
	})
}
