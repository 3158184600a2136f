package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// inside is a client whose connections are made in a namespace.
func (n *namespaces) inside(t *testing.T, ns string) *http.Client {
	t.Helper()
	tr := &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		cmd := n.command(ns, os.Args[0])
		cmd.Env = append(os.Environ(), helperVariable+"=pipe", pipeVariable+"="+addr)
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return &piped{in: in, out: out, cmd: cmd}, nil
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// pipeVariable is where the part "pipe" of the helper connects to.
const pipeVariable = "ROOTWALK_TEST_PIPE"

// pipe is a connection from inside a namespace as standard input and output.
func pipe() error {
	conn, err := net.Dial("tcp", os.Getenv(pipeVariable))
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		io.Copy(conn, os.Stdin)
		conn.Close() // whoever is outside has gone
	}()
	io.Copy(os.Stdout, conn)
	return nil
}

// piped is such a connection seen from outside.
type piped struct {
	in   io.WriteCloser
	out  io.ReadCloser
	cmd  *exec.Cmd
	once sync.Once
}

func (p *piped) Read(b []byte) (int, error)  { return p.out.Read(b) }
func (p *piped) Write(b []byte) (int, error) { return p.in.Write(b) }
func (p *piped) Close() error {
	p.once.Do(func() {
		p.in.Close()
		p.out.Close() // it may be writing what nobody reads any more
		p.cmd.Wait()
	})
	return nil
}
func (p *piped) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (p *piped) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (p *piped) SetDeadline(time.Time) error      { return nil }
func (p *piped) SetReadDeadline(time.Time) error  { return nil }
func (p *piped) SetWriteDeadline(time.Time) error { return nil }

// pageIn is a page served in a namespace, as somebody in another one sees it.
func (n *namespaces) pageIn(t *testing.T, ns, from string, args ...string) *site {
	t.Helper()
	url := n.background(t, ns, true, append([]string{n.program, "serve", "-seed", "1"}, args...)...)
	if !strings.HasPrefix(url, "http://") {
		t.Fatalf("it says %q", url)
	}
	return &site{t: t, at: url, client: n.inside(t, from)}
}

// reachOf waits until the room has found out whether there is a way out.
func (k *liveSocket) reachOf() string {
	k.t.Helper()
	for {
		if f := k.read(); f.Room != nil && f.Room.Reach != nil && f.Room.Reach.State != "probing" {
			return f.Room.Reach.State
		}
	}
}

func (s *site) onInternet(name string) lookup.TraceFile {
	s.t.Helper()
	return s.onInternetIn("", name)
}

