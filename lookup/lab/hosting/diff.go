package hosting

import (
	"errors"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup/lab/auth"
)

// errOutOfStep says that a difference does not fit the version it is meant for.
var errOutOfStep = errors.New("hosting: the difference does not fit the zone")

// recordKey is what makes two records the same, TTL included: a difference of
// TTLs is one that has to travel.
func recordKey(rr dns.RR) string {
	h := rr.Header()
	return strings.ToLower(h.Name) + " " + strconv.Itoa(int(h.Ttl)) + " " + dns.Type(h.Rrtype).String() + " " + dataText(rr)
}

// dataText is the data of a record as a zone file can have it.
func dataText(rr dns.RR) string {
	if u, ok := rr.(*dns.RFC3597); ok {
		return `\# ` + strconv.Itoa(len(u.Rdata)/2) + " " + u.Rdata
	}
	data := strings.TrimPrefix(rr.String(), rr.Header().String())
	if !strings.Contains(data, `"`) {
		data = nameText(data)
	}
	return data
}

// nameText is a name as a zone file can have it: the library writes a space in a
// label as a backslash and a space, and does not read that.
func nameText(name string) string { return strings.ReplaceAll(name, `\ `, `\032`) }

// difference is what leads from one version of a zone to another.
func difference(old, next *auth.Zone) auth.Change {
	c := auth.Change{From: old.SOA(), To: next.SOA()}
	before, after := old.RRs()[1:], next.RRs()[1:]
	has := func(rrs []dns.RR) map[string]bool {
		m := make(map[string]bool, len(rrs))
		for _, rr := range rrs {
			m[recordKey(rr)] = true
		}
		return m
	}
	had, have := has(before), has(after)
	for _, rr := range before {
		if !have[recordKey(rr)] {
			c.Deleted = append(c.Deleted, rr)
		}
	}
	for _, rr := range after {
		if !had[recordKey(rr)] {
			c.Added = append(c.Added, rr)
		}
	}
	return c
}

// apply is the version that a difference leads to.
func apply(z *auth.Zone, c auth.Change) (*auth.Zone, error) {
	if z.Serial() != c.From.Serial {
		return nil, errOutOfStep
	}
	gone := make(map[string]bool, len(c.Deleted))
	for _, rr := range c.Deleted {
		gone[recordKey(rr)] = true
	}
	if len(gone) != len(c.Deleted) {
		return nil, errOutOfStep
	}
	records := []dns.RR{c.To}
	found := 0
	for _, rr := range z.RRs()[1:] {
		if gone[recordKey(rr)] {
			found++
			continue
		}
		records = append(records, rr)
	}
	if found != len(gone) {
		return nil, errOutOfStep
	}
	next, err := auth.NewZone(append(records, c.Added...))
	if err != nil {
		return nil, err
	}
	return next, nil
}
