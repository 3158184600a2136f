package export

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// wordsOf runs commands in a real shell in which curl is a function that prints its
// words, and returns the words of each command.
func wordsOf(t *testing.T, script []byte) [][]string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatal("sh is missing")
		}
		t.Skip("there is no sh here")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "script")
	const curl = "curl() { for w; do printf '%s\\0' \"$w\"; done; printf '\\001'; }\n"
	if err := os.WriteFile(file, append([]byte(curl), script...), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), sh, file)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SECRET=leaked"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("sh: %v\n%s\n%s", err, errs.String(), script)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the commands made files: %v %v", left, err)
	}
	var all [][]string
	for _, call := range strings.Split(strings.TrimSuffix(out.String(), "\x01"), "\x01") {
		all = append(all, strings.Split(strings.TrimSuffix(call, "\x00"), "\x00"))
	}
	return all
}

func requests(fs ...lookup.RequestSent) (events []lookup.Event) {
	for i, f := range fs {
		events = append(events, lookup.Event{Seq: i, Fact: f})
	}
	return events
}

// Whatever stands in a request, a shell hands it to curl as it is, and curl takes
// it for what it was.
func TestCurlLeavesNothingToTheShell(t *testing.T) {
	evil := []string{
		`$(touch pwned)`, "`touch pwned`", `'; touch pwned; '`, `"; touch pwned; "`, `$SECRET`, `\`, `a\'b`, `!!`, `#no comment`, `~`, `*`, `{a,b}`, `[1-9]`, `&& touch pwned`, `| touch pwned`, `> pwned`,
		`'\''`, `''`, `-o pwned`, `@/etc/passwd`, `%s\n`,
	}
	for _, e := range evil {
		var b bytes.Buffer
		r := lookup.RequestSent{Method: "GET", Version: "HTTP/1.1", URL: "http://host/" + e, Fields: []lookup.Field{{Name: "Cookie", Value: e}, {Name: "X-" + "Empty", Value: ""}}}
		if err := Curl(&b, requests(r)); err != nil {
			t.Fatal(err)
		}
		got := wordsOf(t, b.Bytes())
		want := []string{"--globoff", "--proto", "=http,https", "--http1.1", "--header", "Cookie: " + e, "--header", "X-Empty;", "--url", escapedURL("http://host/" + e)}
		if len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("%s:\n%q, want\n%q", e, got, want)
		}
	}
}

func TestCurlLeavesOutWhatNoCommandHolds(t *testing.T) {
	var b bytes.Buffer
	err := Curl(&b, requests(
		lookup.RequestSent{Method: "POST", Version: "HTTP/1.0", URL: "http://host/\n touch pwned\x1b[201~é", Body: 7, Fields: []lookup.Field{
			{Name: "@/etc/passwd", Value: "x"}, {Name: "A\nB", Value: "x"}, {Name: "A", Value: "x\r\nEvil: y"}, {Name: "B", Value: "\x1b[201~\ntouch pwned\n"}, {Name: "C", Value: "\u202e"},
			{Name: ":path", Value: "/"}, {Name: "Content-Length", Value: "7"}, {Name: "", Value: "x"}, {Name: "D", Value: "kept"},
		}},
		lookup.RequestSent{Method: "HEAD", URL: "http://host/", Fields: []lookup.Field{{Name: "Accept-Encoding", Value: "gzip"}}},
		lookup.RequestSent{Method: "G'ET; touch pwned", URL: "http://host/"},
		lookup.RequestSent{Method: "'`a`'", URL: "http://host/"},
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Bytes() {
		if c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("an octet %#x in\n%s", c, b.String())
		}
	}
	want := [][]string{
		{"--globoff", "--proto", "=http,https", "--http1.0", "--request", "POST", "--header", "D: kept", "--url", "http://host/%0A%20touch%20pwned%1B[201~%C3%A9"},
		{"--globoff", "--proto", "=http,https", "--head", "--compressed", "--header", "Accept-Encoding: gzip", "--url", "http://host/"},
		{"--globoff", "--proto", "=http,https", "--url", "http://host/"},
		{"--globoff", "--proto", "=http,https", "--request", "'`a`'", "--url", "http://host/"},
	}
	got := wordsOf(t, b.Bytes())
	for i := range want {
		if i >= len(got) || !slices.Equal(got[i], want[i]) {
			t.Errorf("command %d: %q, want %q", i+1, got, want[i])
		}
	}
	if s := b.String(); !strings.Contains(s, "6 header fields left out") || !strings.Contains(s, "body of 7 octets") {
		t.Error(s)
	}
	b.Reset()
	if err := Curl(&b, nil); err != nil || b.String() != "# no request was sent\n" {
		t.Errorf("%v %q", err, b.String())
	}
}
