package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
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
}

// Another host of an origin is gone to as well; what its certificate is good for is
// for TLS to say. Where that fails the origin itself is asked.
func TestAnotherHostOfAnOrigin(t *testing.T) {
	w := newCity(t, Limits{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Alt-Svc", `h2="Other.example:8443"; ma=60`)
		rw.Header().Set("Cache-Control", "no-store")
		io.WriteString(rw, r.Host+" "+r.Header.Get("Alt-Used"))
	}))
	for i, want := range []struct {
		places []Place
		wrong  bool
		body   string
	}{
		{[]Place{{Port: 443}}, false, "example.com "},
		{[]Place{{Host: "other.example", Port: 8443, remembered: true}}, false, "example.com other.example:8443"},
		{[]Place{{Host: "other.example", Port: 8443, remembered: true}, {Port: 443}}, true, "example.com "},
	} {
		var places []Place
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		open := w.reach("")
		v := w.browser.Visit(trace.Root(), "", func(ctx context.Context, step lookup.Step, a URL) (*Link, error) {
			places = append(places, a.Place())
			if want.wrong && a.Place().Host != "" {
				return nil, errors.New("the certificate is another's")
			}
			return open(ctx, step, a)
		})
		res, err := v.Go(t.Context(), "https://example.com/", Request{})
		v.Close()
		if err != nil || string(res.Body) != want.body || !reflect.DeepEqual(places, want.places) {
			t.Errorf("%d: %+v, %q, %v; want %+v and %q", i, places, res.Body, err, want.places, want.body)
		}
		failed := lookuptest.Facts[lookup.ServiceFailed](factsOf(trace))
		if (len(failed) == 1) != want.wrong || want.wrong && (failed[0].Host != "other.example" || failed[0].Port != 8443) {
			t.Errorf("%d: %+v", i, failed)
		}
	}
	if _, why := w.browser.Services.Note(w.at(t, "https://example.com/"), "h2=\"a\x00b:1\""); why != IgnoredMalformed {
		t.Errorf("a host with an octet that no host has was taken: %q", why)
	}
}

