package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

func TestDecodeCommandKeepsTheIDOfABadCommand(t *testing.T) {
	for in, want := range map[string]struct {
		id  string
		bad bool
	}{
		`{"id":"c1","do":"lookup","name":"a.b"}`:   {"c1", false},
		`{"id":"c2","do":7}`:                       {"c2", true},
		`{"id":"c3","after":"x"}`:                  {"c3", true},
		`{"do":"lookup"}`:                          {"", true},
		`{"id":"` + strings.Repeat("i", 33) + `"}`: {"", true},
		`[1]`:                               {"", true},
		``:                                  {"", true},
		"{\"id\":\"c4\",\"name\":\"\xff\"}": {"", true},
		`{"id":"c5"}` + strings.Repeat(" ", maxCommand): {"", true},
		`{"id":"c6","do":"skip","unknown":[1,{}]}`:      {"c6", false},
	} {
		c, err := decodeCommand([]byte(in))
		if c.ID != want.id || (err != nil) != want.bad {
			t.Errorf("%.60s: id %q, %v", in, c.ID, err)
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{`{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A"}`, `{"id":"c","do":"follow","trace":"t","after":-9}`, `{"id":"c","do":"skip","seconds":1e9}`, `{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decodeCommand(data)
		if len(c.ID) > maxCommandID {
			t.Fatalf("an id of %d bytes passed", len(c.ID))
		}
		if err != nil {
			return
		}
		if _, err := question(c.Name, c.Type); err != nil {
			p, status := problem(err)
			if p.Code == "internal" || status < 400 || status > 499 {
				t.Fatalf("%q %q: %s %d", c.Name, c.Type, p.Code, status)
			}
		}
	})
}

func TestEveryProblemHasAStatus(t *testing.T) {
	for err, want := range map[error]int{
		&lookup.NameError{Code: "label.empty"}: 422, &lookup.TypeError{Code: "type.unknown"}: 422, &room.NameError{Name: "X"}: 422,
		room.ErrUnknownTrace: 404, room.ErrUnknownCache: 422, room.ErrUnknownNetwork: 422, room.ErrBusy: 503, room.ErrFull: 503, room.ErrGone: 503,
		malformed("x"): 400, errors.New("something else"): 500,
	} {
		if p, status := problem(err); status != want || p.Code == "" {
			t.Errorf("%v: %s %d, want %d", err, p.Code, status, want)
		}
	}
}

func TestLocalPathStaysHere(t *testing.T) {
	for in, want := range map[string]string{
		"/lookups/t1?lang=ko": "/lookups/t1?lang=ko", "": "/", "x": "/", "//evil.example/": "/", "/%5C%5Cevil.example": "/%5C%5Cevil.example", "/a/../b": "/a/../b",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if u.Host != "" {
			u = &url.URL{Path: "//" + u.Host}
		}
		if got := localPath(u); got != want {
			t.Errorf("%q leads to %q, want %q", in, got, want)
		}
	}
}

func TestLanguageIsChosenRememberedOrPreferred(t *testing.T) {
	en, err := lookup.ParseWords("en", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	ko, err := lookup.ParseWords("ko", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &Handlers{cfg: Config{Words: map[string]*lookup.Words{"en": en, "ko": ko}}}
	for _, c := range []struct{ query, cookie, accept, want string }{
		{"", "", "", "en"}, {"", "", "ko-KR,ko;q=0.9,en;q=0.8", "ko"}, {"", "", "fr,ko;q=0.2", "ko"}, {"", "", "fr", "en"},
		{"", "en", "ko", "en"}, {"", "ko", "en", "ko"}, {"?lang=en", "ko", "ko", "en"}, {"?lang=xx", "ko", "", "ko"}, {"", "xx", "", "en"},
	} {
		r := httptest.NewRequest("GET", "/"+c.query, nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "lang", Value: c.cookie})
		}
		r.Header.Set("Accept-Language", c.accept)
		if got := h.lang(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestRepliesAreJSON(t *testing.T) {
	en, err := lookup.ParseWords("en", []byte(`{"error.command.malformed":"{why}"}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &Handlers{cfg: Config{Words: map[string]*lookup.Words{"en": en}}}
	out := h.carryOut(call{command: command{ID: `"`}}, malformed("x\x00\u202e"))
	var r struct {
		ID    string
		Error errorBody
	}
	if err := json.Unmarshal(out, &r); err != nil || r.ID != `"` || r.Error.Text != `x\u{0}\u{202e}` {
		t.Errorf("%s: %v", out, err)
	}
}

// unread is a body that nobody should want.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestARoomIsFoundWithoutReadingABody(t *testing.T) {
	r := httptest.NewRequest("GET", "/?room=two", unread{t})
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if got := roomName(r); got != "two" {
		t.Errorf("room %q", got)
	}
	if got := roomName(httptest.NewRequest("GET", "/", nil)); got != room.Main {
		t.Errorf("room %q", got)
	}
	r = httptest.NewRequest("POST", "/clock?room=two", strings.NewReader("room=three"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := readForm(r); err != nil || roomName(r) != "three" {
		t.Errorf("room %q, %v", roomName(r), err)
	}
}