// onInternetIn looks a name up in a room, "" for the main one.
func (s *site) onInternetIn(room, name string) lookup.TraceFile {
	s.t.Helper()
	res, body := s.do("POST", "/lookups", "application/json", fmt.Sprintf(`{"name":%q,"type":"A","network":"internet","room":%q}`, name, room), "Accept", "application/json")
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s: %d %s", name, res.StatusCode, body)
	}
	f, err := lookup.ReadTraceFile([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// The page beside real servers on real addresses: what is looked up there over
// HTTP and over the socket is the walk from the root, over both families, over
// either, and refused where a zone points at our own house.
func (n *namespaces) thePage(t *testing.T) {
	for _, mode := range []struct {
		name  string
		flags []string
		six   func(bool) bool // whether an address of this family may be asked
	}{
		{"both families", nil, func(bool) bool { return true }},
		{"IPv4", []string{"-ip6", "off"}, func(six bool) bool { return !six }},
		{"IPv6", []string{"-ip4", "off"}, func(six bool) bool { return six }},
	} {
		t.Run(mode.name, func(t *testing.T) {
			s := n.pageIn(t, "res", "client", append([]string{"-addr", service + ":8080", "-net", "internet", "-dnssec", "off", "-dns-listen", service + ":5301", "-dns-acl", "192.168.77.0/24"}, mode.flags...)...)
			page := s.socket()
			if got := page.reachOf(); got != "open" {
				t.Fatalf("the way out is %s", got)
			}
			f := s.onInternet("www.chain.example")
			end := finished(t, f)
			if f.Network != "internet" || end.Outcome != lookup.OutcomeAnswer || end.Records[len(end.Records)-1].Data != "193.108.91.18" || end.ResolverQueries < 4 || asked(f)[0] != "." {
				t.Errorf("%s %+v asked %v", f.Network, end, asked(f))
			}
			for _, e := range f.Events {
				if q, ok := e.Fact.(lookup.QuerySent); ok && q.By == lookup.RoleResolver && !mode.six(q.Server.Addr.Addr().Is6()) {
					t.Errorf("asked %v", q.Server.Addr)
				}
			}
			// Over the socket; what is known is asked for no more.
			page.send(`{"id":"c1","do":"lookup","name":"www.chain.example","type":"AAAA","network":"internet"}`)
			events, id := page.follow(-1)
			if again := s.file(id); again.Network != "internet" || len(again.Events) != len(events) || finished(t, again).ResolverQueries == 0 || asked(again)[0] == "." {
				t.Errorf("%s, %d events, asked %v", again.Network, len(events), asked(again))
			}
			// The lab is there as well, with caches of its own.
			if lab := s.lookup("www.chain.example", "A"); lab.Network != "lab" || finished(t, lab).ResolverQueries < 4 {
				t.Errorf("in the lab: %s %+v", lab.Network, finished(t, lab))
			}
			_, body := s.get("/lookups/" + f.ID + "?lang=en")
			for _, part := range []string{"live, real internet", `value="internet" form="ask" checked`, "Port 53 is open", `value="internet/R1"`} {
				if !strings.Contains(body, part) {
					t.Errorf("the page lacks %s", part)
				}
			}
			if _, body = s.get("/lookups/" + s.onInternet("www.evil169.test").ID + "?lang=ko"); mode.six(false) && !strings.Contains(body, "169.254.169.254는 공용 인터넷 주소가 아닙니다(link-local)") {
				t.Error("a refusal is not told")
			}
			// A program outside gets the network that is meant where none is named,
			// and appears on the page.
			if status, data := n.dig(t, "www.brother.example.", "A", "-p", "5301"); status != "NOERROR" || len(data) != 1 {
				t.Errorf("dig: %s %v", status, data)
			}
			latest := page.told(func(l []room.OutsideQuery) bool { return len(l) == 1 })
			if out := s.trace(latest[0].Trace); out.Network != "internet" || out.Events[len(out.Events)-1].Fact.(lookup.ResponseSent).Queries == 0 {
				t.Errorf("dig was answered from %s", out.Network)
			}
			// A cache is emptied by its name.
			if res, _ := s.do("POST", "/flush", "application/x-www-form-urlencoded", "cache=internet/R1&back=/"); res.StatusCode != http.StatusSeeOther {
				t.Errorf("flush: %d", res.StatusCode)
			}
			if cold := s.onInternet("mx.example"); asked(cold)[0] != "." {
				t.Errorf("after emptying R1: asked %v", asked(cold))
			}
		})
	}
	t.Run("rates over all rooms", func(t *testing.T) {
		// The servers of one zone get one query in a quarter of an hour: the
		// second one of the walk does not leave, and in another room not even the first.
		s := n.pageIn(t, "res", "client", "-addr", service+":8080", "-net", "internet", "-dnssec", "off", "-zone-rate", "0.001")
		page := s.socket()
		if got := page.reachOf(); got != "open" {
			t.Fatalf("the way out is %s", got)
		}
		for _, room := range []struct {
			name string
			sent int
		}{{"", 1}, {"elsewhere", 0}} {
			f := s.onInternetIn(room.name, "www.example.co.kr")
			end, sent, blocked := finished(t, f), 0, 0
			for _, e := range f.Events {
				switch x := e.Fact.(type) {
				case lookup.QuerySent:
					if x.By == lookup.RoleResolver {
						sent++
					}
				case lookup.QueryBlocked:
					blocked++
					if x.Reason != "zoneRate" || x.Text != "0.001" {
						t.Errorf("blocked: %+v", x)
					}
				case lookup.ResolutionFinished:
					if x.Outcome != lookup.OutcomeRateLimit {
						t.Errorf("room %q: ended with %s", room.name, x.Outcome)
					}
				}
			}
			if sent != room.sent || blocked == 0 || end.Outcome != lookup.OutcomeServfail {
				t.Errorf("room %q: %d queries left, %d were kept back, %s", room.name, sent, blocked, end.Outcome)
			}
			for lang, want := range map[string]string{"en": "all users together ask the servers of one zone at most 0.001 times a second", "ko": "모든 사용자를 합쳐 한 존의 서버들에는 1초에 0.001번까지만 묻습니다"} {
				if _, body := s.get("/lookups/" + f.ID + "?lang=" + lang); !strings.Contains(body, want) {
					t.Errorf("%s: the page does not say why", lang)
				}
			}
		}
	})
	t.Run("where port 53 is closed", func(t *testing.T) {
		s := n.pageIn(t, "client", "client", "-addr", "127.0.0.1:8080", "-net", "internet")
		page := s.socket()
		if got := page.reachOf(); got != "closed" {
			t.Fatalf("the way out is %s", got)
		}
		for lang, want := range map[string]string{"en": "Port 53 is closed in this network: lookups stay in the lab.", "ko": "이 네트워크에서는 53번 포트가 막혀 있습니다."} {
			if _, body := s.get("/?lang=" + lang); !strings.Contains(body, want) || !strings.Contains(body, `value="internet" form="ask" disabled`) || !strings.Contains(body, `value="lab" form="ask" checked`) {
				t.Errorf("%s: it does not say so", lang)
			}
		}
		res, body := s.do("POST", "/lookups", "application/json", `{"name":"www.example.com","type":"A","network":"internet"}`)
		if res.StatusCode != http.StatusConflict || !strings.Contains(body, `"network.closed"`) {
			t.Errorf("%d %s", res.StatusCode, body)
		}
		if f := s.lookup("www.example.co.kr", "A"); finished(t, f).Outcome != lookup.OutcomeAnswer {
			t.Error("the lab does not work")
		}
		page.send(`{"id":"c1","do":"lookup","name":"www.example.com","type":"A","network":"internet"}`)
		for {
			if f := page.read(); f.ID == "c1" {
				if f.Error == nil || f.Error.Code != "network.closed" {
					t.Errorf("%+v", f)
				}
				break
			}
		}
	})
}

// file reads a trace of the site.
func (s *site) file(id string) lookup.TraceFile {
	s.t.Helper()
	res, body := s.get("/lookups/" + id + ".json")
	f, err := lookup.ReadTraceFile([]byte(body))
	if err != nil {
		s.t.Fatalf("%d: %v", res.StatusCode, err)
	}
	return f
}
