package lookup

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// Options of EDNS that are said in words (RFC 6891 §6.1.2).
const (
	optionNSID   = 3
	optionDAU    = 5
	optionDHU    = 6
	optionN3U    = 7
	optionCookie = 10
	optionEDE    = 15

	clientCookieLen = 8
)

// optionText is one EDNS option, code and length included; its data as hexadecimal
// digits where nothing better is known.
func optionText(b []byte) string {
	code, data := int(binary.BigEndian.Uint16(b)), b[4:]
	switch {
	case code == optionNSID && len(data) > 0: // RFC 5001
		return `NSID "` + EscapeString(data) + `"`
	case code >= optionDAU && code <= optionN3U: // RFC 6975 §3: one octet for each algorithm
		s := [...]string{"DAU", "DHU", "N3U"}[code-optionDAU]
		for _, n := range data {
			s += " " + strconv.Itoa(int(n))
		}
		return s
	case code == optionCookie && len(data) >= clientCookieLen: // RFC 7873 §4
		s := fmt.Sprintf("COOKIE %x", data[:clientCookieLen])
		if server := data[clientCookieLen:]; len(server) > 0 {
			s += fmt.Sprintf(" %x", server)
		}
		return s
	case code == optionEDE && len(data) >= 2: // RFC 8914 §2
		info := binary.BigEndian.Uint16(data)
		s := "EDE " + strconv.Itoa(int(info))
		if name, ok := extendedNames[info]; ok {
			s += " (" + name + ")"
		}
		if len(data) > 2 {
			s += ` "` + EscapeString(data[2:]) + `"`
		}
		return s
	}
	return strconv.Itoa(code) + ": " + fmt.Sprintf("%x", data)
}

// extendedNames are the extended errors of RFC 8914 §4.
var extendedNames = map[uint16]string{
	0: "Other", 1: "Unsupported DNSKEY Algorithm", 2: "Unsupported DS Digest Type", 3: "Stale Answer", 4: "Forged Answer",
	5: "DNSSEC Indeterminate", 6: "DNSSEC Bogus", 7: "Signature Expired", 8: "Signature Not Yet Valid", 9: "DNSKEY Missing",
	10: "RRSIGs Missing", 11: "No Zone Key Bit Set", 12: "NSEC Missing", 13: "Cached Error", 14: "Not Ready", 15: "Blocked",
	16: "Censored", 17: "Filtered", 18: "Prohibited", 19: "Stale NXDOMAIN Answer", 20: "Not Authoritative", 21: "Not Supported",
	22: "No Reachable Authority", 23: "Network Error", 24: "Invalid Data", 25: "Signature Expired before Valid", 26: "Too Early", 27: "Unsupported NSEC3 Iterations Value",
}
