package secure

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server of crypto/tls with a certificate of its own root.
type world struct {
	t      *testing.T
	root   *x509.Certificate
	server *tls.Config
}

func newWorld(t *testing.T, key string) *world {
	t.Helper()
	now := time.Now()
	sign := func(c, parent *x509.Certificate, pub, priv any) *x509.Certificate {
		c.SerialNumber = big.NewInt(7)
		c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, priv)
		if err != nil {
			t.Fatal(err)
		}
		out, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rootC := &x509.Certificate{Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root := sign(rootC, rootC, ca.Public(), ca)
	var priv crypto.Signer
	if key == "rsa" {
		priv, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		priv, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	leaf := sign(&x509.Certificate{Subject: pkix.Name{CommonName: "www"}, DNSNames: []string{"www.test"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, root, priv.Public(), ca)
	return &world{t, root, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: priv}}, NextProtos: []string{"http/1.1"}}}
}

// pair is a TCP connection over the loopback.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// visit does a handshake, has the server say "hello" and echo one line, and
// returns the facts.
func (w *world) visit(c Config) ([]lookup.Fact, error) {
	t := w.t
	t.Helper()
	trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Title: "t", Network: "lab"})
	c.Step = trace.Root()
	if c.ServerName == "" {
		c.ServerName = "www.test"
	}
	if c.Roots == nil {
		c.Roots = []*x509.Certificate{w.root}
	}
	a, b := pair(t)
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer b.Close()
		s := tls.Server(b, w.server)
		if s.Handshake() != nil {
			return
		}
		line := make([]byte, 5)
		if _, err := io.ReadFull(s, line); err == nil {
			_, _ = s.Write(append([]byte("you said "), line...))
			s.Close()
		}
	}()
	conn, err := Client(context.Background(), a, c)
	if err == nil {
		if _, err := conn.Write([]byte("hello")); err != nil {
			w.t.Error(err)
		}
		said, err := io.ReadAll(conn)
		if err != nil || string(said) != "you said hello" {
			w.t.Errorf("%q, %v", said, err)
		}
	}
	a.Close()
	<-served
	trace.Finish()
	var out []lookup.Fact
	for _, e := range trace.Events() {
		out = append(out, e.Fact)
	}
	return out, err
}

// of are the facts of one type.
// sound checks what must be true of every good connection: all records opened,
// all codes and checks right, and fields that cover their messages.
func sound(t *testing.T, facts []lookup.Fact) {
	t.Helper()
	for _, f := range lookuptest.Facts[lookup.FragmentExchanged](facts) {
		if f.Epoch != "plain" && !f.Opened && f.Type != "change_cipher_spec" {
			t.Errorf("record %d of the %s in epoch %s was not opened", f.Number, f.From, f.Epoch)
		}
	}
	compared := lookuptest.Facts[lookup.FinishedCompared](facts)
	if len(compared) != 2 {
		t.Errorf("%d Finished messages were compared", len(compared))
	}
	for _, f := range compared {
		if !f.Equal {
			t.Errorf("Finished of the %s: %x, computed %x", f.From, f.Sent, f.Own)
		}
	}
	for _, f := range lookuptest.Facts[lookup.CertificateChecked](facts) {
		if !f.Passed {
			t.Errorf("check %s of certificate %d failed: wanted %s, found %s", f.Check, f.Index, f.Wanted, f.Found)
		}
	}
	for _, f := range lookuptest.Facts[lookup.HandshakeExchanged](facts) {
		covers(t, f.Message, f.Fields)
		if last := f.Fields[len(f.Fields)-1]; last.Name == "MALFORMED" {
			t.Errorf("%s: malformed after %+v", f.Type, f.Fields[len(f.Fields)-2])
		}
	}
}

// covers checks the promise of Anatomy.
func covers(t *testing.T, msg []byte, fields []lookup.WireField) {
	t.Helper()
	at := 0
	for i, f := range fields {
		if f.At+f.Len > len(msg) || f.Len < 0 {
			t.Fatalf("field %d %s reaches from %d to %d of %d", i, f.Name, f.At, f.At+f.Len, len(msg))
		}
		if f.Group {
			continue
		}
		if f.At != at {
			t.Fatalf("field %d %s begins at %d, not %d", i, f.Name, f.At, at)
		}
		at += f.Len
	}
	if at != len(msg) {
		t.Fatalf("fields end at %d of %d", at, len(msg))
	}
}

func types(facts []lookup.Fact) string {
	var out []string
	for _, f := range lookuptest.Facts[lookup.HandshakeExchanged](facts) {
		out = append(out, string(f.From)[:1]+" "+lookup.MessageName(f.Type)+" "+f.Epoch)
	}
	return strings.Join(out, "\n")
}

const ladder13 = `c ClientHello plain
s ServerHello plain
s EncryptedExtensions handshake
s Certificate handshake
s CertificateVerify handshake
s Finished handshake
c Finished handshake
s NewSessionTicket application`

const ladder12 = `c ClientHello plain
s ServerHello plain
s Certificate plain
s ServerKeyExchange plain
s ServerHelloDone plain
c ClientKeyExchange plain
c Finished application
s NewSessionTicket plain
s Finished application`

