package lookup

import (
	"encoding/hex"
	"strings"
	"testing"
)

// A referral with compression, written out by hand from RFC 1035 §4.1.
const referralHex = "91c4 8000 0001 0000 0001 0002" + // header
	"03777777 076578616d706c65 02636f 026b72 00 0001 0001" + // www.example.co.kr A IN
	"c01b 0002 0001 0002a300 0008 0164 03646e73 c01b" + // kr NS d.dns.kr
	"c02f 0001 0001 0002a300 0004 c6336404" + // d.dns.kr A 198.51.100.4
	"00 0029 04d0 00 00 0000 0000" // OPT

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnatomyNamesEveryByte(t *testing.T) {
	spans := Anatomy(unhex(t, referralHex))
	var got []string
	for _, s := range spans {
		got = append(got, s.Section+" "+s.Name+" "+s.Text)
	}
	want := []string{
		"header ID 0x91c4", "header FLAGS QR NOERROR", "header QDCOUNT 1", "header ANCOUNT 0", "header NSCOUNT 1", "header ARCOUNT 2",
		"question QNAME www.example.co.kr.", "question QTYPE A", "question QCLASS IN",
		"authority NAME kr.", "authority TYPE NS", "authority CLASS IN", "authority TTL 172800", "authority RDLENGTH 8", "authority RDATA d.dns.kr.",
		"additional NAME d.dns.kr.", "additional TYPE A", "additional CLASS IN", "additional TTL 172800", "additional RDLENGTH 4", "additional RDATA 198.51.100.4",
		"additional NAME .", "additional TYPE OPT", "additional UDPSIZE 1232", "additional EXTRCODE 0", "additional VERSION 0", "additional EDNSFLAGS 0x0000", "additional RDLENGTH 0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, s := range spans {
		if s.Name == "RDATA" && s.Type == TypeNS {
			if len(s.Points) != 1 || s.Points[0].To != 0x1b || s.Points[0].At != s.At+6 {
				t.Errorf("pointer %+v of the name at %d", s.Points, s.At)
			}
		}
	}
}

func checkCover(t *testing.T, msg []byte, spans []Span) {
	t.Helper()
	at := 0
	for _, s := range spans {
		if s.At != at || s.Len <= 0 {
			t.Fatalf("span %+v begins at %d, want %d", s, s.At, at)
		}
		at += s.Len
		if Printable(s.Text) != s.Text {
			t.Fatalf("text %q is not safe to show", s.Text)
		}
	}
	if want := min(len(msg), 0xffff); at != want {
		t.Fatalf("spans cover %d of %d bytes", at, want)
	}
}

func FuzzAnatomy(f *testing.F) {
	msg := unhex(f, referralHex)
	f.Add(msg)
	f.Add(msg[:40])
	f.Add([]byte{})
	f.Add(unhex(f, "0000 8000 0001 0000 0000 0000 c00c 0001 0001")) // a name that points at itself
	f.Add(unhex(f, "0000 8000 0000 0001 0000 0000 00 0010 0001 00000000 0003 ff6161"))
	f.Fuzz(func(t *testing.T, msg []byte) { checkCover(t, msg, Anatomy(msg)) })
}

func BenchmarkAnatomy(b *testing.B) {
	msg := unhex(b, referralHex)
	b.ReportAllocs()
	for b.Loop() {
		Anatomy(msg)
	}
}