// Aliases are followed, each place has its turn, and the origin comes last (RFC 9460
// §3).
func TestPlacesOfHTTPSRecords(t *testing.T) {
	w := newCity(t, Limits{}, gallery(0, 0))
	const own = "example.com."
	at := func(host string, port uint16, hints ...string) Place {
		return Place{Host: host, Port: port, Hints: addrs(hints...)}
	}
	many := map[lookup.Name][]string{own: {"0 a0."}}
	for i := range 20 {
		many[lookup.Name("a"+strconv.Itoa(i)+".")] = []string{"0 a" + strconv.Itoa(i+1) + "."}
	}
	for name, c := range map[string]struct {
		zone    map[lookup.Name][]string
		reasons string
		places  []Place
		url     string
	}{
		"alias":       {map[lookup.Name][]string{own: {"0 www.example.com."}, "www.example.com.": {`1 . alpn="h2"`}}, "alias used", []Place{at("www.example.com", 443), at("www.example.com", 443), at("", 443)}, "https"},
		"bare":        {map[lookup.Name][]string{own: {"0 www.example.com."}}, "alias bare", []Place{at("www.example.com", 443), at("", 443)}, "https"},
		"alias first": {map[lookup.Name][]string{own: {`1 . alpn="h2" port=9`, "0 www.example.com."}}, "alias bare", []Place{at("www.example.com", 443), at("", 443)}, "https"},
		"nothing":     {map[lookup.Name][]string{own: {"0 ."}}, "unavailable", []Place{at("", 80)}, "http"},
		"circle":      {map[lookup.Name][]string{own: {"0 a."}, "a.": {"0 Example.COM."}}, "alias chain", []Place{at("", 443)}, "https"},
		"no end":      {many, "alias alias alias alias chain", []Place{at("", 443)}, "https"},
		"in order": {map[lookup.Name][]string{own: {`3 . alpn=h2 port=3`, `1 one.example. alpn=h2 port=1 ipv4hint=192.0.2.1`, `2 two.example. alpn=h9 no-default-alpn`, `4 four.example.`}}, "upgraded protocol spare spare",
			[]Place{at("one.example", 1, "192.0.2.1"), at("", 3), at("four.example", 443), at("", 443)}, "https"},
		"many": {map[lookup.Name][]string{own: {`1 a.`, `2 b.`, `3 c.`, `4 d.`, `5 e.`, `6 f.`}}, "upgraded spare spare spare", []Place{at("a", 443), at("b", 443), at("c", 443), at("d", 443), at("", 443)}, "https"},
		"hint": {map[lookup.Name][]string{own: {`1 . ipv4hint=192.0.2.1`}}, "upgraded", []Place{at("", 443, "192.0.2.1"), at("", 443)}, "https"},
		"own":  {map[lookup.Name][]string{own: {`1 . alpn=h2`}}, "upgraded", []Place{at("", 443)}, "https"},
	} {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t"})
		v := w.browser.Visit(trace.Root(), "", w.reach(""))
		v.Ask(func(_ lookup.Step, name lookup.Name) (out []lookup.Record) {
			for _, d := range c.zone[name.Canonical()] {
				out = append(out, lookup.Record{Name: name, Type: lookup.TypeHTTPS, Data: d})
			}
			return out
		})
		f := v.Start(w.at(t, "http://example.com/"), Request{})
		places := []Place{f.Place()}
		for f.Abandon(errors.New("nobody")) {
			places = append(places, f.Place())
		}
		var reasons []string
		for _, r := range lookuptest.Facts[lookup.ServiceRead](factsOf(trace)) {
			reasons = append(reasons, r.Reason)
		}
		if !reflect.DeepEqual(places, c.places) || strings.Join(reasons, " ") != c.reasons || f.At().Scheme != c.url {
			t.Errorf("%s: %+v (%v) %s; want %+v (%s) %s", name, places, reasons, f.At().Scheme, c.places, c.reasons, c.url)
		}
		v.Close()
	}
}

func addrs(list ...string) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func (*town) at(t *testing.T, url string) URL {
	t.Helper()
	a, err := Read(url)
	if err != nil {
		t.Fatal(err)
	}
	return a
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
		`1 . alpn="h2,h3" ipv4hint="203.0.113.1"`:                        {1, ".", []string{"h2", "h3", "http/1.1"}, 0, addrs("203.0.113.1")},
		`16 Pool.example. alpn="h2" no-default-alpn="" port="8443"`:      {16, "Pool.example.", []string{"h2"}, 8443, nil},
		`1 . ipv6hint=2001:db8::1,2001:db8::2 ipv4hint=192.0.2.1`:        {1, ".", []string{"http/1.1"}, 0, addrs("2001:db8::1", "2001:db8::2", "192.0.2.1")},
		`1 . ipv4hint=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5`: {1, ".", []string{"http/1.1"}, 0, addrs("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")},
		`0 www.example.`:                {0, "www.example.", nil, 0, nil},
		`1 . mandatory="port" port="9"`: {1, ".", []string{"http/1.1"}, 9, nil},
	} {
		got, ok := readBinding(data)
		if !ok || got.priority != want.priority || got.target != want.target || !slices.Equal(got.alpn, want.alpn) || got.port != want.port || !slices.Equal(got.hints, want.hints) {
			t.Errorf("%s: %+v %v", data, got, ok)
		}
	}
	for _, data := range []string{"", "1", "x .", "65536 .", `1 . port="0"`, `1 . port="x"`, `1 . mandatory="key9" key9="x"`, `1 . ipv4hint=x`, `1 . ipv4hint=2001:db8::1`, `1 . ipv6hint=192.0.2.1`, `1 . ipv6hint=fe80::1%eth0`} {
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