func TestLadderOfTLS13(t *testing.T) {
	w := newWorld(t, "ecdsa")
	facts, err := w.visit(Config{ALPN: []string{"http/1.1"}, Tickets: NewTickets()})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, facts)
	// The ticket may leave before or after the client's Finished (RFC 9846 §4.6.1).
	got := types(facts)
	if early := "s NewSessionTicket application\nc Finished handshake"; strings.HasSuffix(got, early) {
		got = strings.TrimSuffix(got, early) + "c Finished handshake\ns NewSessionTicket application"
	}
	if got != ladder13 {
		t.Errorf("messages:\n%s", got)
	}
	end := lookuptest.Facts[lookup.HandshakeFinished](facts)[0]
	if end.Outcome != "done" || end.Version != "1.3" || end.ALPN != "http/1.1" || end.RoundTrips != 1 || end.Resumed || end.Group == "" {
		t.Errorf("%+v", end)
	}
	var plain []string
	for _, f := range lookuptest.Facts[lookup.FragmentExchanged](facts) {
		if f.Epoch == "application" && f.Inner == "application_data" {
			plain = append(plain, string(f.From)+": "+string(f.Plain))
			if f.Type != "application_data" || f.Size >= f.Length || bytes.Contains(f.Record, f.Plain) {
				t.Errorf("%+v", f)
			}
		}
	}
	if strings.Join(plain, "|") != "client: hello|server: you said hello" {
		t.Errorf("%q", plain)
	}
	var names []string
	for _, f := range lookuptest.Facts[lookup.SecretDerived](facts) {
		names = append(names, f.Source+" "+f.Name)
	}
	for _, want := range []string{"computed early_secret", "hidden handshake_secret", "log client_handshake_traffic_secret", "log server_application_traffic_secret_0"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s in %q", want, names)
		}
	}
	var alerts []string
	for _, f := range lookuptest.Facts[lookup.AlertExchanged](facts) {
		alerts = append(alerts, string(f.From)+" "+f.Description)
	}
	if !slices.Contains(alerts, "server close_notify") {
		t.Errorf("alerts: %q", alerts)
	}
}

func TestLadderOfTLS12(t *testing.T) {
	for _, key := range []string{"ecdsa", "rsa"} {
		for _, s := range []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384} {
			if rsaSuite := strings.Contains(tls.CipherSuiteName(s), "_RSA_"); rsaSuite != (key == "rsa") {
				continue
			}
			t.Run(tls.CipherSuiteName(s), func(t *testing.T) {
				w := newWorld(t, key)
				w.server.MaxVersion, w.server.CipherSuites = tls.VersionTLS12, []uint16{s}
				tickets := NewTickets()
				facts, err := w.visit(Config{Tickets: tickets})
				if err != nil {
					t.Fatal(err)
				}
				sound(t, facts)
				if got := types(facts); got != ladder12 {
					t.Errorf("messages:\n%s", got)
				}
				if end := lookuptest.Facts[lookup.HandshakeFinished](facts)[0]; end.Version != "1.2" || end.Suite != tls.CipherSuiteName(s) || end.RoundTrips != 2 {
					t.Errorf("%+v", end)
				}
				facts, err = w.visit(Config{Tickets: tickets})
				if err != nil {
					t.Fatal(err)
				}
				sound(t, facts)
				if end := lookuptest.Facts[lookup.HandshakeFinished](facts)[0]; !end.Resumed || end.RoundTrips != 1 {
					t.Errorf("%+v\n%s", end, types(facts))
				}
			})
		}
	}
}

func TestResumptionOfTLS13(t *testing.T) {
	w := newWorld(t, "ecdsa")
	tickets := NewTickets()
	for round, want := range []bool{false, true, true} {
		facts, err := w.visit(Config{Tickets: tickets})
		if err != nil {
			t.Fatal(err)
		}
		sound(t, facts)
		end := lookuptest.Facts[lookup.HandshakeFinished](facts)[0]
		if end.Resumed != want || lookuptest.Facts[lookup.HandshakeStarted](facts)[0].Ticket != want {
			t.Errorf("round %d: %+v", round, end)
		}
		if want && (len(lookuptest.Facts[lookup.CertificateReceived](facts)) != 0 || strings.Contains(types(facts), "Certificate")) {
			t.Error("a certificate crossed")
		}
		if early := lookuptest.Facts[lookup.SecretDerived](facts)[0]; early.Name != "early_secret" || (early.Source == "hidden") != want {
			t.Errorf("%+v", early)
		}
	}
	tickets.Forget()
	facts, err := w.visit(Config{Tickets: tickets})
	if err != nil || lookuptest.Facts[lookup.HandshakeFinished](facts)[0].Resumed {
		t.Error("resumed with a ticket that was forgotten", err)
	}
}

