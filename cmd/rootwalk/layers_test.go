package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"rootwalk/lookup"
)

// form sends a form and fails the test unless it leads back.
func (s *site) form(path string, pairs ...string) {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	if res, body := s.do("POST", path, "application/x-www-form-urlencoded", v.Encode()); res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("%s %s: %d %.200s", path, v.Encode(), res.StatusCode, body)
	}
}

// stubAsked names the resolvers that the device sent its query to.
func stubAsked(f lookup.TraceFile) (names []string) {
	for _, e := range f.Events {
		if q, ok := e.Fact.(lookup.QuerySent); ok && q.By == lookup.RoleStub {
			names = append(names, string(q.Server.Name))
		}
	}
	return names
}

func TestPresetsBringCachesIntoAState(t *testing.T) {
	s := startSite(t)
	for _, c := range []struct {
		preset, from string
		stub         []string
		zones        []string
	}{
		{"warm", "browser", nil, nil},
		{"resolver", "", []string{"R1."}, nil},
		{"tld", "", []string{"R1."}, []string{"kr.", "example.co.kr."}},
		{"cold", "", []string{"R1."}, []string{".", "kr.", "example.co.kr."}},
	} {
		s.form("/prepare", "preset", c.preset, "name", "www.example.co.kr", "type", "A")
		f := s.lookup("www.example.co.kr", "A")
		if end := finished(t, f); end.FromCache != c.from || fmt.Sprint(stubAsked(f)) != fmt.Sprint(c.stub) || fmt.Sprint(asked(f)) != fmt.Sprint(c.zones) {
			t.Errorf("%s: from %q, the device asked %v, the resolver %v; want %q, %v, %v", c.preset, end.FromCache, stubAsked(f), asked(f), c.from, c.stub, c.zones)
		}
	}
	if res, _ := s.do("POST", "/prepare", "application/x-www-form-urlencoded", "preset=lukewarm&name=a.kr&type=A"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a preset that does not exist: %d", res.StatusCode)
	}
}

// Two resolvers that learned the same at different moments hold it for different
// times: that is all there is to "propagation".
func TestTwoResolversFilledAtDifferentMomentsDiffer(t *testing.T) {
	s := startSite(t)
	s.form("/prepare", "preset", "two", "name", "www.example.co.kr", "type", "A")
	ttl := func() uint32 {
		t.Helper()
		f := s.lookup("www.example.co.kr", "A")
		if got := asked(f); len(got) != 0 {
			t.Fatalf("a resolver asked %v", got)
		}
		s.form("/flush", "cache", "browser")
		s.form("/flush", "cache", "device")
		return finished(t, f).Records[0].TTLSec
	}
	one := ttl()
	s.form("/resolver", "resolver", "R2")
	f := s.lookup("www.example.co.kr", "A")
	if got := fmt.Sprint(stubAsked(f)); got != "[R2.]" {
		t.Errorf("told to use R2, the device asked %s", got)
	}
	two := finished(t, f).Records[0].TTLSec
	if d := int(one) - int(two); d < 119 || d > 121 {
		t.Errorf("R1 has %d s left, R2 %d s; want two minutes between them", one, two)
	}
	if res, _ := s.do("POST", "/resolver", "application/x-www-form-urlencoded", "resolver=R9"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a resolver that does not exist: %d", res.StatusCode)
	}
}
