package templates

import (
	"math"
	"strconv"

	"rootwalk/lookup"
)

// Spoof is the sheet about forged responses: what was counted, and what the
// form offers next.
type Spoof struct {
	Results []lookup.SpoofResult // newest first
	Next    lookup.SpoofSeries
}

// defence is one switch.
type defence struct {
	Key string
	On  bool
}

func defences(d lookup.Defences) []defence {
	return []defence{{"ids", d.IDs}, {"ports", d.Ports}, {"case", d.Case}, {"cookies", d.Cookies}, {"dnssec", d.DNSSEC}}
}

// offeredRaces and offeredPackets are what the form offers.
var (
	offeredRaces   = []int{1, 10, lookup.MaxSpoofRaces}
	offeredPackets = []int{100, 500, lookup.MaxSpoofPackets}
)

// large is a count as people read it: whole, or as a power of ten.
func large(n float64) string {
	switch {
	case math.IsInf(n, 1):
		return "∞"
	case n < 1e6:
		return strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	}
	exp := math.Floor(math.Log10(n))
	return strconv.FormatFloat(n/math.Pow(10, exp), 'f', 1, 64) + " × 10" + superscript(int(exp))
}

func superscript(n int) string {
	out := []rune{}
	for _, c := range strconv.Itoa(n) {
		out = append(out, []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[c-'0'])
	}
	return string(out)
}

// odds is a chance as "1 in 260".
func odds(p Page, r lookup.SpoofResult) string {
	c := r.Chance()
	switch {
	case c <= 0:
		return p.T("spoof.odds", "n", "∞")
	case c > 0.5:
		return p.T("spoof.odds.sure", "percent", strconv.FormatFloat(100*c, 'f', 0, 64))
	}
	return p.T("spoof.odds", "n", large(1/c))
}

// guessWidth is how long a bar for a number of guesses is, of 300: a scale of
// powers of two.
func guessWidth(n float64) string {
	return strconv.FormatFloat(min(300, 2*math.Log2(max(n, 1))), 'f', 1, 64)
}

// onOnly are the defences that are switched on.
func onOnly(d lookup.Defences) []defence {
	var out []defence
	for _, one := range defences(d) {
		if one.On {
			out = append(out, one)
		}
	}
	return out
}

// roomQuery keeps a link in the page's room.
func roomQuery(p Page) string {
	if p.Room == "" || p.Room == "main" {
		return ""
	}
	return "?room=" + p.Room
}
