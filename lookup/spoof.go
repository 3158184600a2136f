package lookup

import "math"

// Defences are what makes a forged response hard to guess (RFC 5452). The zero
// value is a resolver of the nineties: it counts its queries up and asks from
// one port.
type Defences struct {
	IDs     bool `json:"ids"`     // random message IDs
	Ports   bool `json:"ports"`   // a random port for each query
	Case    bool `json:"case"`    // letters of the name in random case (0x20)
	Cookies bool `json:"cookies"` // DNS cookies (RFC 7873)
	DNSSEC  bool `json:"dnssec"`  // what is not signed by the zone is not believed
}

// Bounds of one series of races.
const (
	MaxSpoofRaces   = 50
	MaxSpoofPackets = 2000 // forged responses in one race
)

// SpoofSeries is a series of races between forged responses and the real one,
// all in a lab of its own: how many there are, and what the attacker sends.
type SpoofSeries struct {
	Defences
	Races   int `json:"races"`
	Packets int `json:"packets"` // in each race
}

// SpoofResult is what was counted. Every number is of packets that were really
// sent, seen on the resolver's link.
type SpoofResult struct {
	SpoofSeries
	Sent    int     `json:"sent"`    // forged responses
	InTime  int     `json:"inTime"`  // arrived between the query and the real response
	Port    int     `json:"port"`    // of these: to the right port
	ID      int     `json:"id"`      // with the right ID
	Both    int     `json:"both"`    // with both, from the address that was asked
	Won     int     `json:"won"`     // races in which the device was given the attacker's address
	Guesses float64 `json:"guesses"` // how many equally likely guesses there are
	Trace   string  `json:"trace"`   // of a race that was won, or of the last
}

// Chance is how likely the attacker is to win one race, from the packets that
// arrived in time.
func (r SpoofResult) Chance() float64 {
	if r.Races == 0 || r.Guesses <= 0 {
		return 0
	}
	perRace := float64(r.InTime) / float64(r.Races)
	return -math.Expm1(perRace * math.Log1p(-min(1/r.Guesses, 1-1e-9)))
}

// RacesForHalf is how many races make it as likely as not that one is won.
func (r SpoofResult) RacesForHalf() float64 {
	c := r.Chance()
	if c <= 0 {
		return math.Inf(1)
	}
	return max(1, math.Log(0.5)/math.Log1p(-min(c, 1-1e-12)))
}
