package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
)

// headers are sent with everything. The policy allows nothing that is not
// ours, and nothing inline: styles are set through CSSOM, text by textContent.
// The referrer stays within the site; with "no-referrer" browsers would send
// "Origin: null" with our own forms, and the check of origins refuse them.
func headers(next http.Handler) http.Handler {
	fixed := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Permissions-Policy":           "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for k, v := range fixed {
			h.Set(k, v)
		}
		// Browsers ignore it, and complain, where a page comes neither over TLS
		// nor from their own machine (HTML, cross-origin opener policies).
		if r.TLS != nil || fromLoopback(r.Host) {
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		next.ServeHTTP(w, r)
	})
}

// fromLoopback reports whether a Host header names this very machine.
func fromLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback() || name == "localhost"
}

// strictTransport has browsers come over TLS only from now on, for a year. It
// says nothing of names below the site's own: those are others'.
func strictTransport(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// recovered turns a fault of a handler into a 500 and a log entry.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				slog.Error("handler panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// origins knows under which names this server may be addressed. A page of
// another site that gets a name of its own to lead here (DNS rebinding) has a
// Host that is not among them.
type origins struct {
	port  string
	any   bool            // listening on all addresses of the machine
	names map[string]bool // that follow from the listening address: with its port
	given map[string]bool // by hand: with any port, since a proxy may have another
}

// newOrigins allows the address that was listened on, the loopback names if
// it is reachable by them, and extra host names.
func newOrigins(listen net.Addr, extra []string) *origins {
	o := &origins{names: map[string]bool{}, given: map[string]bool{}}
	for _, n := range extra {
		if n = strings.ToLower(strings.Trim(strings.TrimSpace(n), "[]")); n != "" {
			o.given[n] = true
		}
	}
	ap, err := netip.ParseAddrPort(listen.String())
	if err != nil {
		return o
	}
	o.port = portText(ap.Port())
	switch a := ap.Addr().Unmap(); {
	case a.IsUnspecified():
		o.any = true
		o.names["localhost"], o.names["127.0.0.1"], o.names["::1"] = true, true, true
	case a.IsLoopback():
		o.names["localhost"], o.names[a.String()] = true, true
	default:
		o.names[a.String()] = true
	}
	return o
}

func portText(p uint16) string { return strconv.Itoa(int(p)) }

// host reports whether a Host header names this server. One without a port
// may: browsers leave out only that of their scheme, and have then come to it;
// kdig always leaves it out.
func (o *origins) host(h string) bool {
	name, port, err := net.SplitHostPort(h)
	if err != nil {
		name, port = h, o.port
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if o.given[name] {
		return true
	}
	if port != o.port {
		return false
	}
	if o.names[name] {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return o.any && err == nil && machineHas(ip.Unmap())
}

// machineHas reports whether an address is one of this machine's: where a
// class reaches the program by its LAN address.
func machineHas(ip netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}

// allows reports whether a page of an origin may open sockets and send forms.
func (o *origins) allows(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.User != nil {
		return false
	}
	h := u.Host
	if u.Port() == "" {
		h = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return o.host(h)
}

// guard refuses requests that are addressed to somebody else, or sent by a
// page of somebody else.
func (o *origins) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.host(r.Host) {
			http.Error(w, "this server does not go by that name; start it with -host NAME to allow one", http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !o.allows(origin) && !fromFrame(r) {
			http.Error(w, "requests from other sites are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// framedPage is where the parts of a page are that is shown in a sandboxed frame.
var framedPage = regexp.MustCompile(`^/lookups/[^/]+/framed/`)

// fromFrame reports whether a request is of a kind that such a frame makes: its
// origin is opaque, and browsers say "null" even when they only fetch a style sheet. It
// gets parts of framed pages, which are anybody's to see, and nothing else.
func fromFrame(r *http.Request) bool {
	return r.Header.Get("Origin") == "null" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && framedPage.MatchString(r.URL.Path)
}

// crossOrigin is the standard library's check by Sec-Fetch-Site, for browsers
// that send no Origin with some requests.
func crossOrigin() func(http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler
}
