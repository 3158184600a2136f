package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/templates"
)

// links are what is known of the frames of a trace.
func (s *site) links(id string) templates.Captured {
	s.t.Helper()
	res, body := s.do("GET", "/lookups/"+id+"/files/index.json", "", "")
	var c templates.Captured
	if err := json.Unmarshal([]byte(body), &c); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%d %s: %v", res.StatusCode, body, err)
	}
	return c
}

// TestWiresharkReadsTheFramesOfALookup: a file for each link, each frame there,
// nothing malformed, and the very messages of the trace in them.
func TestWiresharkReadsTheFramesOfALookup(t *testing.T) {
	t.Parallel() // it waits for tshark most of the time
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is not installed")
	}
	s := startSite(t)
	before := s.walked("mx.example", "MX") // frames of another time, which must not be in it
	for _, q := range [][2]string{{"www.example.co.kr", "A"}, {"t4k.big.test", "TXT"}} {
		walk := s.walked(q[0], q[1])
		captured := s.links(walk.ID)
		if captured.Why != "" || len(captured.Links) < 6 {
			t.Fatalf("%s: %+v", walk.Title, captured)
		}
		dir := t.TempDir()
		var seen strings.Builder
		for _, l := range captured.Links {
			res, body := s.do("GET", "/lookups/"+walk.ID+"/files/"+l.Name+".pcapng", "", "")
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/x-pcapng" || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") {
				t.Fatalf("%s: %d %v", l.Name, res.StatusCode, res.Header)
			}
			file := filepath.Join(dir, l.Name+".pcapng")
			if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), tshark, "-n", "-r", file, "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
				"-T", "fields", "-E", "separator=|", "-e", "_ws.malformed", "-e", "ip.checksum.status", "-e", "udp.checksum.status", "-e", "tcp.checksum.status", "-e", "dns.id", "-e", "dns.qry.name")
			cmd.Env = append(os.Environ(), "HOME="+dir)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("tshark: %v", err)
			}
			lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			if len(lines) != l.Frames {
				t.Errorf("%s: tshark reads %d of %d frames", l.Name, len(lines), l.Frames)
			}
			for i, line := range lines {
				f := strings.Split(line, "|")
				if len(f) != 6 || f[0] != "" || f[1] == "0" || f[2] == "0" || f[3] == "0" || f[1] == "Bad" || f[2] == "Bad" || f[3] == "Bad" {
					t.Errorf("%s: tshark complains about frame %d: %s", l.Name, i+1, line)
				}
			}
			seen.Write(out)
		}
		for _, e := range walk.Events {
			if x, ok := e.Fact.(lookup.QuerySent); ok {
				line := regexp.MustCompile(`(?m)\|0x` + regexp.QuoteMeta(hex4(x.ID)) + `\|` + regexp.QuoteMeta(x.Question.Name.Short()))
				if !line.MatchString(seen.String()) {
					t.Errorf("the query of event %d is on no link:\n%s", e.Seq, seen.String())
				}
			}
		}
		if strings.Contains(seen.String(), before.Title[:len("mx.example")]) {
			t.Error("frames of another time are in it")
		}
	}
}

func hex4(id uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[id>>12], digits[id>>8&15], digits[id>>4&15], digits[id&15]})
}

