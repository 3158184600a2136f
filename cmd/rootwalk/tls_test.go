package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
)

// certFiles writes a certificate for loopback as a person would have it: two
// PEM files.
func certFiles(t *testing.T) (c tlsConfig, authority string) {
	t.Helper()
	made, err := selfSigned(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c = tlsConfig{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: made.Certificate[0]}, c.Key: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c, c.Cert
}

// Everything the page needs is there over TLS: HTTP/2, the socket, cookies that
// stay there. Browsers are told to come back over TLS only where they trust
// the certificate.
func TestThePageOverTLS(t *testing.T) {
	files, _ := certFiles(t)
	for _, c := range []struct {
		over tlsConfig
		hsts string
	}{{tlsConfig{Mode: tlsSelf}, ""}, {files, "max-age=31536000"}} {
		s, _ := openSiteOver(t, c.over)
		if !strings.HasPrefix(s.p.URL(), "https://127.0.0.1:") {
			t.Fatal(s.p.URL())
		}
		res, body := s.get("/?lang=ko")
		if res.StatusCode != 200 || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != c.hsts || !strings.Contains(body, s.url("/dns-query")) {
			t.Errorf("%d %s %q", res.StatusCode, res.Proto, res.Header.Get("Strict-Transport-Security"))
		}
		if !strings.Contains(res.Header.Get("Set-Cookie"), "; Secure") {
			t.Errorf("cookie %q goes over HTTP too", res.Header.Get("Set-Cookie"))
		}
		page := s.socket()
		page.send(`{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A"}`)
		if events, _ := page.follow(-1); !strings.Contains(events[len(events)-1], `"outcome":"answer"`) {
			t.Error(events[len(events)-1])
		}
		// Who comes without TLS is told so.
		plain, err := s.live.Get(strings.Replace(s.p.URL(), "https://", "http://", 1))
		if err != nil || plain.StatusCode != http.StatusBadRequest {
			t.Fatalf("over HTTP: %v %v", plain, err)
		}
		plain.Body.Close()
	}
	plain, _ := openSite(t)
	if res, _ := plain.get("/"); res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over HTTP (RFC 6797 §7.2)")
	}
}

// What is made for a run leads to this machine by all its names, is for
// servers only, and is never the same twice.
func TestCertificateMadeForARun(t *testing.T) {
	now := time.Now()
	cert, err := selfSigned(&net.TCPAddr{IP: net.IPv4zero}, []string{"class.example", "192.0.2.9", "localhost"}, now)
	if err != nil {
		t.Fatal(err)
	}
	leaf := cert.Leaf
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "class.example", "192.0.2.9"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: pool, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if leaf.VerifyHostname("evil.example") == nil || leaf.IsCA || len(leaf.DNSNames) != 2 || leaf.NotAfter.Sub(now) > 31*24*time.Hour {
		t.Errorf("%+v", leaf)
	}
	other, err := selfSigned(&net.TCPAddr{IP: net.IPv4zero}, nil, now)
	if err != nil || other.Leaf.SerialNumber.Cmp(leaf.SerialNumber) == 0 || pin(other.Leaf) == pin(leaf) {
		t.Error("the same twice")
	}
}

