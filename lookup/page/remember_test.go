package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func TestAltSvcIsReadAsTheRFCSays(t *testing.T) {
	for field, want := range map[string][]Service{
		`h2=":8443"`:                    {{"h2", "", 8443, noon.Add(day)}},
		`h2=":8443"; ma=60`:             {{"h2", "", 8443, noon.Add(time.Minute)}},
		`h2=":8443";ma="60"; persist=1`: {{"h2", "", 8443, noon.Add(time.Minute)}},
		`h3=":443", h2="Alt.example:1"`: {{"h3", "", 443, noon.Add(day)}, {"h2", "alt.example", 1, noon.Add(day)}},
		`h2="a,b;c:9"; ma=60`:           {{"h2", "a,b;c", 9, noon.Add(time.Minute)}},
		`h2=":1"; ma=0`:                 nil,
		`h2=":1"; ma=4294967295`:        {{"h2", "", 1, noon.Add(maxServiceAge)}},
		`clear`:                         nil,
	} {
		got, ok := parseAltSvc(field, noon)
		if !ok || len(got) != len(want) {
			t.Errorf("%s: %+v %v", field, got, ok)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %+v, want %+v", field, got[i], want[i])
			}
		}
	}
	for _, field := range []string{"", "h2", "h2=:443", `h2=":0"`, `h2=":65536"`, `h2=":x"`, `=":1"`, `h 2=":1"`, `h2=":1"; ma=x`, `h2=":1`, `h2="user@host:1"`, `"h2=:1"`} {
		if got, ok := parseAltSvc(field, noon); ok {
			t.Errorf("%q was read: %+v", field, got)
		}
	}
}

func TestAnotherPlaceOfAnOrigin(t *testing.T) {
	w := newCity(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Alt-Svc", `h3=":443"; ma=60, h2=":8443"; ma=60`)
		rw.Header().Set("Cache-Control", "no-store")
		io.WriteString(rw, r.Host+" "+r.Header.Get("Alt-Used"))
	}))
	var ports []uint16
	broken := false
	visit := func(url string) (Response, []lookup.Fact, error) {
		t.Helper()
		ports = nil
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		open := w.reach("")
		v := w.browser.Visit(trace.Root(), "", func(ctx context.Context, step lookup.Step, a URL) (*Link, error) {
			ports = append(ports, a.Port)
			if broken && a.Port == 8443 {
				return nil, errors.New("nobody is there")
			}
			return open(ctx, step, a)
		})
		defer v.Close()
		res, err := v.Go(t.Context(), url, Request{})
		return res, factsOf(trace), err
	}
	at := func(want uint16, body string) {
		t.Helper()
		res, _, err := visit("https://example.com/")
		if err != nil || ports[len(ports)-1] != want || string(res.Body) != body {
			t.Errorf("%v, %q, %v; want %d and %q", ports, res.Body, err, want, body)
		}
	}
	if _, facts, _ := visit("http://example.com/"); len(lookuptest.Facts[lookup.ServiceIgnored](facts)) != 1 || len(w.browser.Services.remembered()) != 0 {
		t.Error("a field that came over http was taken")
	}
	at(443, "example.com ")
	_, facts, _ := visit("https://example.com/")
	chosen := lookuptest.Facts[lookup.ServiceChosen](facts)
	if len(chosen) != 2 || chosen[0].Reason != "protocol" || chosen[1].Reason != "followed" || chosen[1].Port != 8443 {
		t.Errorf("%+v", chosen)
	}
	at(8443, "example.com example.com:8443")
	broken = true
	at(443, "example.com ")
	if ports[0] != 8443 || len(ports) != 2 {
		t.Errorf("%v", ports)
	}
	broken = false
	at(8443, "example.com example.com:8443") // it said so again
	w.clock.at = noon.Add(time.Minute)
	at(443, "example.com ")
	w.browser.Services.known["https://example.com:443"][1].Host = "other.example"
	at(443, "example.com ") // another host is not gone to
}

