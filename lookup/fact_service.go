package lookup

import (
	"net/netip"
	"strings"
	"time"
)

// Facts of alternative services (RFC 7838): an origin says where else it can be
// reached, and a browser goes there the next time.

// ServiceStored says that a browser will remember another place of an origin.
type ServiceStored struct {
	N        int       `json:"n"`
	Origin   string    `json:"origin"`
	Protocol string    `json:"protocol"` // by ALPN: "h2", "h3"
	Host     string    `json:"host"`     // "" is the origin's own
	Port     int       `json:"port"`
	Until    time.Time `json:"until"` // lesson time
}

// ServicesForgotten says that an origin has no other places any more ("clear").
type ServicesForgotten struct {
	N      int    `json:"n"`
	Origin string `json:"origin"`
}

// ServiceIgnored says that an Alt-Svc field has no effect.
type ServiceIgnored struct {
	N      int    `json:"n"`
	Value  string `json:"value"`
	Reason string `json:"reason"` // "plain", "malformed"
}

// ServiceChosen says whether a place that is remembered is used for a request.
type ServiceChosen struct {
	N        int    `json:"n"`
	Origin   string `json:"origin"`
	Protocol string `json:"protocol"`
	Host     string `json:"host"` // "" is the origin's own
	Port     int    `json:"port"`
	Reason   string `json:"reason"` // "followed", "protocol" (it is not spoken)
}

// ServiceRead says what an HTTPS record makes of a request (RFC 9460): that there is
// one means that the host is reached over https.
type ServiceRead struct {
	N        int          `json:"n"`
	Name     Name         `json:"name"`
	Priority int          `json:"priority"` // 0 is an alias
	Target   Name         `json:"target"`   // "." is the name itself
	ALPN     []string     `json:"alpn"`
	Port     int          `json:"port"`  // 0 where none is said
	Hints    []netip.Addr `json:"hints"` // addresses to begin with
	// "upgraded" (http becomes https), "used", "spare" (where to go when what comes
	// before it fails), "protocol" (none that is spoken), "alias" (the target is asked
	// instead), "unavailable" (an alias to the root: nothing is there), "chain" (aliases
	// without an end), "bare" (no record behind an alias: the name itself is gone to),
	// "none" (no record).
	Reason string `json:"reason"`
	URL    string `json:"url"` // after that
}

// ServiceFailed says that it could not be reached there, or showed no certificate of
// the origin: the next place is asked, at last the origin itself.
type ServiceFailed struct {
	N      int    `json:"n"`
	Origin string `json:"origin"`
	Host   string `json:"host"` // "" is the origin's own
	Port   int    `json:"port"`
	Detail string `json:"detail"` // in English
}

func (ServiceStored) fact()     {}
func (ServicesForgotten) fact() {}
func (ServiceIgnored) fact()    {}
func (ServiceChosen) fact()     {}
func (ServiceFailed) fact()     {}
func (ServiceRead) fact()       {}

func (ServiceStored) drawnByServer()     {}
func (ServicesForgotten) drawnByServer() {}
func (ServiceIgnored) drawnByServer()    {}
func (ServiceChosen) drawnByServer()     {}
func (ServiceFailed) drawnByServer()     {}
func (ServiceRead) drawnByServer()       {}

func (f ServiceStored) Line() Line {
	return line("service.stored", "origin", shown(f.Origin), "protocol", shown(f.Protocol), "place", altPlace(f.Host, f.Port), "until", f.Until.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (f ServicesForgotten) Line() Line { return line("services.forgotten", "origin", shown(f.Origin)) }

func (f ServiceIgnored) Line() Line {
	return line("service.ignored."+f.Reason, "value", shown(f.Value))
}

func (f ServiceChosen) Line() Line {
	return line("service.chosen."+f.Reason, "origin", shown(f.Origin), "protocol", shown(f.Protocol), "place", altPlace(f.Host, f.Port))
}

func (f ServiceRead) Line() Line {
	return line("service.read."+f.Reason, "name", f.Name.Short(), "target", f.Target.Short(), "alpn", dash(shown(strings.Join(f.ALPN, ", "))), "place", f.place(), "url", shown(f.URL))
}

func (f ServiceFailed) Line() Line {
	return line("service.failed", "origin", shown(f.Origin), "place", altPlace(f.Host, f.Port), "detail", shown(f.Detail))
}

// place is where a record leads: to a name, to a port if it says one, and to addresses
// that can be tried at once.
func (f ServiceRead) place() string {
	at := f.Target
	if at == Root || at == "" {
		at = f.Name
	}
	text := at.Short()
	if f.Port != 0 {
		text += ":" + num(f.Port)
	}
	if len(f.Hints) > 0 {
		hints := make([]string, len(f.Hints))
		for i, a := range f.Hints {
			hints[i] = a.String()
		}
		text += " (" + strings.Join(hints, ", ") + ")"
	}
	return text
}

// altPlace is a place as an Alt-Svc field writes it: ":8443".
func altPlace(host string, port int) string { return shown(host) + ":" + num(port) }

// serviceKeys lists the keys of these sentences.
func serviceKeys() []string {
	return []string{"service.stored", "services.forgotten", "service.failed", "service.ignored.plain", "service.ignored.malformed", "service.chosen.followed", "service.chosen.protocol",
		"service.read.upgraded", "service.read.used", "service.read.spare", "service.read.protocol", "service.read.alias", "service.read.unavailable", "service.read.chain", "service.read.bare", "service.read.none"}
}
