package page

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	whatwgerr "github.com/nlnwa/whatwg-url/errors"
	whatwg "github.com/nlnwa/whatwg-url/url"

	"rootwalk/lookup"
)

// MaxURL is how many octets of a URL are read. RFC 9110 §4.1 asks for at least
// 8000.
const MaxURL = 8000

// URL is a URL as a browser reads it (URL Standard §4.4). The zero value is
// none; Read and Resolve make one.
type URL struct {
	Typed   string           // what was given
	Href    string           // as a browser writes it
	Assumed string           // the scheme that was put before it, "" if it was typed
	Parts   []lookup.URLPart // of Href, in order, without gaps
	Notes   []string         // what was odd about the input: keys of words
	Scheme  string           // "http" or "https"
	Host    string           // in A-labels, or an address in brackets if IPv6
	Port    uint16           // default if none was written
	Path    string           // with the query, as a request target has it (RFC 9112 §3.2.1)

	url   *whatwg.Url
	place Place // for Open: where to go in the place of Host and Port
}

// Place is where Open is to go for a URL: its own host, or another place of its
// origin.
func (a URL) Place() Place {
	if a.place.Port != 0 {
		return a.place
	}
	return Place{Port: a.Port}
}

// Why a URL is refused. The words of the page are found under the same names.
var (
	ErrNoURL  = errors.New("page: this is no URL")
	ErrScheme = errors.New("page: only http and https are opened")
	ErrTooBig = errors.New("page: the URL is too long")
)

var reader = whatwg.NewParser(whatwg.WithReportValidationErrors())

// Read reads what was typed into an address bar. Without a scheme https is
// assumed, as browsers do today.
func Read(typed string) (URL, error) {
	trimmed := strings.TrimSpace(typed)
	if len(trimmed) > MaxURL {
		return URL{}, ErrTooBig
	}
	if trimmed == "" || !utf8.ValidString(trimmed) {
		return URL{}, ErrNoURL
	}
	assumed := ""
	if !hasScheme(trimmed) {
		assumed = "https"
		trimmed = "https://" + trimmed
	}
	u, err := reader.Parse(trimmed)
	if err != nil {
		return URL{}, fmt.Errorf("%w: %s", ErrNoURL, reason(err))
	}
	a, err := urlOf(u)
	a.Typed, a.Assumed = typed, assumed
	return a, err
}

// Resolve reads a reference in a page or in a Location field against a (RFC
// 3986 §5). A fragment is inherited when the reference has none (RFC 9110
// §10.2.2).
func (a URL) Resolve(ref string) (URL, error) {
	if len(ref) > MaxURL {
		return URL{}, ErrTooBig
	}
	if !utf8.ValidString(ref) || a.url == nil {
		return URL{}, ErrNoURL
	}
	u, err := a.url.Parse(ref)
	if err != nil {
		return URL{}, fmt.Errorf("%w: %s", ErrNoURL, reason(err))
	}
	if u.Fragment() == "" && a.url.Fragment() != "" {
		u.SetHash(a.url.Fragment())
	}
	b, err := urlOf(u)
	b.Typed = ref
	return b, err
}

// WithScheme is a with another scheme; a default port follows it (RFC 6797
// §8.3 step 5).
func (a URL) WithScheme(scheme string) URL {
	u := a.url.Clone()
	u.SetProtocol(scheme)
	b, err := urlOf(u)
	if err != nil {
		return a // both schemes are known
	}
	b.Typed, b.Assumed = a.Typed, a.Assumed
	return b
}

// Key names the page, without the fragment: that is never sent.
func (a URL) Key() string { return a.url.Href(true) }

// Origin is scheme, host and port (RFC 6454 §4).
func (a URL) Origin() string {
	return a.Scheme + "://" + a.Host + ":" + strconv.Itoa(int(a.Port))
}

// Authority is what a Host field says: the port only if it is not the default
// (RFC 9110 §7.2).
func (a URL) Authority() string {
	if a.Port == defaultPort(a.Scheme) {
		return a.Host
	}
	return a.Host + ":" + strconv.Itoa(int(a.Port))
}

