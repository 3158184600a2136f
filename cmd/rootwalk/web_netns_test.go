package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
	"rootwalk/lookup/lookuptest/fakenet"
)

// The way to a page on the kernel's own sockets, through the policy for ports 80
// and 443, to nginx, openssl s_server and a server that does what none should
// (web_hostile_test.go), at addresses that look like those of the Internet, in two
// network namespaces:
//
//	res ──── world: a root server with all names, and the Web
const (
	webRoot    = "193.0.14.129"
	nginxAddr  = "185.12.65.10"
	nginx12    = "185.12.65.11" // the same with TLS 1.2: versions are those of an address
	openssl12  = "185.12.65.12"
	openssl13  = "185.12.65.13"
	webHints   = ". 3600000 NS a.root.\na.root. 3600000 A " + webRoot + "\n"
	silentAddr = "185.12.66.99" // packets to it vanish
)

var webZone = ". 3600 SOA a.root. host.root. 1 7200 900 1209600 300\n. 3600 NS a.root.\na.root. 3600 A " + webRoot + "\n" +
	"www.nginx.test. 300 A " + nginxAddr + "\ntls12.nginx.test. 300 A " + nginx12 + "\nother.nginx.test. 300 A " + nginxAddr + "\n" +
	"old.openssl.test. 300 A " + openssl12 + "\nnew.openssl.test. 300 A " + openssl13 + "\n" +
	"nobody.test. 300 A " + silentAddr + "\ninside.test. 300 A 10.0.0.1\nmetadata.test. 300 A 169.254.169.254\nself.test. 300 A 127.0.0.1\n"

// startWeb starts the name server, nginx, openssl and the hostile server.
func startWeb(t *testing.T) *namespaces {
	n := needNamespaces(t, []string{"nsd", "dig", "nginx", "openssl", "ss"}, []string{"world", "res"})
	n.link("res", "toworld", "world", "tores")
	world := []string{"link set lo up", "link set tores up", "addr add " + worldRouter4 + "/24 dev tores", "route add blackhole " + silentAddr, "addr add " + hostileHTTP2Net + " dev lo"}
	for _, a := range append([]string{webRoot, nginxAddr, nginx12, openssl12, openssl13}, hostileWebAddrs...) {
		world = append(world, "addr add "+a+"/32 dev lo")
	}
	n.batch("world", world...)
	n.batch("res", "link set lo up", "link set toworld up", "addr add "+resolver4+"/24 dev toworld", "route add default via "+worldRouter4)
	n.build()
	zone := webZone
	for name, at := range hostileWebNames {
		zone += name + ". 300 A " + at + "\n"
	}
	for i := range hostileHTTP2() {
		zone += hostileHTTP2Name(i) + ". 300 A " + hostileHTTP2Addr(i) + "\n"
	}
	n.serve(fakenet.Server{Program: fakenet.NSD, Zones: []string{"."}, Addrs: []netip.Addr{netip.MustParseAddr(webRoot)}}, func(string) string { return zone })

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hints"), []byte(webHints), 0o644); err != nil {
		t.Fatal(err)
	}
	makeCertificates(t, dir, "www.nginx.test", "tls12.nginx.test", "old.openssl.test", "new.openssl.test", "stalls.hostile.test")
	n.web = dir
	n.nginx(dir)
	n.background(t, "world", false, "openssl", "s_server", "-quiet", "-www", "-tls1_2", "-accept", openssl12+":443", "-cert", dir+"/cert.pem", "-key", dir+"/key.pem")
	n.background(t, "world", false, "openssl", "s_server", "-quiet", "-www", "-accept", openssl13+":443", "-cert", dir+"/cert.pem", "-key", dir+"/key.pem")
	if said := n.background(t, "world", true, "env", helperVariable+"=hostileweb", os.Args[0]); said != "ready" {
		t.Fatalf("the hostile server says %q", said)
	}
	for _, at := range []string{nginxAddr + ":80", nginxAddr + ":443", nginx12 + ":443", openssl12 + ":443", openssl13 + ":443"} {
		n.listening(at)
	}
	return n
}

// listening waits until a server of the world listens.
func (n *namespaces) listening(at string) {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if out, err := n.command("world", "ss", "-H", "-l", "-t", "-n", "src", at).Output(); err == nil && strings.Contains(string(out), at) {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("nobody listens at %s", at)
		}
	}
}

