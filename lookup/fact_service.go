package lookup

import (
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
	Reason   string `json:"reason"` // "followed", "protocol" (it is not spoken), "host" (only the origin's own is gone to)
}

// ServiceRead says what an HTTPS record makes of a request (RFC 9460): that there is
// one means that the host is reached over https.
type ServiceRead struct {
	N        int      `json:"n"`
	Name     Name     `json:"name"`
	Priority int      `json:"priority"` // 0 is an alias
	Target   Name     `json:"target"`   // "." is the name itself
	ALPN     []string `json:"alpn"`
	Port     int      `json:"port"`   // 0 where none is said
	Reason   string   `json:"reason"` // "upgraded" (http becomes https), "used", "protocol" (none that is spoken), "host" (only the name's own place is gone to), "none" (no record)
	URL      string   `json:"url"`    // after that
}

// ServiceFailed says that it could not be reached there: the origin itself is asked.
type ServiceFailed struct {
	N      int    `json:"n"`
	Origin string `json:"origin"`
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
	return line("service.read."+f.Reason, "name", f.Name.Short(), "target", f.Target.Short(), "alpn", dash(shown(strings.Join(f.ALPN, ", "))), "place", altPlace("", f.Port), "url", shown(f.URL))
}

func (f ServiceFailed) Line() Line {
	return line("service.failed", "origin", shown(f.Origin), "place", altPlace("", f.Port), "detail", shown(f.Detail))
}

// altPlace is a place as an Alt-Svc field writes it: ":8443".
func altPlace(host string, port int) string { return shown(host) + ":" + num(port) }

// serviceKeys lists the keys of these sentences.
func serviceKeys() []string {
	return []string{"service.stored", "services.forgotten", "service.failed", "service.ignored.plain", "service.ignored.malformed", "service.chosen.followed", "service.chosen.protocol", "service.chosen.host",
		"service.read.upgraded", "service.read.used", "service.read.protocol", "service.read.host", "service.read.none"}
}