// Addr is the address that the host is, invalid if it is a name.
func (a URL) Addr() netip.Addr {
	addr, err := netip.ParseAddr(strings.Trim(a.Host, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

// Name is the name that the host is, "" if it is an address.
func (a URL) Name() lookup.Name {
	if a.Addr().IsValid() {
		return ""
	}
	return lookup.Name(strings.TrimSuffix(strings.ToLower(a.Host), ".") + ".")
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}

// hasScheme reports whether an input begins with a scheme that is meant as one:
// "localhost:8080" and "example.co.kr:8443" begin with a host, as in browsers.
func hasScheme(s string) bool {
	at := strings.IndexByte(s, ':')
	if at <= 0 {
		return false
	}
	for i, c := range []byte(strings.ToLower(s[:at])) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	after := s[at+1:]
	if strings.HasPrefix(after, "//") || strings.HasPrefix(after, `\\`) {
		return true
	}
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	port := digits > 0 && (digits == len(after) || strings.IndexByte("/?#", after[digits]) >= 0)
	return !port
}

func urlOf(u *whatwg.Url) (URL, error) {
	scheme := u.Scheme()
	if scheme != "http" && scheme != "https" {
		return URL{}, fmt.Errorf("%w: %q is another scheme", ErrScheme, scheme)
	}
	a := URL{Href: u.Href(false), Scheme: scheme, Host: u.Hostname(), Port: uint16(u.DecodedPort()), url: u}
	if len(a.Href) > MaxURL {
		return URL{}, ErrTooBig
	}
	if a.Port == 0 {
		a.Port = defaultPort(scheme)
	}
	a.Path = u.Pathname() + u.Search()
	a.Parts = parts(u)
	for _, err := range u.ValidationErrors() {
		a.Notes = append(a.Notes, note(err))
	}
	return a, nil
}

// parts cuts the serialised URL (URL Standard §4.5) into its named parts.
func parts(u *whatwg.Url) []lookup.URLPart {
	var out []lookup.URLPart
	at := 0
	add := func(name, text string) {
		if text == "" {
			return
		}
		p := lookup.URLPart{Name: name, Text: text, From: at, To: at + len(text)}
		if name == "host" {
			if shown := lookup.Name(text + ".").Unicode(); shown != text && shown != text+"." {
				p.Shown = strings.TrimSuffix(shown, ".")
			}
		}
		out = append(out, p)
		at += len(text)
	}
	add("scheme", u.Scheme())
	add("mark", "://")
	if u.Username() != "" || u.Password() != "" {
		add("user", u.Username())
		if u.Password() != "" {
			add("mark", ":")
			add("password", u.Password())
		}
		add("mark", "@")
	}
	add("host", u.Hostname())
	if u.Port() != "" {
		add("mark", ":")
		add("port", u.Port())
	}
	add("path", u.Pathname())
	if q := u.Query(); q != "" {
		add("mark", "?")
		add("query", q)
	}
	if f := u.Fragment(); f != "" {
		add("mark", "#")
		add("fragment", f)
	}
	return out
}

// notes are the validation errors of the URL Standard §1.1 that a URL can have
// and still be one, by the key of their words.
var notes = map[whatwgerr.ErrorType]string{
	whatwgerr.InvalidURLUnit:                       "unit",
	whatwgerr.SpecialSchemeMissingFollowingSolidus: "solidus",
	whatwgerr.InvalidReverseSolidus:                "backslash",
	whatwgerr.InvalidCredentials:                   "credentials",
	whatwgerr.IPv4NonDecimalPart:                   "ipv4NonDecimal",
	whatwgerr.IPv4EmptyPart:                        "ipv4EmptyPart",
}

// URLNotes lists the keys of all notes.
func URLNotes() []string {
	return []string{"unit", "solidus", "backslash", "credentials", "ipv4NonDecimal", "ipv4EmptyPart", "odd"}
}

func note(err error) string {
	if key := notes[whatwgerr.Type(err)]; key != "" {
		return key
	}
	return "odd"
}

func reason(err error) string { return string(whatwgerr.Type(err)) }
