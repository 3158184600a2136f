package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lookuptest"
)

// A query over HTTPS in the lab: the name is in the records that were opened, and
// in no packet.
func TestDNSInsideTLS(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	to, err := in.SealedQuery(lookup.Question{Name: "www.example.co.kr.", Type: lookup.TypeA, Class: lookup.ClassIN})
	if err != nil {
		t.Fatal(err)
	}
	facts := trip(t, in, "", to)
	whole(t, facts)
	if n := len(lookuptest.Facts[lookup.QuerySent](facts)); n != 0 {
		t.Errorf("%d queries in the clear by the device", n)
	}
	for _, c := range lookuptest.Facts[lookup.CertificateChecked](facts) {
		if !c.Passed {
			t.Errorf("%+v", c)
		}
	}
	bodies := lookuptest.Facts[lookup.BodyFinished](facts)
	if len(bodies) != 1 || bodies[0].Media != "application/dns-message" || !strings.Contains(string(bodies[0].Data), "\xcb\x00\x71\x0a") { // 203.0.113.10
		t.Errorf("%+v", bodies)
	}
	for _, p := range lookuptest.Facts[lookup.PacketSent](facts) {
		if strings.Contains(string(p.Payload), "example") || strings.Contains(string(p.Payload), "dns-query") {
			t.Errorf("the question can be read in a packet of %s: %q", p.From, p.Payload)
		}
	}
}

// The same on sheet 5, from a form.
func TestDNSInsideTLSOnThePage(t *testing.T) {
	s := startSite(t)
	res, _ := s.do("POST", "/lookups", "application/x-www-form-urlencoded", url.Values{"doh": {"www.example.co.kr"}, "network": {"lab"}, "then": {"encrypt"}, "lang": {"en"}}.Encode())
	at := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(at, "/encrypt") {
		t.Fatalf("%d %s", res.StatusCode, at)
	}
	_, page := s.get(at)
	_, dns, _ := strings.Cut(page, `id="encrypt-dns"`)
	dns, _, _ = strings.Cut(dns, "</section>")
	for _, want := range []string{"GET /dns-query?dns=", "www.example.co.kr", "203.0.113.10", "192.0.2.53:443"} {
		if !strings.Contains(dns, want) {
			t.Errorf("no %s in\n%s", want, dns)
		}
	}
	res, _ = s.do("POST", "/lookups", "application/x-www-form-urlencoded", url.Values{"doh": {strings.Repeat("a", 70)}, "then": {"encrypt"}}.Encode())
	if res.StatusCode < 400 || res.StatusCode >= 500 {
		t.Errorf("a name that is none: %d", res.StatusCode)
	}
}

// A ticket of one connection resumes the next: in both versions of TLS, in one
// journey and between two.
func TestTicketsResume(t *testing.T) {
	in, err := openLab(labConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, c := range []struct {
		version, url string
		resumed      []bool
	}{
		{"1.0", "https://www.example.co.kr/page", []bool{false, true, true, true}},
		{"", "https://www.example.co.kr/", []bool{true}},
		{"", "https://tls12.tls.wild.example/", []bool{false}},
		{"", "https://tls12.tls.wild.example/", []bool{true}},
	} {
		facts := trip(t, in, c.version, c.url)
		ended, started := lookuptest.Facts[lookup.HandshakeFinished](facts), lookuptest.Facts[lookup.HandshakeStarted](facts)
		if len(ended) != len(c.resumed) {
			t.Errorf("%s: %d handshakes", c.url, len(ended))
			continue
		}
		for i, f := range ended {
			if f.Resumed != c.resumed[i] || f.Outcome != "done" || started[i].Ticket != f.Resumed {
				t.Errorf("%s, handshake %d: %+v", c.url, i+1, f)
			}
		}
		for _, x := range lookuptest.Facts[lookup.FragmentExchanged](facts) {
			if x.Epoch != "plain" && x.Type == "application_data" && !x.Opened {
				t.Errorf("%s: record %d of the %s stayed closed", c.url, x.Number, x.From)
			}
		}
	}
}

// The sheet of TLS lists the handshakes of a trace and shows the one that is asked
// for; the time line says which were resumed.
func TestResumptionOnThePage(t *testing.T) {
	s := startSite(t)
	res, _ := s.do("POST", "/lookups", "application/x-www-form-urlencoded", url.Values{"url": {"https://www.example.co.kr/page"}, "http": {"1.0"}, "network": {"lab"}, "then": {"encrypt"}, "lang": {"en"}}.Encode())
	at, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	_, last := s.get(at)
	_, first := s.get(at + "?handshake=1")
	if !strings.Contains(last, `data-resume="encrypt.resume.taken"`) || !strings.Contains(first, `data-resume="encrypt.resume.none"`) {
		t.Error("the handshakes are mixed up")
	}
	for _, href := range []string{"handshake=1", "handshake=2", "handshake=3"} {
		if !strings.Contains(last, href) {
			t.Errorf("no link to %s", href)
		}
	}
	if _, page := s.get(strings.TrimSuffix(at, "encrypt") + "journey?lang=en"); strings.Count(page, "resumed with a ticket") != 3 {
		t.Errorf("%d resumed phases on the time line", strings.Count(page, "resumed with a ticket"))
	}
}
