package lookup

import (
	"strings"
	"testing"
)

func TestOptionsInWords(t *testing.T) {
	for octets, want := range map[string]string{
		"\x00\x0f\x00\x02\x00\x16":                          "EDE 22 (No Reachable Authority)",
		"\x00\x0f\x00\x06\x00\x16a\"\x1b\x80":               `EDE 22 (No Reachable Authority) "a\"\027\128"`,
		"\x00\x0f\x00\x02\xff\xff":                          "EDE 65535",
		"\x00\x0f\x00\x01\x00":                              "15: 00",
		"\x00\x0a\x00\x0812345678":                          "COOKIE 3132333435363738",
		"\x00\x0a\x00\x1012345678abcdefgh":                  "COOKIE 3132333435363738 6162636465666768",
		"\x00\x0a\x00\x0412":                                "10: 3132",
		"\x00\x03\x00\x04ns-1":                              `NSID "ns-1"`,
		"\x00\x03\x00\x00":                                  "3: ",
		"\x00\x08\x00\x04\x00\x01\x00\x00":                  "8: 00010000",
		"\x00\x0f\x00\x0a\x00\x00" + strings.Repeat("x", 8): `EDE 0 (Other) "xxxxxxxx"`,
	} {
		if got := optionText([]byte(octets)); got != want {
			t.Errorf("%x: %s, want %s", octets, got, want)
		}
	}
}
