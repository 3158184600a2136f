package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/export"
	"rootwalk/lookup/lookuptest"
)

// TestWiresharkOpensAJourney: the frames of every link of a journey, TCP and TLS
// too, with the keys in the file: nothing malformed, no wrong checksum, and HTTP
// in clear; without the keys none of it.
func TestWiresharkOpensAJourney(t *testing.T) {
	t.Parallel() // it waits for tshark most of the time
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is not installed")
	}
	dir := t.TempDir()
	read := func(capture []byte) string {
		t.Helper()
		file := filepath.Join(dir, "x.pcapng")
		if err := os.WriteFile(file, capture, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), tshark, "-n", "-r", file, "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
			"-T", "fields", "-E", "separator=|", "-e", "_ws.malformed", "-e", "ip.checksum.status", "-e", "udp.checksum.status", "-e", "tcp.checksum.status", "-e", "http.request.uri", "-e", "http2.headers.path", "-e", "http.response.code", "-e", "http2.headers.status")
		cmd.Env = append(os.Environ(), "HOME="+dir)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return string(out)
	}
	for _, c := range []struct {
		url, uri string
		version  string
		links    []string // where the connection passes
		all      bool
	}{
		{"https://www.example.co.kr/page", "/page", "1.1", []string{"lan", "access", "ix", "web"}, true},
		{"https://www.example.co.kr/page", "/page", "2", []string{"lan"}, false},
		{"https://tls12.tls.wild.example/", "/", "1.1", []string{"lan", "web"}, false},
		{"http://www.example.co.kr/gzip", "/gzip", "", []string{"lan"}, false},
	} {
		in, err := openLab(labConfig{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		frames, stop := in.Tap()
		events := travel(t, in, c.version, c.url)
		stop()
		in.Close()
		for _, l := range frames.Links() {
			passes := slices.Contains(c.links, l.Name)
			if l.Frames == 0 && passes || l.Skipped > 0 {
				t.Errorf("%s: %+v", c.url, l)
			}
			if l.Frames == 0 || !passes && !c.all {
				continue
			}
			var with, without bytes.Buffer
			if err := frames.WritePcapng(&with, l.Name, export.KeyLog(events)); err != nil {
				t.Fatal(err)
			}
			out := read(with.Bytes())
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if len(lines) != l.Frames {
				t.Errorf("%s: tshark reads %d of %d frames", l.Name, len(lines), l.Frames)
			}
			for i, line := range lines {
				f := strings.Split(line, "|")
				if len(f) != 8 || f[0] != "" || slices.Contains(f[1:4], "0") || slices.Contains(f[1:4], "Bad") {
					t.Errorf("%s, %s: tshark complains about frame %d: %s", c.url, l.Name, i+1, line)
				}
			}
			if !passes {
				continue
			}
			if !strings.Contains(out, "|"+c.uri) || !strings.Contains(out, "|200") {
				t.Errorf("%s, %s: no HTTP can be read:\n%s", c.url, l.Name, out)
			}
			if !strings.HasPrefix(c.url, "https:") || l.Name != "lan" {
				continue
			}
			if err := frames.WritePcapng(&without, l.Name, nil); err != nil {
				t.Fatal(err)
			}
			if out := read(without.Bytes()); strings.Contains(out, "|"+c.uri) || strings.Contains(out, "|200") {
				t.Errorf("%s, %s: HTTP can be read without keys", c.url, l.Name)
			}
		}
	}
}

// Every kind of journey leaves as an archive that fits HAR 1.2, with what its
// facts say in it.
func TestJourneysAsHAR(t *testing.T) {
	type archive struct {
		Log struct {
			Entries []struct {
				Time     float64
				Request  struct{ URL, HTTPVersion string }
				Response struct {
					Status      int
					RedirectURL string
					BodySize    int
					Content     struct {
						Size           int
						Text, MimeType string
					}
				}
				Timings         struct{ DNS, Connect, SSL, Wait float64 }
				ServerIPAddress string
				FromCache       string `json:"_fromCache"`
			}
		}
	}
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	har := func(version, url string) archive {
		t.Helper()
		var b bytes.Buffer
		file := lookup.TraceFile{ID: "t", Version: lookup.TraceVersion, Network: "lab", Title: url, Started: time.Now(), Events: travel(t, in, version, url)}
		if err := export.HAR(&b, file); err != nil {
			t.Fatal(err)
		}
		for _, p := range lookuptest.CheckHAR(b.Bytes()) {
			t.Errorf("%s: %s", url, p)
		}
		var a archive
		if err := json.Unmarshal(b.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if started := lookuptest.Facts[lookup.FetchStarted](factsOf(file.Events)); len(a.Log.Entries) != len(started) {
			t.Errorf("%s: %d entries for %d fetches", url, len(a.Log.Entries), len(started))
		}
		return a
	}
	if e := har("", "https://www.example.co.kr/page").Log.Entries[0]; e.Request.HTTPVersion != "HTTP/2" || e.Response.BodySize <= 0 || e.Timings.SSL <= 0 || e.Timings.Wait <= 0 {
		t.Errorf("%+v", e)
	}
	in.pages.Forget()
	in.tickets.Forget()
	if err := in.Flush("all", "", 0); err != nil {
		t.Fatal(err)
	}
	first := har("1.1", "https://www.example.co.kr/page").Log.Entries
	if e := first[0]; len(first) != 4 || e.Timings.DNS <= 0 || e.Timings.SSL <= 0 || e.Timings.Connect < e.Timings.SSL || e.ServerIPAddress != "203.0.113.10" || e.Request.HTTPVersion != "HTTP/1.1" {
		t.Errorf("%+v", e)
	}
	if e := first[1]; e.Timings.DNS != -1 || e.Timings.Connect != -1 || e.Timings.SSL != -1 {
		t.Errorf("over a connection that was there: %+v", e)
	}
	chain := har("1.0", "http://www.example.co.kr/chain/3").Log.Entries
	if len(chain) != 4 || chain[0].Response.Status != 302 || chain[0].Response.RedirectURL != "/chain/2" || chain[3].Response.Status != 200 || chain[1].Timings.Connect <= 0 || chain[0].Timings.SSL != -1 {
		t.Errorf("%+v", chain)
	}
	if e := har("", "http://www.example.co.kr/gzip").Log.Entries[0]; e.Response.Content.Size <= e.Response.BodySize || !strings.HasPrefix(e.Response.Content.MimeType, "text/html") || !strings.Contains(e.Response.Content.Text, "<") {
		t.Errorf("%+v", e)
	}
	har("", "http://www.example.co.kr/cached")
	if e := har("", "http://www.example.co.kr/cached").Log.Entries[0]; e.FromCache != "memory" || e.Timings.DNS != -1 || e.Response.BodySize != 0 {
		t.Errorf("%+v", e)
	}
	for _, url := range []string{"http://missing.example.co.kr/", "https://expired.tls.wild.example/", "http://www.example.co.kr:81/", "http://www.example.co.kr/loop", "http://www.example.co.kr/cookie", "http://www.example.co.kr/chunked"} {
		har("", url)
	}
}

func factsOf(events []lookup.Event) (facts []lookup.Fact) {
	for _, e := range events {
		facts = append(facts, e.Fact)
	}
	return facts
}

func TestAJourneyLeavesAsFiles(t *testing.T) {
	s := startSite(t)
	body, _ := json.Marshal(map[string]string{"url": "https://www.example.co.kr/", "network": "lab"})
	_, text := s.do("POST", "/lookups", "application/json", string(body))
	f, err := lookup.ReadTraceFile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, holds := range map[string]string{
		"journey.har": `"version": "1.2"`, "curl.sh": "curl --globoff", "keys.txt": "CLIENT_TRAFFIC_SECRET_0 ", "lan.pcapng": "CLIENT_TRAFFIC_SECRET_0 ",
	} {
		res, body := s.do("GET", "/lookups/"+f.ID+"/files/"+name, "", "")
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(body, holds) {
			t.Errorf("%s: %d %v\n%.300s", name, res.StatusCode, res.Header, body)
		}
	}
}

// A journey leaves as a trace file that anybody's server takes, and is the same
// there.
func TestJourneyTracesComeBack(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, url := range []string{"https://www.example.co.kr/page", "https://expired.tls.wild.example/", "http://www.example.co.kr/chain/3", "http://www.example.co.kr:81/"} {
		var b bytes.Buffer
		events := travel(t, in, "", url)
		if err := export.JSON(&b, lookup.TraceFile{ID: "t", Version: lookup.TraceVersion, Network: "lab", Title: url, Started: time.Now(), Events: events}); err != nil {
			t.Fatal(err)
		}
		file, err := lookup.ReadForeignTraceFile(b.Bytes())
		if err != nil || len(file.Events) != len(events) {
			t.Errorf("%s: %d of %d events: %v", url, len(file.Events), len(events), err)
		}
	}
}
