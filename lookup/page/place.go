package page

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// Place is where an origin is reached. The certificate is the origin's in any case
// (RFC 7838 §2.1, RFC 9460 §9.1): no place speaks for an origin that it cannot show
// one of.
type Place struct {
	Host  string       // a name or an address; "" is the origin's own
	Port  uint16       // never 0
	Hints []netip.Addr // that can be tried before addresses are known (RFC 9460 §7.3)

	remembered bool // from an Alt-Svc field, not from an HTTPS record
}

// Bounds of following HTTPS records for one fetch.
const (
	maxAliases = 4 // of AliasMode, one after another
	maxPlaces  = 4 // tried before the origin itself
	maxHints   = 4 // addresses of one place
)

// Place is where the request goes now: the origin itself, or another place of it.
func (f *Fetch) Place() Place {
	if len(f.places) > 0 {
		return f.places[0]
	}
	return Place{Port: f.at.Port}
}

// Port is that of Place.
func (f *Fetch) Port() uint16 { return f.Place().Port }

// Abandon gives up the place where the request would go, because of err: the next
// one is gone to, at last the origin itself. False where there is none left.
func (f *Fetch) Abandon(err error) bool {
	if len(f.places) == 0 {
		return false
	}
	gone := f.places[0]
	f.step.Report(lookup.ServiceFailed{N: f.n, Origin: f.at.Origin(), Host: gone.Host, Port: int(gone.Port), Detail: cut(lookup.Printable(err.Error()), 200)})
	if gone.remembered {
		f.visit.browser.Services.forget(f.at.Origin())
	}
	f.places = f.places[1:]
	f.header.Del("Alt-Used")
	f.used()
	return true
}

// used says to another place which one it was taken for (RFC 7838 §5).
func (f *Fetch) used() {
	if p := f.Place(); len(f.places) > 0 {
		host := p.Host
		if host == "" {
			host = f.at.Host
		}
		f.header.Set("Alt-Used", host+":"+strconv.Itoa(int(p.Port)))
	}
}

// elsewhere chooses another place of the origin, if one is remembered that can be
// used: with a protocol that this visit may speak (RFC 7838 §2).
func (f *Fetch) elsewhere() {
	for _, x := range f.visit.browser.Services.Of(f.at) {
		said := lookup.ServiceChosen{N: f.n, Origin: f.at.Origin(), Protocol: x.Protocol, Host: x.Host, Port: int(x.Port), Reason: "followed"}
		if !slices.Contains(Protocols(f.visit.version), x.Protocol) {
			said.Reason = "protocol"
		}
		f.step.Report(said)
		if said.Reason == "followed" {
			p := Place{Host: x.Host, Port: x.Port, remembered: true}
			if p.Host == f.at.Host {
				p.Host = ""
			}
			f.places = []Place{p}
			return
		}
	}
}

// record asks for the HTTPS records of the host, if the visit does, and takes what
// they say: a host that has one is reached over https (RFC 9460 §9.5), at the places
// and in the protocols that they name, the best first. Aliases are followed (§2.4.2);
// behind one the last name is a place even without a record of its own (§3).
func (f *Fetch) record() {
	own := f.at.Name()
	if f.visit.records == nil || own == "" || f.at.Port != defaultPort(f.at.Scheme) {
		return
	}
	if e, fresh, found := f.visit.browser.Store.find(f.at.Key(), nil); found && e != nil && fresh.Fresh() {
		return // nobody is asked
	}
	been := map[lookup.Name]bool{}
	for name := own; ; {
		been[name.Canonical()] = true
		all := bindings(f.visit.records(f.step, name))
		if len(all) == 0 || all[0].priority > 0 {
			f.settle(own, name, all)
			return
		}
		alias := all[0]
		said := lookup.ServiceRead{N: f.n, Name: name, Target: alias.target, Reason: "alias"}
		switch {
		case alias.target == lookup.Root: // the service is not available there, which is advice (§2.5.1)
			said.Reason = "unavailable"
		case been[alias.target.Canonical()] || len(been) > maxAliases:
			said.Reason = "chain"
		case f.at.Scheme == "http":
			f.at = f.at.WithScheme("https")
		}
		said.URL = f.at.Href
		f.step.Report(said)
		if said.Reason != "alias" {
			return
		}
		name = alias.target
	}
}

// settle makes places of the records of a name, which is own, or where aliases lead
// from it.
func (f *Fetch) settle(own, name lookup.Name, all []binding) {
	for _, b := range all {
		said := lookup.ServiceRead{N: f.n, Name: name, Priority: b.priority, Target: b.target, ALPN: b.alpn, Port: int(b.port), Hints: b.hints, Reason: "used"}
		switch {
		case !slices.ContainsFunc(b.alpn, func(p string) bool { return slices.Contains(Protocols(f.visit.version), p) }):
			said.Reason = "protocol"
		case len(f.places) == maxPlaces:
			return
		case len(f.places) > 0:
			said.Reason = "spare"
		case f.at.Scheme == "http":
			f.at = f.at.WithScheme("https")
			said.Reason = "upgraded"
		}
		said.URL = f.at.Href
		f.step.Report(said)
		if said.Reason == "protocol" {
			continue
		}
		target := b.target
		if target == lookup.Root {
			target = name
		}
		f.add(own, target, Place{Port: b.port, Hints: b.hints})
	}
	if !name.Equal(own) && len(f.places) < maxPlaces {
		f.add(own, name, Place{})
	}
	if len(all) == 0 {
		f.step.Report(lookup.ServiceRead{N: f.n, Name: name, Reason: map[bool]string{true: "none", false: "bare"}[name.Equal(own)], URL: f.at.Href})
	}
}

// add adds a place, unless it is the origin itself without anything that it adds.
func (f *Fetch) add(own, target lookup.Name, p Place) {
	if p.Port == 0 {
		p.Port = defaultPort("https")
	}
	if !target.Equal(own) {
		p.Host = strings.TrimSuffix(string(target.Canonical()), ".")
	}
	if p.Host != "" || p.Port != f.at.Port || len(p.Hints) > 0 {
		f.places = append(f.places, p)
	}
}
