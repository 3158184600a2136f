package page

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Freshness is how long a stored response may be used without asking (RFC 9111
// §4.2), in lesson time.
type Freshness struct {
	Lifetime time.Duration
	Rule     string        // where Lifetime comes from: "max-age", "expires", "heuristic", "none", "noCache"
	Age      time.Duration // current_age (§4.2.3)
}

// Fresh reports whether the response may be used as it is.
func (f Freshness) Fresh() bool { return f.Rule != "noCache" && f.Lifetime > f.Age }

// Why a response is not stored (RFC 9111 §3).
const (
	SkippedMethod  = "method"  // only GET is kept here
	SkippedStatus  = "status"  // none that is understood as final and cacheable
	SkippedNoStore = "noStore" // Cache-Control: no-store
	SkippedVary    = "vary"    // Vary: * never matches (§4.1)
	SkippedSize    = "size"    // the body is not whole, or too big to keep
)

// directives reads Cache-Control (RFC 9111 §5.2). Of a directive that comes twice
// the first counts (§4.2.1).
func directives(h http.Header) map[string]string {
	out := map[string]string{}
	for _, line := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			name = strings.ToLower(strings.TrimSpace(name))
			if _, twice := out[name]; name != "" && !twice {
				out[name] = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	return out
}

// Storable says why a response must not be stored by a private cache, "" if it
// may (RFC 9111 §3).
func Storable(method string, status int, h http.Header) string {
	d := directives(h)
	_, noStore := d["no-store"]
	switch {
	case method != http.MethodGet:
		return SkippedMethod
	case noStore:
		return SkippedNoStore
	case strings.TrimSpace(h.Get("Vary")) == "*":
		return SkippedVary
	}
	_, aged := d["max-age"]
	if !aged && h.Get("Expires") == "" && !heuristic(status) {
		return SkippedStatus
	}
	if status < 200 || status == http.StatusPartialContent || status == http.StatusNotModified {
		return SkippedStatus
	}
	return ""
}

// heuristic reports whether a status may be kept without an explicit lifetime
// (RFC 9110 §15.1).
func heuristic(status int) bool {
	switch status {
	case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

// longest bounds every lifetime.
const longest = 365 * 24 * time.Hour

// FreshnessOf judges a response that was asked for at requested, came at
// received and is looked at now (RFC 9111 §4.2.1-§4.2.3).
func FreshnessOf(h http.Header, requested, received, now time.Time) Freshness {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = received // §5.6.1 of RFC 9110: as if sent when it came
	}
	apparent := max(received.Sub(date), 0)
	corrected := seconds(h.Get("Age")) + max(received.Sub(requested), 0)
	f := Freshness{Age: max(apparent, corrected) + max(now.Sub(received), 0), Rule: "none"}
	d := directives(h)
	if _, ok := d["no-cache"]; ok {
		f.Rule = "noCache"
		return f
	}
	if age, ok := d["max-age"]; ok {
		f.Rule, f.Lifetime = "max-age", seconds(age)
		return f
	}
	if e := h.Get("Expires"); e != "" {
		f.Rule = "expires"
		if at, err := http.ParseTime(e); err == nil { // what does not parse is in the past (§5.3)
			f.Lifetime = min(max(at.Sub(date), 0), longest)
		}
		return f
	}
	if changed, err := http.ParseTime(h.Get("Last-Modified")); err == nil && changed.Before(date) {
		f.Rule, f.Lifetime = "heuristic", min(date.Sub(changed)/10, longest) // §4.2.2
	}
	return f
}

// seconds reads delta-seconds (RFC 9111 §1.2.2); what is no such number is 0, so
// that a doubtful response counts as stale (§4.2.1).
func seconds(s string) time.Duration {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(longest/time.Second) {
		return longest
	}
	return time.Duration(n) * time.Second
}