// The programs that people have, over TLS without a proxy, with a certificate
// that they check.
func TestRealProgramsOverTLS(t *testing.T) {
	files, authority := certFiles(t)
	s, _ := openSiteOver(t, files)
	self, _ := openSiteOver(t, tlsConfig{Mode: tlsSelf})
	key, ok := self.p.OwnCert()
	if !ok {
		t.Fatal("no certificate of its own")
	}
	query, err := new(dns.Msg).SetQuestion("www.example.co.kr.", dns.TypeA).Pack()
	if err != nil {
		t.Fatal(err)
	}
	body := filepath.Join(t.TempDir(), "query")
	if err := os.WriteFile(body, query, 0o600); err != nil {
		t.Fatal(err)
	}
	port := func(s *site) uint16 {
		return netip.MustParseAddrPort(strings.TrimSuffix(strings.TrimPrefix(s.p.URL(), "https://"), "/")).Port()
	}
	b64 := base64.RawURLEncoding.EncodeToString(query)
	for _, c := range []struct {
		on   *site
		args string
		want string // in the output
	}{
		{s, fmt.Sprintf("dig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query +tls-ca=%s", port(s), authority), "203.0.113.10"},
		{s, fmt.Sprintf("dig @127.0.0.1 -p %d www.example.co.kr +https-get=/dns-query +tls-ca=%s", port(s), authority), "203.0.113.10"},
		{s, fmt.Sprintf("kdig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query +tls-ca=%s", port(s), authority), "203.0.113.10"},
		{s, fmt.Sprintf("kdig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query +https-get +tls-ca=%s", port(s), authority), "203.0.113.10"},
		{self, fmt.Sprintf("kdig @127.0.0.1 -p %d www.example.co.kr +https=/dns-query +tls-pin=%s", port(self), strings.TrimPrefix(key, "sha256//")), "203.0.113.10"},
		// From a loopback address there is no way to the web server, and no
		// packet leaves: that it tries is what is wanted.
		{s, fmt.Sprintf("curl -sv -4 --interface 127.0.0.1 --max-time 10 --cacert %s --doh-url %s http://www.example.co.kr/", authority, s.url("/dns-query")), "Trying 203.0.113.10"},
		{self, fmt.Sprintf("curl -sv -4 --interface 127.0.0.1 --max-time 10 --doh-insecure --doh-url %s http://www.example.co.kr/", self.url("/dns-query")), "Trying 203.0.113.10"},
		{self, fmt.Sprintf("curl -sSvk --http2 --pinnedpubkey %s -H content-type:application/dns-message --data-binary @%s %s -o /dev/null", key, body, self.url("/dns-query")), "< HTTP/2 200"},
		{s, fmt.Sprintf("curl -sSv --http1.1 --cacert %s %s?dns=%s -o /dev/null", authority, s.url("/dns-query"), b64), "< Content-Type: application/dns-message"},
	} {
		args := strings.Fields(c.args)
		t.Run(strings.Join(args[:min(len(args), 1)], " "), func(t *testing.T) {
			needProgram(t, args[0])
			page := c.on.socket()
			before := len(page.told(func([]room.OutsideQuery) bool { return true }))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
			if bytes.Contains(out, []byte("nvalid option")) {
				t.Skipf("this %s does not speak DNS over HTTPS", args[0])
			}
			if !bytes.Contains(out, []byte(c.want)) {
				t.Fatalf("%s: %v\n%s", c.args, err, out)
			}
			latest := page.told(func(l []room.OutsideQuery) bool { return len(l) > before })
			f := c.on.trace(latest[0].Trace)
			if x := f.Events[len(f.Events)-1].Fact.(lookup.ResponseSent); x.Transport != "https" || x.Question.Name != "www.example.co.kr." {
				t.Errorf("%+v", x)
			}
		})
	}
	// A program that checks is not fooled by another's certificate.
	needProgram(t, "kdig")
	out, _ := exec.Command("kdig", "@127.0.0.1", "-p", fmt.Sprint(port(self)), "www.example.co.kr", "+https=/dns-query", "+tls-ca="+authority, "+retry=0").CombinedOutput()
	if bytes.Contains(out, []byte("203.0.113.10")) {
		t.Errorf("it believed any certificate:\n%s", out)
	}
}

// needProgram skips a test whose program is missing.
func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatalf("%s is not installed, and ROOTWALK_CI=1 demands it", name)
		}
		t.Skipf("%s is not installed", name)
	}
}

func TestFlagsOfTLS(t *testing.T) {
	files, _ := certFiles(t)
	for args, want := range map[string]string{
		"-tls yes":        "off or self",
		"-tls-cert a.pem": "belong together",
		"-tls-key a.pem":  "belong together",
		"-tls self -tls-cert a.pem -tls-key b.pem":            "of its own",
		"-tls off -tls-cert a.pem -tls-key b.pem":             "contradict",
		"-tls-cert /nowhere -tls-key /nowhere":                "no such file",
		"-tls-cert " + files.Key + " -tls-key " + files.Key:   "-tls-cert",
		"-tls-cert " + files.Cert + " -tls-key " + files.Cert: "-tls-cert",
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields("serve -addr 127.0.0.1:0 "+args), noEnv, &out, &errs); status != exitUsage && status != exitProgram || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: %d %q %q", args, status, out.String(), errs.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"serve", "-addr", "127.0.0.1:0", "-tls", "self"}, noEnv, w, &out) }()
	b := make([]byte, 4096)
	var said string
	for !strings.Contains(said, "sha256//") {
		n, err := r.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		said += string(b[:n])
	}
	cancel()
	if status := <-ended; status != exitOK || !strings.HasPrefix(said, "https://127.0.0.1:") {
		t.Errorf("%d %q %q", status, said, out.String())
	}
	r.Close()
	w.Close()
}