func TestRememberedAndForgotten(t *testing.T) {
	w := newCity(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header()["Date"] = []string{noon.Format(http.TimeFormat)}
		rw.Header().Set("Alt-Svc", `h2=":8443"; ma=60`)
		rw.Header().Set("Strict-Transport-Security", "max-age=60")
		rw.Header().Set("Cache-Control", "max-age=60")
		http.SetCookie(rw, &http.Cookie{Name: "a", Value: "1", Path: "/p", MaxAge: 60})
		http.SetCookie(rw, &http.Cookie{Name: "b", Value: "2"})
	}))
	fill := func() lookup.Remembered {
		if _, _, err := w.browse(t, "", "https://example.com/p/x", Request{}); err != nil {
			t.Fatal(err)
		}
		return w.browser.Remembered()
	}
	size := func(r lookup.Remembered) [4]int {
		return [4]int{len(r.Hosts), len(r.Cookies), len(r.Responses), len(r.Services)}
	}
	all := fill()
	if size(all) != [4]int{2, 2, 1, 1} || !all.Now.Equal(noon) || !all.Hosts[1].Preloaded || all.Cookies[0].Name != "a" || !all.Cookies[1].Until.IsZero() || !all.Responses[0].Fresh || all.Responses[0].LiveSec != 60 || all.Services[0].Port != 8443 {
		t.Errorf("%+v", all)
	}
	for _, c := range []struct {
		store, key string
		left       [4]int
	}{
		{"hsts", "example.com.", [4]int{1, 2, 1, 1}}, {"hsts", "preloaded.example.", [4]int{2, 2, 1, 1}}, {"hsts", "", [4]int{1, 2, 1, 1}},
		{"cookies", all.Cookies[0].Key, [4]int{2, 1, 1, 1}}, {"cookies", "a\r\nexample.com\r\n/p", [4]int{2, 1, 1, 1}}, {"cookies", "a", [4]int{2, 2, 1, 1}}, {"cookies", "", [4]int{2, 0, 1, 1}},
		{"responses", "https://example.com/p/x", [4]int{2, 2, 0, 1}}, {"responses", "", [4]int{2, 2, 0, 1}},
		{"services", "https://example.com:443", [4]int{2, 2, 1, 0}}, {"services", "", [4]int{2, 2, 1, 0}},
	} {
		w.browser.Forget()
		fill()
		if err := w.browser.ForgetIn(c.store, c.key); err != nil || size(w.browser.Remembered()) != c.left {
			t.Errorf("%s %q: %v, %v", c.store, c.key, size(w.browser.Remembered()), err)
		}
	}
	if err := w.browser.ForgetIn("dns", ""); !errors.Is(err, ErrNoStore) {
		t.Errorf("%v", err)
	}
	w.browser.Forget()
	fill()
	w.clock.at = noon.Add(time.Minute) // all has run out, but for what has no end
	if left := w.browser.Remembered(); size(left) != [4]int{1, 1, 1, 0} || left.Responses[0].Fresh {
		t.Errorf("%+v", left)
	}
}

func TestHTTPSRecords(t *testing.T) {
	for data, want := range map[string]binding{
		`1 . alpn="h2,h3" ipv4hint="203.0.113.1"`:                   {1, ".", []string{"h2", "h3", "http/1.1"}, 0},
		`16 Pool.example. alpn="h2" no-default-alpn="" port="8443"`: {16, "Pool.example.", []string{"h2"}, 8443},
		`0 www.example.`:                {0, "www.example.", nil, 0},
		`1 . mandatory="port" port="9"`: {1, ".", []string{"http/1.1"}, 9},
	} {
		got, ok := readBinding(data)
		if !ok || got.priority != want.priority || got.target != want.target || !slices.Equal(got.alpn, want.alpn) || got.port != want.port {
			t.Errorf("%s: %+v %v", data, got, ok)
		}
	}
	for _, data := range []string{"", "1", "x .", "65536 .", `1 . port="0"`, `1 . port="x"`, `1 . mandatory="key9" key9="x"`} {
		if got, ok := readBinding(data); ok {
			t.Errorf("%q was read: %+v", data, got)
		}
	}
	w := newCity(t, Limits{}, gallery(0, 0))
	for _, c := range []struct {
		version, url string
		data         []string
		reason, at   string
		port         uint16
	}{
		{"", "http://example.com/", []string{`1 . alpn="h2"`}, "upgraded", "https://example.com/", 443},
		{"", "http://example.com/", []string{`2 . alpn="h2" port="1"`, `1 . alpn="h2" port="8443"`}, "upgraded", "https://example.com/", 8443},
		{"", "https://example.com/", []string{`1 . port="8443"`}, "used", "https://example.com/", 8443},
		{"2", "http://example.com/", []string{`1 .`}, "protocol", "http://example.com/", 80},
		{"", "http://example.com/", []string{`1 . alpn="h3" no-default-alpn=""`}, "protocol", "http://example.com/", 80},
		{"", "http://example.com/", []string{`1 other.example. alpn="h2"`}, "host", "http://example.com/", 80},
		{"", "http://example.com/", []string{`0 www.example.com.`}, "host", "http://example.com/", 80},
		{"", "http://example.com/", []string{`nonsense`}, "none", "http://example.com/", 80},
		{"", "http://example.com/", nil, "none", "http://example.com/", 80},
		{"", "http://example.com:81/", []string{`1 . alpn="h2"`}, "", "http://example.com:81/", 81}, // another name would be asked (§2.3)
	} {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		v := w.browser.Visit(trace.Root(), c.version, w.reach(c.version))
		v.Ask(func(_ lookup.Step, name lookup.Name) (out []lookup.Record) {
			for _, d := range c.data {
				out = append(out, lookup.Record{Name: name, Type: lookup.TypeHTTPS, Data: d})
			}
			return out
		})
		a, err := Read(c.url)
		if err != nil {
			t.Fatal(err)
		}
		f := v.Start(a, Request{})
		read := lookuptest.Facts[lookup.ServiceRead](factsOf(trace))
		if f.At().Href != c.at || f.Port() != c.port || (c.reason == "") != (len(read) == 0) || len(read) > 0 && read[0].Reason != c.reason {
			t.Errorf("%+v: %s port %d, %+v", c, f.At().Href, f.Port(), read)
		}
		v.Close()
	}
}
