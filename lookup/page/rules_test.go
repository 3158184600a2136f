package page

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
)

// hands is a clock that a test sets.
type hands struct{ at time.Time }

func (h *hands) Now() time.Time { return h.at }

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, typed string) URL {
	t.Helper()
	a, err := Read(typed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHSTSFollowsLessonTime(t *testing.T) {
	clock := &hands{noon}
	h := NewHSTS(clock, "preloaded.example.")
	if _, found := h.Find("www.example.com."); found {
		t.Error("a first visit is known")
	}
	if _, why := h.Note(must(t, "http://example.com/"), "max-age=100"); why != IgnoredPlain {
		t.Error(why)
	}
	if _, why := h.Note(must(t, "https://192.0.2.1/"), "max-age=100"); why != IgnoredAddress {
		t.Error(why)
	}
	for _, bad := range []string{"", "includeSubDomains", "max-age", "max-age=x", "max-age=1; max-age=2", `max-age="1`, "max-age=-1", "max-age=1; includeSubDomains=1"} {
		if _, why := h.Note(must(t, "https://example.com/"), bad); why != IgnoredMalformed {
			t.Errorf("%q: %q", bad, why)
		}
	}
	if _, why := h.Note(must(t, "https://example.com/"), `max-age="100" ; ; unknown=1`); why != "" {
		t.Error(why)
	}
	if _, found := h.Find("EXAMPLE.com."); !found {
		t.Error("its own host is not known")
	}
	if _, found := h.Find("www.example.com."); found {
		t.Error("without includeSubDomains the names below are not meant")
	}
	h.Note(must(t, "https://example.com/"), "max-age=100; includeSubDomains")
	if p, found := h.Find("a.www.example.com."); !found || p.Host != "example.com." {
		t.Errorf("%+v", p)
	}
	clock.at = noon.Add(100 * time.Second)
	if _, found := h.Find("example.com."); found {
		t.Error("expired, and still known")
	}
	if p, found := h.Find("x.preloaded.example."); !found || !p.Preloaded {
		t.Errorf("%+v", p)
	}
	h.Note(must(t, "https://example.com/"), "max-age=100")
	if p, _ := h.Note(must(t, "https://example.com/"), "max-age=0"); p.Until.After(clock.at) {
		t.Errorf("%+v", p)
	}
	if len(h.List()) != 0 {
		t.Error("max-age=0 does not forget")
	}
	for i := range MaxHSTS + 10 {
		h.Note(must(t, "https://h"+strconv.Itoa(i)+".example/"), "max-age="+strconv.Itoa(1000+i))
	}
	if n := len(h.List()); n != MaxHSTS {
		t.Errorf("%d hosts", n)
	}
	if _, found := h.Find("h0.example."); found {
		t.Error("the one that expires first stayed")
	}
}

func TestRedirectRules(t *testing.T) {
	from := must(t, "http://example.com/a/b?c#here")
	for _, c := range []struct {
		method   string
		status   int
		location string
		to, with string
	}{
		{"GET", 301, "/x", "http://example.com/x#here", "GET same"},
		{"GET", 302, "https://example.com/#there", "https://example.com/#there", "GET same"},
		{"POST", 301, "x", "http://example.com/a/x#here", "GET postToGet"},
		{"POST", 302, "?q", "http://example.com/a/b?q#here", "GET postToGet"},
		{"POST", 303, "/x", "http://example.com/x#here", "GET seeOther"},
		{"HEAD", 303, "/x", "http://example.com/x#here", "HEAD same"},
		{"PUT", 303, "/x", "http://example.com/x#here", "GET seeOther"},
		{"PUT", 301, "/x", "http://example.com/x#here", "PUT same"},
		{"POST", 307, "//other.example/x", "http://other.example/x#here", "POST same"},
		{"POST", 308, "/x", "http://example.com/x#here", "POST same"},
	} {
		turn, err := Redirect(from, c.method, c.status, c.location)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if got := turn.Method + " " + turn.Rule; turn.To.Href != c.to || got != c.with || turn.KeepBody != (turn.Rule == "same") {
			t.Errorf("%+v: %s %s %v", c, turn.To.Href, got, turn.KeepBody)
		}
	}
	for location, want := range map[string]error{"": ErrNoLocation, "javascript:alert(1)": ErrScheme, "http://[": ErrNoURL, "file:///etc/passwd": ErrScheme, strings.Repeat("x", MaxURL+1): ErrTooBig} {
		if _, err := Redirect(from, "GET", 302, location); !errors.Is(err, want) {
			t.Errorf("%.30q: %v, want %v", location, err, want)
		}
	}
	for status, want := range map[int]bool{300: false, 301: true, 302: true, 303: true, 304: false, 305: false, 306: false, 307: true, 308: true} {
		if IsRedirect(status) != want {
			t.Error(status)
		}
	}
}

func TestFreshness(t *testing.T) {
	at := func(s time.Duration) string { return noon.Add(s).Format(http.TimeFormat) }
	for _, c := range []struct {
		head  http.Header
		later time.Duration
		rule  string
		age   time.Duration
		fresh bool
	}{
		{http.Header{"Date": {at(0)}, "Cache-Control": {"max-age=60"}}, 30 * time.Second, "max-age", 30 * time.Second, true},
		{http.Header{"Date": {at(0)}, "Cache-Control": {"max-age=60"}}, 60 * time.Second, "max-age", 60 * time.Second, false},
		{http.Header{"Date": {at(0)}, "Age": {"50"}, "Cache-Control": {"max-age=60"}}, 9 * time.Second, "max-age", 59 * time.Second, true},
		{http.Header{"Date": {at(0)}, "Cache-Control": {"no-cache, max-age=60"}}, 0, "noCache", 0, false},
		{http.Header{"Date": {at(0)}, "Expires": {at(90 * time.Second)}}, time.Minute, "expires", time.Minute, true},
		{http.Header{"Date": {at(0)}, "Expires": {"0"}}, 0, "expires", 0, false},
		{http.Header{"Date": {at(0)}, "Cache-Control": {"max-age=10"}, "Expires": {at(time.Hour)}}, 20 * time.Second, "max-age", 20 * time.Second, false},
		{http.Header{"Date": {at(0)}, "Last-Modified": {at(-1000 * time.Second)}}, 99 * time.Second, "heuristic", 99 * time.Second, true},
		{http.Header{"Date": {at(0)}, "Last-Modified": {at(-1000 * time.Second)}}, 100 * time.Second, "heuristic", 100 * time.Second, false},
		{http.Header{"Date": {at(-40 * time.Second)}, "Cache-Control": {"max-age=60"}}, 10 * time.Second, "max-age", 50 * time.Second, true},
		{http.Header{"Date": {at(0)}}, 0, "none", 0, false},
		{http.Header{"Date": {at(0)}, "Cache-Control": {"max-age=999999999999999999999"}}, time.Hour, "max-age", time.Hour, true},
		{http.Header{"Date": {at(0)}, "Cache-Control": {"max-age=-5"}}, 0, "max-age", 0, false},
	} {
		f := FreshnessOf(c.head, noon, noon, noon.Add(c.later))
		if f.Rule != c.rule || f.Age != c.age || f.Fresh() != c.fresh {
			t.Errorf("%v after %v: %+v fresh %v", c.head, c.later, f, f.Fresh())
		}
	}
	for _, c := range []struct {
		method string
		status int
		head   http.Header
		want   string
	}{
		{"GET", 200, http.Header{}, ""},
		{"GET", 302, http.Header{}, SkippedStatus},
		{"GET", 302, http.Header{"Cache-Control": {"max-age=5"}}, ""},
		{"GET", 404, http.Header{}, ""},
		{"GET", 206, http.Header{"Cache-Control": {"max-age=5"}}, SkippedStatus},
		{"POST", 200, http.Header{"Cache-Control": {"max-age=5"}}, SkippedMethod},
		{"GET", 200, http.Header{"Cache-Control": {"private, No-Store"}}, SkippedNoStore},
		{"GET", 200, http.Header{"Vary": {"*"}}, SkippedVary},
	} {
		if got := Storable(c.method, c.status, c.head); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestCookies(t *testing.T) {
	clock := &hands{noon}
	c := NewCookies(clock)
	page := must(t, "https://www.example.co.kr/shop/list?x")
	for field, want := range map[string]string{
		"a=1":                               "",
		"b=2; Path=/; Domain=example.co.kr": "",
		"c=3; Domain=co.kr":                 CookieSuffix,
		"d=4; Domain=kr":                    CookieSuffix,
		"e=5; Domain=other.example":         CookieForeign,
		"f=6; Domain=a.www.example.co.kr":   CookieForeign,
		"=7":                                CookieMalformed,
		"g":                                 CookieMalformed,
		"__Host-h=1; Secure; Path=/":        "",
		"__Host-i=1; Secure; Path=/; Domain=example.co.kr": CookiePrefix,
		"__Secure-j=1":                     CookiePrefix,
		"k=" + strings.Repeat("x", 5000):   CookieTooBig,
		"l=1; Max-Age=60; Path=/shop/list": "",
	} {
		if _, why := c.Store(page, field); why != want {
			t.Errorf("%.40s: %q, want %q", field, why, want)
		}
	}
	if _, why := c.Store(must(t, "http://www.example.co.kr/"), "m=1; Secure"); why != CookiePlain {
		t.Error(why)
	}
	names := func(url string) string {
		var out []string
		for _, k := range c.For(must(t, url)) {
			out = append(out, k.Name)
		}
		return strings.Join(out, " ")
	}
	has := func(url string, want ...string) {
		t.Helper()
		got := " " + names(url) + " "
		for _, w := range want {
			if !strings.Contains(got, " "+w+" ") {
				t.Errorf("%s: %s lacks %s", url, got, w)
			}
		}
		if len(strings.Fields(got)) != len(want) {
			t.Errorf("%s: %s, want %v", url, got, want)
		}
	}
	has("https://www.example.co.kr/shop/list", "l", "a", "b", "__Host-h")
	has("https://www.example.co.kr/shop/listing", "a", "b", "__Host-h")
	has("http://www.example.co.kr/", "b")
	has("https://example.co.kr/", "b")
	has("https://a.www.example.co.kr/", "b")
	has("https://evilexample.co.kr/")
	if first := strings.Fields(names("https://www.example.co.kr/shop/list"))[0]; first != "l" {
		t.Errorf("%s comes first: the longest path should", first)
	}
	clock.at = noon.Add(time.Minute)
	has("https://www.example.co.kr/shop/list", "a", "b", "__Host-h")
	c.Store(page, "a=; Max-Age=0")
	has("https://www.example.co.kr/shop/list", "b", "__Host-h")
	for i := range 2 * MaxCookiesPerHost {
		c.Store(page, "n"+strconv.Itoa(i)+"=1")
	}
	if n := len(c.For(page)); n != MaxCookiesPerHost+1 { // and the one of the domain above
		t.Errorf("%d cookies", n)
	}
	for i := range MaxCookies/MaxCookiesPerHost + 1 {
		for j := range MaxCookiesPerHost {
			c.Store(must(t, "https://h"+strconv.Itoa(i)+".example/"), "n"+strconv.Itoa(j)+"=1")
		}
	}
	if len(c.kept) != MaxCookies {
		t.Errorf("%d cookies in all", len(c.kept))
	}
	c.Forget()
	has("https://www.example.co.kr/shop/list")
}

func FuzzSetCookie(f *testing.F) {
	f.Add("a=1; Path=/; Domain=example.com; Max-Age=1", "max-age=1", "/x")
	f.Fuzz(func(t *testing.T, cookie, sts, location string) {
		clock := &hands{noon}
		a, _ := Read("https://www.example.com/a")
		c := NewCookies(clock)
		if k, why := c.Store(a, cookie); why == "" && k.Domain != "www.example.com" && k.Domain != "example.com" {
			t.Fatalf("%q: a cookie for %q", cookie, k.Domain)
		}
		if p, why := NewHSTS(clock).Note(a, sts); why == "" && (p.Host != lookup.Name("www.example.com.") || p.Until.Before(noon)) {
			t.Fatalf("%q: %+v", sts, p)
		}
		if turn, err := Redirect(a, "GET", 302, location); err == nil && turn.To.Scheme != "http" && turn.To.Scheme != "https" {
			t.Fatalf("%q leads to %s", location, turn.To.Href)
		}
	})
}
