package lookup

import (
	"fmt"
	"strconv"
	"strings"
)

// Type is a record type's number (RFC 1035 §3.2.2 and the IANA registry).
type Type uint16

// The types that the code treats specially.
const (
	TypeA     Type = 1
	TypeNS    Type = 2
	TypeCNAME Type = 5
	TypeSOA   Type = 6
	TypePTR   Type = 12
	TypeHINFO Type = 13
	TypeMX    Type = 15
	TypeTXT   Type = 16
	TypeAAAA  Type = 28
	TypeSRV   Type = 33
	TypeDNAME Type = 39
	TypeOPT   Type = 41
	TypeDS    Type = 43
	TypeSVCB  Type = 64
	TypeHTTPS Type = 65
	TypeIXFR  Type = 251
	TypeAXFR  Type = 252
	TypeANY   Type = 255
	TypeCAA   Type = 257
)

var typeNames = map[Type]string{
	TypeA: "A", TypeNS: "NS", TypeCNAME: "CNAME", TypeSOA: "SOA", TypePTR: "PTR", TypeHINFO: "HINFO", TypeMX: "MX",
	TypeTXT: "TXT", TypeAAAA: "AAAA", TypeSRV: "SRV", TypeDNAME: "DNAME", TypeOPT: "OPT", TypeDS: "DS", TypeSVCB: "SVCB",
	TypeHTTPS: "HTTPS", TypeANY: "ANY", TypeCAA: "CAA",
	17: "RP", 18: "AFSDB", 29: "LOC", 35: "NAPTR", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM",
	52: "TLSA", 53: "SMIMEA", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 99: "SPF", 108: "EUI48", 109: "EUI64",
	249: "TKEY", 250: "TSIG", TypeIXFR: "IXFR", TypeAXFR: "AXFR", 256: "URI",
}

var typeNumbers = func() map[string]Type {
	m := make(map[string]Type, len(typeNames))
	for t, s := range typeNames {
		m[s] = t
	}
	return m
}()

// String is the mnemonic, or TYPE65400 for a type without one (RFC 3597 §5).
func (t Type) String() string {
	if s, ok := typeNames[t]; ok {
		return s
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// TypeError says why a text is not a type that can be asked for.
type TypeError struct {
	Code string // "type.unknown", "type.meta"
	Text string // what was typed, at most 24 characters, safe to show
}

func (e *TypeError) Error() string {
	if e.Code == "type.meta" {
		return fmt.Sprintf("%s is not a type to look up: it belongs to zone transfer or to a message itself", e.Text)
	}
	return fmt.Sprintf("%q is not a record type: write a mnemonic such as A, AAAA or MX, or TYPE and a number from 1 to 65535 (RFC 3597)", e.Text)
}

// ParseType reads a mnemonic in any letter case or the TYPE65400 form. An
// empty text means A. Types that cannot be looked up (OPT, TKEY, TSIG, IXFR,
// AXFR, MAILB, MAILA) are refused. The error is a *TypeError.
func ParseType(typed string) (Type, error) {
	s := strings.ToUpper(strings.TrimSpace(typed))
	if s == "" {
		return TypeA, nil
	}
	shown := Printable(s)
	if r := []rune(shown); len(r) > 24 {
		shown = string(r[:24]) + "…"
	}
	t, ok := typeNumbers[s]
	if !ok {
		digits, found := strings.CutPrefix(s, "TYPE")
		n, err := strconv.ParseUint(digits, 10, 16)
		if !found || err != nil || n == 0 || digits[0] == '+' {
			return 0, &TypeError{Code: "type.unknown", Text: shown}
		}
		t = Type(n)
	}
	if t == TypeOPT || t >= 249 && t <= 254 {
		return 0, &TypeError{Code: "type.meta", Text: shown}
	}
	return t, nil
}

// MarshalText writes the mnemonic, which is also its form in JSON.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote, meta types included.
func (t *Type) UnmarshalText(b []byte) error {
	s := string(b)
	if n, ok := typeNumbers[s]; ok {
		*t = n
		return nil
	}
	digits, found := strings.CutPrefix(s, "TYPE")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !found || err != nil {
		return &TypeError{Code: "type.unknown", Text: Printable(s)}
	}
	*t = Type(n)
	return nil
}

// Class is a record class's number; IN but for server identity (CH).
type Class uint16

// The classes in use (RFC 1035 §3.2.4).
const (
	ClassIN  Class = 1
	ClassCH  Class = 3
	ClassHS  Class = 4
	ClassANY Class = 255
)

var classNames = map[Class]string{ClassIN: "IN", ClassCH: "CH", ClassHS: "HS", ClassANY: "ANY", 254: "NONE"}

// String is the mnemonic, or CLASS32 for one without (RFC 3597 §5).
func (c Class) String() string {
	if s, ok := classNames[c]; ok {
		return s
	}
	return "CLASS" + strconv.Itoa(int(c))
}

// MarshalText writes the mnemonic.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Class) UnmarshalText(b []byte) error {
	s := string(b)
	for n, name := range classNames {
		if name == s {
			*c = n
			return nil
		}
	}
	digits, found := strings.CutPrefix(s, "CLASS")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !found || err != nil {
		return fmt.Errorf("%q is not a class", Printable(s))
	}
	*c = Class(n)
	return nil
}

// Rcode is a response code (RFC 1035 §4.1.1, RFC 6895 §2.3).
type Rcode uint16

// The codes that the code treats specially.
const (
	RcodeNoError  Rcode = 0
	RcodeFormErr  Rcode = 1
	RcodeServFail Rcode = 2
	RcodeNXDomain Rcode = 3
	RcodeNotImp   Rcode = 4
	RcodeRefused  Rcode = 5
	RcodeYXDomain Rcode = 6
	RcodeBadVers  Rcode = 16
)

var rcodeNames = map[Rcode]string{
	0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET",
	9: "NOTAUTH", 10: "NOTZONE", 16: "BADVERS", 23: "BADCOOKIE",
}

// String is the mnemonic, or RCODE24 for one without.
func (r Rcode) String() string {
	if s, ok := rcodeNames[r]; ok {
		return s
	}
	return "RCODE" + strconv.Itoa(int(r))
}

// MarshalText writes the mnemonic.
func (r Rcode) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Rcode) UnmarshalText(b []byte) error {
	s := string(b)
	for n, name := range rcodeNames {
		if name == s {
			*r = n
			return nil
		}
	}
	digits, found := strings.CutPrefix(s, "RCODE")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !found || err != nil {
		return fmt.Errorf("%q is not a response code", Printable(s))
	}
	*r = Rcode(n)
	return nil
}