func TestNoFramesAreMadeUp(t *testing.T) {
	s := startSite(t)
	walk := s.walked("www.example.co.kr", "A")
	cached := s.walked("www.example.co.kr", "A")
	if why := s.links(cached.ID).Why; why != "silent" {
		t.Errorf("a lookup that sent nothing: %q", why)
	}
	if why := s.links("example").Why; why != "recorded" {
		t.Errorf("the recorded example: %q", why)
	}
	res, body := s.do("POST", "/traces", "application/json", s.body("/lookups/"+walk.ID+".json"))
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if why := s.links(made.ID).Why; why != "file" {
		t.Errorf("a file: %q", why)
	}
	for _, path := range []string{walk.ID + "/files/moon.pcapng", "example/files/isp.pcapng", made.ID + "/files/isp.pcapng", walk.ID + "/files/..%2fx", walk.ID + "/files/x.txt", "t0/files/dig.txt"} {
		if res, _ := s.do("GET", "/lookups/"+path, "", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func (s *site) body(path string) string {
	s.t.Helper()
	res, body := s.do("GET", path, "", "")
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d", path, res.StatusCode)
	}
	return body
}

func TestATraceLeavesAsFilesAndComesBack(t *testing.T) {
	s := startSite(t)
	walk := s.walked("www.example.co.kr", "A")
	for name, holds := range map[string][]string{
		"trace.json":     {`"version": 1`, walk.ID},
		"dig.txt":        {";; ->>HEADER<<-", "www.example.co.kr", "203.0.113.10"},
		"transcript.txt": {"device asks", "kr"},
		"ladder.svg":     {"<title id=", "<desc id=", "Noto Sans CJK KR", "203.0.113.10", "/lookups/" + walk.ID},
		"replay.html":    {"Content-Security-Policy", "sha256-", `id="rw-data"`, "203.0.113.10", "내 기기"},
	} {
		res, body := s.do("GET", "/lookups/"+walk.ID+"/files/"+name, "", "")
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Disposition") != `attachment; filename="rootwalk-www.example.co.kr-A-`+name+`"` {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
		for _, text := range holds {
			if !strings.Contains(body, text) && !(name == "transcript.txt" && strings.Contains(strings.ToLower(body), text)) {
				t.Errorf("%s has no %q", name, text)
			}
		}
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "trace.json")
	if err == nil {
		_, err = part.Write([]byte(s.body("/lookups/" + walk.ID + "/files/trace.json")))
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	res, body := s.do("POST", "/traces", w.FormDataContentType(), form.String())
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/lookups/t") || to == "/lookups/"+walk.ID {
		t.Fatalf("%d %q %s", res.StatusCode, to, body)
	}
	page := s.body(to)
	if !strings.Contains(page, `class="filenote"`) || !strings.Contains(page, `data-recorded="file"`) || !strings.Contains(page, "203.0.113.10") {
		t.Error("the page does not say that it is a file's")
	}
	back := s.traceOf(s.body(to + ".json"))
	if len(back.Events) != len(walk.Events) || back.Title != walk.Title || back.Started != walk.Started {
		t.Errorf("%d events came back of %d", len(back.Events), len(walk.Events))
	}
}

func TestHostileFilesAreNotShown(t *testing.T) {
	s := startSite(t)
	walk := s.body("/lookups/" + s.walked("www.example.co.kr", "A").ID + ".json")
	for what, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"no JSON":           {"application/json", "{", 422},
		"another kind":      {"application/json", strings.Replace(walk, `"kind":"cache.missed"`, `"kind":"cache.lost"`, 1), 422},
		"bidi":              {"application/json", strings.Replace(walk, `"host":"device"`, `"host":"\u202edevice"`, 1), 422},
		"too large":         {"application/json", walk + strings.Repeat(" ", 5<<20), 413},
		"a form without":    {"application/x-www-form-urlencoded", "a=b", 400},
		"no boundary":       {"multipart/form-data", "x", 400},
		"an empty form":     {"multipart/form-data; boundary=x", "--x--\r\n", 400},
		"another file part": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n{}\r\n--x--\r\n", 400},
	} {
		res, body := s.do("POST", "/traces", c.kind, c.body, "Accept", "application/json")
		if res.StatusCode != c.status || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %.200s", what, res.StatusCode, body)
		}
	}
	// What fits the schema but makes no sense is shown, and does no harm.
	for what, change := range map[string][2]string{
		"markup in a host": {`"host":"R1"`, `"host":"<img src=x onerror=alert(1)>"`},
		"a script's end":   {`"host":"R1"`, `"host":"</script><script>alert(1)</script>"`},
		"no dots":          {`"name":"www.example.co.kr."`, `"name":"..."`},
		"steps in circles": {`"parent":1`, `"parent":2`},
	} {
		changed := strings.ReplaceAll(walk, change[0], change[1])
		if changed == walk {
			t.Fatalf("%s changes nothing", what)
		}
		res, body := s.do("POST", "/traces", "application/json", changed)
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(body), &made); err != nil || res.StatusCode != http.StatusCreated {
			t.Errorf("%s: %d %s", what, res.StatusCode, body)
			continue
		}
		for _, path := range []string{"", "/bytes", "/print", "/print?worksheet", "/files/replay.html", "/files/ladder.svg", "/files/dig.txt", "/files/transcript.txt"} {
			body := s.body("/lookups/" + made.ID + path)
			isText := strings.HasSuffix(path, ".txt") // plain text is never markup
			if !isText && (strings.Contains(body, "<img src=x") || strings.Contains(body, "</script><script>alert")) {
				t.Errorf("%s: markup of a file is markup in %s", what, path)
			}
		}
	}
}
