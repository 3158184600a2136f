package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// endless is an internet whose lookups say how they begin, and nothing more.
type endless struct{ clock *lookup.LessonClock }

func (endless) Network() string                              { return "lab" }
func (endless) Snapshots() []lookup.CacheSnapshot            { return nil }
func (endless) Flush(string, lookup.Name, lookup.Type) error { return nil }
func (e endless) Clock() *lookup.LessonClock                 { return e.clock }
func (endless) Close() error                                 { return nil }
func (endless) Lookup(ctx context.Context, s lookup.Step, ask room.Ask) {
	s.Report(lookup.LookupStarted{Question: ask.Question, Host: "device", Network: "lab"})
	<-ctx.Done()
}

func TestALookupThatTakesTooLongIsShownAsFarAsItIs(t *testing.T) {
	rooms := room.New(room.Config{Open: func(context.Context, string) (room.Internet, error) {
		return endless{lookup.NewLessonClock(time.Now)}, nil
	}})
	defer rooms.Close()
	h := &Handlers{cfg: Config{Rooms: rooms, Patience: time.Millisecond}}
	post := func(kind, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/lookups", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.StartLookup(w, r)
		return w
	}
	w := post("application/x-www-form-urlencoded", "name=a.example&type=A")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/lookups/t") {
		t.Errorf("a form: %d, Location %q", w.Code, w.Header().Get("Location"))
	}
	w = post("application/json", `{"name":"a.example","type":"A"}`)
	var f lookup.TraceFile
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != http.StatusAccepted || w.Header().Get("Location") != "/lookups/"+f.ID {
		t.Errorf("JSON: %d, Location %q, %v", w.Code, w.Header().Get("Location"), err)
	}
}