// nginx is started with a site that has most of what HTTP/1.1 has.
func (n *namespaces) nginx(dir string) {
	n.t.Helper()
	www := filepath.Join(dir, "www")
	files := map[string]string{
		"index.html": `<!doctype html><title>nginx</title><link rel="stylesheet" href="/style.css"><img src="/pic.svg" alt=""><p>Hello.`,
		"style.css":  strings.Repeat("p { color: teal }\n", 200),
		"pic.svg":    `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>`,
	}
	if err := os.Mkdir(www, 0o755); err != nil {
		n.t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(www, name), []byte(text), 0o644); err != nil {
			n.t.Fatal(err)
		}
	}
	var turns strings.Builder
	for _, status := range redirectStatuses {
		fmt.Fprintf(&turns, "location = /%d { return %d /index.html; }\n", status, status)
	}
	conf := strings.NewReplacer("DIR", dir, "ADDR12", nginx12, "ADDR", nginxAddr, "TURNS", turns.String()).Replace(`
daemon off; user root; worker_processes 1; pid DIR/nginx.pid; error_log stderr error;
events { worker_connections 64; }
http {
  access_log off; keepalive_timeout 60s; lingering_close off;
  client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4; scgi_temp_path DIR/t5;
  types { text/html html; text/css css; image/svg+xml svg; }
  gzip on; gzip_min_length 100; gzip_types text/css; gzip_http_version 1.0;
  ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem;
  root DIR/www;
  server { listen ADDR:80; server_name www.nginx.test; TURNS location = /old { return 301 https://www.nginx.test/; } }
  server { listen ADDR:443 ssl http2; server_name www.nginx.test; ssl_protocols TLSv1.3; }
  server { listen ADDR12:443 ssl; server_name tls12.nginx.test; ssl_protocols TLSv1.2; }
}
`)
	if err := os.WriteFile(dir+"/nginx.conf", []byte(conf), 0o644); err != nil {
		n.t.Fatal(err)
	}
	n.background(n.t, "world", false, "nginx", "-e", "stderr", "-c", dir+"/nginx.conf")
}

var redirectStatuses = []int{301, 302, 303, 307, 308}

// makeCertificates writes ca.pem, cert.pem and key.pem: an authority and one
// certificate of its for all names.
func makeCertificates(t *testing.T, dir string, names ...string) {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	caKey, leafKey := key(), key()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	write := func(name, kind string, der []byte, err error) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	write("ca.pem", "CERTIFICATE", der, err)
	der, err = x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, caKey)
	write("cert.pem", "CERTIFICATE", der, err)
	der, err = x509.MarshalECPrivateKey(leafKey)
	write("key.pem", "EC PRIVATE KEY", der, err)
}

// onTheWeb are the arguments of the program in this world.
func (n *namespaces) onTheWeb(command string, args ...string) []string {
	return append([]string{"env", "SSL_CERT_FILE=" + n.web + "/ca.pem", "SSL_CERT_DIR=" + n.web + "/none", n.program, command, "-net", "internet", "-root-hints", n.web + "/hints"}, args...)
}

// open goes to an address with the program and returns what happened, and the
// exit status.
func (n *namespaces) open(t *testing.T, args ...string) (facts []lookup.Fact, status int) {
	t.Helper()
	out, err := n.command("res", n.onTheWeb("open", append([]string{"-format", "json"}, args...)...)...).Output()
	f, bad := lookup.ReadTraceFile(out)
	if bad != nil {
		t.Fatalf("%v: %v %v", args, err, bad)
	}
	for _, e := range f.Events {
		facts = append(facts, e.Fact)
	}
	soundWeb(t, facts)
	return facts, exitCode(err)
}

// soundWeb is what is true of every journey out there, however it ends.
func soundWeb(t *testing.T, facts []lookup.Fact) {
	t.Helper()
	if a, b := len(lookuptest.Facts[lookup.FetchStarted](facts)), len(lookuptest.Facts[lookup.FetchFinished](facts)); a != b {
		t.Errorf("%d fetches began, %d ended", a, b)
	}
	if a, b := len(lookuptest.Facts[lookup.LegStarted](facts)), len(lookuptest.Facts[lookup.LegFinished](facts)); a != b {
		t.Errorf("%d parts began, %d ended", a, b)
	}
	for _, c := range lookuptest.Facts[lookup.StateCompared](facts) {
		if !c.Equal {
			t.Errorf("%s: %s by the calls, %s says %s", c.Side, c.Derived, c.Stack, c.Source)
		}
	}
	numbered(t, facts)
	dialed := 0
	for _, c := range lookuptest.Facts[lookup.CallMade](facts) {
		if c.Call != "connect" || c.Protocol != "tcp" {
			continue
		}
		if dialed++; c.Addr.Port() != 80 && c.Addr.Port() != 443 || c.Addr.Addr().IsPrivate() || c.Addr.Addr().IsLoopback() || c.Addr.Addr().IsLinkLocalUnicast() {
			t.Errorf("connected to %v", c.Addr)
		}
	}
	if dialed > 8 {
		t.Errorf("%d connections", dialed)
	}
}

