package predict

import (
	"net/url"
	"strings"

	"rootwalk/lookup"
)

// journey is asked right after something of a journey has begun, before any of
// it is shown: a call to connect, a handshake, a redirect, another resource.
func (w *watcher) journey() *point {
	switch x := w.begun.(type) {
	case lookup.CallMade:
		return w.connects(x)
	case lookup.HandshakeStarted:
		return w.secures(x)
	case lookup.HeadReceived:
		return w.turns(x)
	case lookup.FetchStarted:
		return w.fetches(x)
	}
	return nil
}

// begins is the fact of an event if something is asked after it, else nil.
func (w *watcher) begins(e lookup.Event) lookup.Fact {
	switch x := e.Fact.(type) {
	case lookup.CallMade:
		if x.Call == "connect" && x.Side == lookup.SideClient && x.Protocol == "tcp" {
			w.call = e.Seq
			return x
		}
	case lookup.HandshakeStarted:
		if x.ServerName != "" {
			return x
		}
	case lookup.HeadReceived:
		if isRedirect(x.Status) && location(x) != "" {
			return x
		}
	case lookup.FetchStarted:
		if x.Why == "resource" && sameHost(x.URL, w.page) {
			return x
		}
	case lookup.RequestSent:
		if w.page == "" {
			w.page = x.URL
		}
	}
	return nil
}

// connects is asked when a program has called connect: what has the server
// received when the call returns?
func (w *watcher) connects(c lookup.CallMade) *point {
	if !w.once("connects") {
		return nil
	}
	p := &point{kind: "connect", key: "connect", params: map[string]string{"addr": c.Addr.String()}}
	none := option{key: "connect.none", wrong: "M22"}
	p.options = []option{none, {key: "connect.line", wrong: "M22"}, {key: "connect.whole", wrong: "M22"}, {key: "connect.number", wrong: "M29"}}
	data := 0
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.PacketArrived:
			if x.From == lookup.SideClient && x.Protocol == "tcp" {
				data += x.Length
			}
		case lookup.CallMade:
			if x.Call == "write" && x.Side == lookup.SideClient && x.Protocol == "tcp" {
				data += x.Size
			}
		case lookup.CallReturned:
			if x.Of != w.call {
				break
			}
			if p.shown = i; data == 0 && x.Errno == "" && x.Detail == "" {
				p.right, p.why = &none, "connect"
			}
			return true
		case lookup.JourneyFinished:
			return true
		}
		return false
	})
	if !decided {
		return w.wait()
	}
	return p
}

// secures is asked when TLS begins: what can somebody on the way read?
func (w *watcher) secures(h lookup.HandshakeStarted) *point {
	if !w.once("secures") {
		return nil
	}
	p := &point{kind: "secure", key: "secure", params: map[string]string{"name": lookup.Printable(h.ServerName)}}
	named, hidden := option{key: "secure.name", params: p.params, wrong: "M32"}, option{key: "secure.none", wrong: "M32"}
	p.options = []option{named, hidden, {key: "secure.path", wrong: "M36"}}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.HandshakeExchanged:
			if x.Type != "client_hello" {
				break
			}
			p.right, p.why, p.shown = &hidden, "secure.none", i
			for _, f := range x.Fields {
				if x.Epoch == "plain" && f.Name == "HostName" && f.Text == h.ServerName {
					p.right, p.why = &named, "secure.name"
				}
			}
			return true
		case lookup.HandshakeFinished, lookup.JourneyFinished:
			return true
		}
		return false
	})
	if !decided {
		return w.wait()
	}
	return p
}

// turns is asked when a response says that what is wanted is elsewhere.
func (w *watcher) turns(h lookup.HeadReceived) *point {
	if !w.once("turns") {
		return nil
	}
	to := location(h)
	p := &point{kind: "redirect", key: "redirect", params: map[string]string{"status": statusText(h.Status), "to": to}}
	follow, stop := option{key: "redirect.follow", params: p.params, wrong: "M37"}, option{key: "redirect.stop", wrong: "M37"}
	p.options = []option{follow, stop, {key: "redirect.server", params: p.params, wrong: "M37"}}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.RedirectFollowed:
			if x.N == h.N {
				p.right, p.why = &follow, "redirect.follow"
			}
		case lookup.RedirectStopped:
			if x.N == h.N {
				p.right, p.why = &stop, "redirect.stop"
			}
		case lookup.JourneyFinished:
			return true
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// fetches is asked when a page needs something else from its own host.
func (w *watcher) fetches(f lookup.FetchStarted) *point {
	if !w.once("fetches") {
		return nil
	}
	p := &point{kind: "resource", key: "resource", params: map[string]string{"url": lookup.Printable(f.URL[:min(len(f.URL), 80)])}}
	same, fresh := option{key: "resource.same", wrong: "M38"}, option{key: "resource.new", wrong: "M38"}
	p.options = []option{same, fresh, {key: "resource.none", wrong: "M38"}}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.RequestSent:
			if x.N != f.N {
				break
			}
			if p.right, p.why = &fresh, "resource.new"; x.Nth > 1 {
				p.right, p.why = &same, "resource.same"
			}
		case lookup.FetchFinished:
			if x.N == f.N {
				return true
			}
		case lookup.JourneyFinished:
			return true
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// location is where a response leads, as text that is safe to show.
func location(h lookup.HeadReceived) string {
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, "Location") {
			return lookup.Printable(f.Value[:min(len(f.Value), 80)])
		}
	}
	return ""
}

// isRedirect reports whether a status sends a browser elsewhere (RFC 9110 §15.4).
func isRedirect(status int) bool { return statusText(status) != "" }

func statusText(status int) string {
	return map[int]string{301: "301", 302: "302", 303: "303", 307: "307", 308: "308"}[status]
}

func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	if err != nil {
		return false
	}
	v, err := url.Parse(b)
	return err == nil && u.Host == v.Host && u.Scheme == v.Scheme && u.Host != ""
}
