package osnet

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"rootwalk/lookup"
)

// Defaults of how often strangers' servers are asked by one program, whoever asks
// it: so many queries a second, and as many at once.
const (
	DefaultServerRate = 20 // to one address
	DefaultZoneRate   = 50 // to all servers of a zone
)

// maxRated bounds the servers and the zones that are remembered at once.
const maxRated = 8192

// Rates bound how often one server, and all servers of one zone, are asked over
// all users: a hundred people who look up names of one zone shall not be a burden
// to whoever has it. They are safe for concurrent use; nil is no bound.
type Rates struct {
	server, zone float64
	servers      *lookup.Pace[netip.Addr]
	zones        *lookup.Pace[lookup.Name]
}

// NewRates takes queries a second; 0 is no bound.
func NewRates(server, zone float64) *Rates { return newRates(server, zone, time.Now) }

func newRates(server, zone float64, now func() time.Time) *Rates {
	return &Rates{
		server: server, servers: lookup.NewPace[netip.Addr](server, maxRated, now),
		zone: zone, zones: lookup.NewPace[lookup.Name](zone, maxRated, now),
	}
}

// Admit counts a query to a server of a zone that is about to leave. The error is
// a *Refused of RuleServerRate or RuleZoneRate: it is one too many for now, and
// must not be sent.
func (r *Rates) Admit(to netip.AddrPort, zone lookup.Name) error {
	if r == nil {
		return nil
	}
	if r.servers.Take(to.Addr().Unmap()) > 0 {
		return &Refused{Addr: to, Rule: RuleServerRate, Text: rateWord(r.server), Max: atLeastOne(r.server)}
	}
	if r.zones.Take(zone.Canonical()) > 0 {
		r.servers.Return(to.Addr().Unmap())
		return &Refused{Addr: to, Rule: RuleZoneRate, Text: rateWord(r.zone), Max: atLeastOne(r.zone)}
	}
	return nil
}

func rateWord(perSecond float64) string { return strconv.FormatFloat(perSecond, 'g', 3, 64) }

// atLeastOne is a rate in whole queries.
func atLeastOne(perSecond float64) int { return max(int(perSecond), 1) }

// rateText says which rate is reached.
func (r *Refused) rateText() (string, bool) {
	switch r.Rule {
	case RuleServerRate:
		return fmt.Sprintf("this server has had what it gets, %s queries a second", r.Text), true
	case RuleZoneRate:
		return fmt.Sprintf("the servers of this zone have had what they get, %s queries a second", r.Text), true
	}
	return "", false
}