// statesOf are the states that the client's end of connection number n came to,
// and who said so.
func statesOf(facts []lookup.Fact, conn int) (states, sources []string) {
	for _, s := range lookuptest.Facts[lookup.StateEntered](facts) {
		if s.Conn == conn {
			states = append(states, string(s.To))
			sources = append(sources, s.Source)
		}
	}
	return states, sources
}

func TestRealWebServersOnTheKernelsSockets(t *testing.T) {
	n := startWeb(t)
	t.Run("nginx", n.realWeb)
	t.Run("hostile", n.hostileWeb)
	t.Run("http2", n.hostileHTTP2)
	t.Run("page", n.webPage)
}

func (n *namespaces) realWeb(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  []string
		check func(t *testing.T, facts []lookup.Fact)
	}{
		{"http", []string{"http://www.nginx.test/"}, func(t *testing.T, facts []lookup.Fact) {
			used := map[int]bool{}
			for _, s := range lookuptest.Facts[lookup.RequestSent](facts) {
				used[s.Conn] = true
			}
			bodies := lookuptest.Facts[lookup.BodyFinished](facts)
			if len(bodies) != 3 || len(used) != 1 {
				t.Fatalf("%d bodies on %d connections", len(bodies), len(used))
			}
			if b := bodies[1]; b.Coding != "gzip" || !b.Whole || b.Decoded != 3600 || b.Wire >= b.Decoded {
				t.Errorf("%+v", b)
			}
			// The client closes first; the system says how far it came.
			states, sources := statesOf(facts, 1)
			got, last := strings.Join(states, " "), states[len(states)-1]
			if !strings.HasPrefix(got, "SYN-SENT ESTABLISHED FIN-WAIT-1 ") || last != "FIN-WAIT-2" && last != "TIME-WAIT" {
				t.Error(got)
			}
			if !slices.Contains(sources, "sock_diag") {
				t.Errorf("nobody was asked after close(): %v", sources)
			}
			asked := 0
			for _, f := range lookuptest.Facts[lookup.StateCompared](facts) {
				if f.Source == "TCP_INFO" {
					asked++
				}
			}
			if asked == 0 {
				t.Error("TCP_INFO was not asked")
			}
		}},
		{"http 1.0", []string{"-http", "1.0", "http://www.nginx.test/style.css"}, func(t *testing.T, facts []lookup.Fact) {
			states, _ := statesOf(facts, 1) // the server closes first
			if got := strings.Join(states, " "); got != "SYN-SENT ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED" {
				t.Error(got)
			}
		}},
		{"http 2", []string{"-http", "2", "https://www.nginx.test/"}, func(t *testing.T, facts []lookup.Fact) {
			sent := lookuptest.Facts[lookup.RequestSent](facts)
			if len(sent) != 3 || len(lookuptest.Facts[lookup.FrameExchanged](facts)) < 10 {
				t.Fatalf("%d requests, %d frames", len(sent), len(lookuptest.Facts[lookup.FrameExchanged](facts)))
			}
			for _, s := range sent {
				if s.Version != "HTTP/2" || s.Conn != sent[0].Conn {
					t.Errorf("%s on connection %d", s.Version, s.Conn)
				}
			}
			tlsIs("1.3")(t, facts)
		}},
		{"TLS 1.3", []string{"https://www.nginx.test/"}, tlsIs("1.3")},
		{"TLS 1.2", []string{"https://tls12.nginx.test/"}, tlsIs("1.2")},
		{"openssl, TLS 1.2", []string{"https://old.openssl.test/"}, tlsIs("1.2")},
		{"openssl, TLS 1.3", []string{"https://new.openssl.test/"}, tlsIs("1.3")},
		{"from http to https", []string{"http://www.nginx.test/old"}, func(t *testing.T, facts []lookup.Fact) {
			turns := lookuptest.Facts[lookup.RedirectFollowed](facts)
			if len(turns) != 1 || turns[0].Status != 301 || turns[0].To != "https://www.nginx.test/" {
				t.Errorf("%+v", turns)
			}
			tlsIs("1.3")(t, facts)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			facts, status := n.open(t, c.args...)
			if end := facts[len(facts)-1].(lookup.JourneyFinished); status != exitOK || end.Outcome != "done" {
				t.Fatalf("status %d, %+v, %+v", status, end, lookuptest.Facts[lookup.LegFinished](facts))
			}
			of := map[string]bool{}
			for _, d := range lookuptest.Facts[lookup.DescriptorOpened](facts) {
				if d.Side == lookup.SideClient && (!d.Real || d.Socket != 0 && d.FD < 3) {
					t.Errorf("no descriptor of the system: %+v", d)
				}
				of[d.Of] = true
			}
			for _, kind := range []string{"stdin", "stdout", "stderr", "file", "pipe", "udp", "tcp"} {
				if !of[kind] {
					t.Errorf("nothing of the kind %s was open", kind)
				}
			}
			c.check(t, facts)
		})
	}
	for _, status := range redirectStatuses {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			facts, code := n.open(t, fmt.Sprintf("http://www.nginx.test/%d", status))
			if turns := lookuptest.Facts[lookup.RedirectFollowed](facts); code != exitOK || len(turns) != 1 || turns[0].Status != status {
				t.Errorf("status %d, %+v", code, turns)
			}
		})
	}
}