func TestRetryAnotherGroup(t *testing.T) {
	w := newWorld(t, "ecdsa")
	w.server.CurvePreferences = []tls.CurveID{tls.CurveP384}
	facts, err := w.visit(Config{})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, facts)
	if got := types(facts); !strings.HasPrefix(got, "c ClientHello plain\ns HelloRetryRequest plain\nc ClientHello plain\ns ServerHello plain\n") {
		t.Errorf("messages:\n%s", got)
	}
	if end := lookuptest.Facts[lookup.HandshakeFinished](facts)[0]; end.Group != "secp384r1" || end.RoundTrips != 2 {
		t.Errorf("%+v", end)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, "ecdsa")
	for _, c := range []struct {
		name   string
		config Config
		max    uint16
		failed string
		out    string
		alert  string
	}{
		{"another name", Config{ServerName: "other.test"}, 0, "name", "certificate", "client bad_certificate"},
		{"too late", Config{Now: func() time.Time { return time.Now().Add(48 * time.Hour) }}, 0, "notAfter", "certificate", "client bad_certificate"},
		{"too early", Config{Now: func() time.Time { return time.Now().Add(-48 * time.Hour) }}, 0, "notBefore", "certificate", "client bad_certificate"},
		{"unknown issuer", Config{Roots: []*x509.Certificate{}}, 0, "anchor", "certificate", "client bad_certificate"},
		{"old version", Config{}, tls.VersionTLS11, "", "alert", "server protocol_version"},
		{"no common protocol", Config{ALPN: []string{"h2"}}, 0, "", "alert", "server no_application_protocol"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.server.MaxVersion, w.server.MinVersion = c.max, tls.VersionTLS10
			facts, err := w.visit(c.config)
			if err == nil {
				t.Fatal("accepted")
			}
			end := lookuptest.Facts[lookup.HandshakeFinished](facts)
			if len(end) != 1 || end[0].Outcome != c.out || end[0].Detail == "" {
				t.Errorf("%+v", end)
			}
			var failed []string
			for _, f := range lookuptest.Facts[lookup.CertificateChecked](facts) {
				if !f.Passed {
					failed = append(failed, f.Check)
				}
			}
			if strings.Join(failed, ",") != c.failed {
				t.Errorf("failed: %q", failed)
			}
			sent := ""
			if a := lookuptest.Facts[lookup.AlertExchanged](facts); len(a) > 0 {
				sent = string(a[0].From) + " " + a[0].Description
			}
			if sent != c.alert {
				t.Errorf("alert %q, want %q", sent, c.alert)
			}
		})
	}
}

// Whoever answers may be anybody: the observer stops, the handshake fails, and
// the trace says so.
func TestNoTLSAtAll(t *testing.T) {
	for _, says := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "\x16\x03\x03\xff\xff", "\x17\x03\x03\x00\x02ab", ""} {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Title: "t", Network: "lab"})
		a, b := pair(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 4096)
			_, _ = b.Read(buf)
			go func() { _, _ = io.Copy(io.Discard, b) }()
			_, _ = io.WriteString(b, says)
			b.Close()
		}()
		_, err := Client(context.Background(), a, Config{Step: trace.Root(), ServerName: "www.test", Roots: []*x509.Certificate{}})
		a.Close()
		<-done
		var facts []lookup.Fact
		for _, e := range trace.Events() {
			facts = append(facts, e.Fact)
		}
		if end := lookuptest.Facts[lookup.HandshakeFinished](facts); err == nil || len(end) != 1 || end[0].Outcome != "failed" && end[0].Outcome != "alert" {
			t.Errorf("%q: %v, %+v", says, err, end)
		}
	}
}

func FuzzAnatomy(f *testing.F) {
	f.Add([]byte{1, 0, 0, 2, 3, 3}, uint16(0))
	f.Add([]byte{20, 0, 0, 1, 9}, uint16(0x0304))
	f.Add(append([]byte{11, 0, 0, 8, 0, 0, 0, 4, 0}, 0, 0, 0), uint16(0x0304))
	f.Fuzz(func(t *testing.T, msg []byte, version uint16) {
		covers(t, msg, Anatomy(msg, version))
		readHello(msg)
		certificatesOf(msg, version)
		if len(msg) > 0 {
			hasExtension(msg, extPreSharedKey)
			resumed(msg)
		}
	})
}

// FuzzObserver gives both directions anything at all.
func FuzzObserver(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x04\x01\x00\x00\x00"), []byte("\x16\x03\x03\x00\x04\x02\x00\x00\x00\x15\x03\x03\x00\x02\x02\x28"), "CLIENT_RANDOM 00 00")
	f.Fuzz(func(t *testing.T, client, server []byte, log string) {
		trace := lookup.NewTrace(lookup.TraceConfig{ID: "t", Title: "t", Network: "lab"})
		o := newObserver(trace.Root())
		o.verify = func(chain [][]byte) {
			judge{step: trace.Root(), name: "www.test", now: time.Unix(0, 0), roots: []*x509.Certificate{}}.chain(chain)
		}
		o.carried(lookup.SideClient, client)
		_, _ = o.Write([]byte(log))
		o.carried(lookup.SideServer, server)
		for _, e := range trace.Events() {
			if m, ok := e.Fact.(lookup.HandshakeExchanged); ok && len(m.Message) < keptOctets {
				covers(t, m.Message, m.Fields)
			}
		}
	})
}
