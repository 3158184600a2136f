package lookup

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds what is read as a URL, in octets.
const maxURL = 2048

// URLError says why a text is no address of the Web.
type URLError struct {
	Text string
	Why  string // "length", "scheme", "user", "host", "port", "form"
}

func (e *URLError) Error() string { return "not an address of the Web: " + e.Why }

// ParseURL reads an address of the Web (RFC 3986 §3, RFC 9110 §4.2). Without a
// scheme it is https. A fragment is left out: it is not sent. The error
// is a *URLError.
func ParseURL(text string) (Address, error) {
	wrong := func(why string) (Address, error) {
		return Address{}, &URLError{Text: Printable(text[:min(len(text), 80)]), Why: why}
	}
	text = strings.TrimSpace(text)
	if len(text) > maxURL {
		return wrong("length")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return wrong("form")
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("scheme")
	case u.User != nil:
		return wrong("user")
	}
	a := Address{Scheme: u.Scheme, Port: 443}
	if u.Scheme == "http" {
		a.Port = 80
	}
	standard := true
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return wrong("port")
		}
		standard = int(n) == a.Port
		a.Port = int(n)
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" {
		a.Host = ip.Unmap().String()
	} else {
		name, err := ParseName(host)
		if err != nil || name == "." || host == "" {
			return wrong("host")
		}
		a.Host = strings.TrimSuffix(string(name.Canonical()), ".")
	}
	a.Path = u.EscapedPath()
	if a.Path == "" {
		a.Path = "/"
	}
	if u.RawQuery != "" {
		a.Path += "?" + u.RawQuery
	}
	authority := a.Host
	if strings.Contains(authority, ":") {
		authority = "[" + authority + "]"
	}
	if !standard {
		authority += ":" + strconv.Itoa(a.Port)
	}
	a.URL = a.Scheme + "://" + authority + a.Path
	return a, nil
}