// tlsIs wants a handshake of a version that was believed.
func tlsIs(version string) func(*testing.T, []lookup.Fact) {
	return func(t *testing.T, facts []lookup.Fact) {
		t.Helper()
		ends := lookuptest.Facts[lookup.HandshakeFinished](facts)
		if len(ends) == 0 || ends[0].Outcome != "done" || !strings.Contains(ends[0].Version, version) {
			t.Errorf("%+v", ends)
		}
		if got := lookuptest.Facts[lookup.HeadReceived](facts); len(got) == 0 || got[len(got)-1].Status != 200 {
			t.Errorf("%+v", got)
		}
	}
}

// webPage is the page's journey to the same servers, and what it says about one
// that is not made.
func (n *namespaces) webPage(t *testing.T) {
	url := n.background(t, "res", true, n.onTheWeb("serve", "-seed", "1", "-addr", "127.0.0.1:8080", "-fetch-connect-time", "500ms")...)
	s := &site{t: t, at: url, client: n.inside(t, "res")}
	if got := s.socket().reachOf(); got != "open" {
		t.Fatalf("the way out is %s", got)
	}
	journey := func(to string) lookup.TraceFile {
		t.Helper()
		res, body := s.do("POST", "/lookups", "application/json", fmt.Sprintf(`{"url":%q,"network":"internet"}`, to), "Accept", "application/json")
		f, err := lookup.ReadTraceFile([]byte(body))
		if err != nil {
			t.Fatalf("%s: %d %s", to, res.StatusCode, body)
		}
		var facts []lookup.Fact
		for _, e := range f.Events {
			facts = append(facts, e.Fact)
		}
		soundWeb(t, facts)
		return f
	}
	f := journey("https://www.nginx.test/")
	if end := f.Events[len(f.Events)-1].Fact.(lookup.JourneyFinished); end.Outcome != "done" {
		t.Errorf("%+v", end)
	}
	for sheet, want := range map[string][]string{
		"connect": {nginxAddr + ":443", "operating system", "ESTABLISHED"},
		"encrypt": {"TLS 1.3", "www.nginx.test"},
		"request": {"https://www.nginx.test/style.css", "gzip", "nginx"},
	} {
		_, body := s.get("/lookups/" + f.ID + "/" + sheet + "?lang=en")
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %q", sheet, part)
			}
		}
	}
	for to, want := range map[string][2]string{
		"http://metadata.test/":        {"169.254.169.254 is no address of the public internet (link-local)", "공용 인터넷 주소가 아닙니다(link-local)"},
		"http://self.test/":            {"127.0.0.1 is no address of the public internet (loopback)", "공용 인터넷 주소가 아닙니다(loopback)"},
		"http://10.0.0.1/":             {"10.0.0.1 is no address of the public internet (private-use)", "공용 인터넷 주소가 아닙니다(private-use)"},
		"http://www.nginx.test:8080/":  {"only ports 80 and 443 may be used, not 8080", "80번과 443번 포트만 쓸 수 있고 8080번은"},
		"http://nobody.test/":          {"the other end said nothing for 500", "동안 아무 말이 없었습니다"},
		"http://hostile.test/upgrade":  {"switched to another protocol without being asked", "다른 프로토콜로 바꾸어서"},
		"https://other.nginx.test/":    {"the certificate is not accepted", "인증서를 받아들이지 않습니다"},
		"https://plain.hostile.test/":  {"the two ends did not agree", "양쪽이 합의하지 못했습니다"},
		"http://hostile.test/tunnel":   {"169.254.169.254 is no address", "공용 인터넷 주소가 아닙니다(link-local)"},
		"http://hostile.test/gzipbomb": {"more than the 262144 octets", "한도 262144바이트를 넘습니다"},
	} {
		f := journey(to)
		for i, lang := range []string{"en", "ko"} {
			sheet := "connect"
			if _, body := s.get("/lookups/" + f.ID + "/" + sheet + "?lang=" + lang); !strings.Contains(body, want[i]) {
				t.Errorf("%s, %s: %s does not say %q", to, lang, sheet, want[i])
			}
		}
	}
}
