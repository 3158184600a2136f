package lookup

import "net/netip"

// Stop says why something on the way to a page came to nothing. The zero Stop is
// of what did not fail.
type Stop struct {
	Reason string `json:"reason"` // one of StopReasons, "" for none
	// Limit is the bound that was met, 0 where none was: octets or a count, and
	// µs where Reason is about time.
	Limit int64 `json:"limit"`
}

// StopReasons lists what Stop.Reason can be, in the order of the way.
func StopReasons() []string {
	return []string{
		"url", "lookup", // before there is an address
		"blocked", "connects", "bytes", "time", // policy and budgets of a run
		"connectTime", "refused", "unreachable", "silent", "reset", "cut", // TCP
		"secureTime", "certificate", "secure", // TLS
		"firstByte", "headTime", "headSize", "malformed", "upgrade", "interim", "tooBig", "bomb", "coding", "redirect", "version", "flood", "stream", // HTTP
		"other",
	}
}

// line is the sentence of why; the pairs are what the sentence of the fact itself
// has beside.
func (s Stop) line(key string, pairs ...string) Line {
	if s.Reason != "" {
		key = "stopped." + s.Reason
	}
	return line(key, append(pairs, "limit", num(s.Limit))...)
}

// DialRefused says that a connection was not opened: the policy of the network
// lets nothing out to that address, or what one run may use is used up. No
// packet left.
type DialRefused struct {
	Host string         `json:"host"` // who wanted to connect
	Name string         `json:"name"` // host of the URL: a name, or the address itself
	Addr netip.AddrPort `json:"addr"`
	Rule string         `json:"rule"` // one of DialRules
	Text string         `json:"text"` // the rule in English, in more detail: "link-local"
}

// DialRules lists what DialRefused.Rule can be: the reasons of query.blocked, but
// for rates, which are of queries.
func DialRules() []string {
	return []string{"special", "multicast", "unallocated", "embedded", "own", "metadata", "port", "family", "connects", "bytes", "time"}
}

func (DialRefused) fact() {}

func (DialRefused) drawnByServer() {}

// Line is the sentence of a query that was not sent; only ports differ, of which
// the Web has its own.
func (f DialRefused) Line() Line {
	key := "query.blocked." + f.Rule
	if f.Rule == "port" {
		key = "dial.refused.port"
	}
	return line(key, "host", f.Host, "server", shown(f.Name), "addr", f.Addr.Addr().String(), "port", num(f.Addr.Port()), "text", shown(f.Text))
}

// stopKeys lists the keys of these sentences.
func stopKeys() []string {
	keys := []string{"dial.refused.port"}
	for _, r := range StopReasons() {
		keys = append(keys, "stopped."+r)
	}
	return keys
}
