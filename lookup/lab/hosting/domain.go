package hosting

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"rootwalk/lookup"
)

// Top-level names that IANA delegates to nobody (RFC 6761, 6762, 7686, 8375).
var specialUse = []string{"alt", "example", "internal", "invalid", "local", "localhost", "onion", "test"}

// Domain adds a domain as a registrar does (Register), after the checks that a
// registry makes. The error is a *PlaceError where the name cannot be had.
func (o *Operator) Domain(name, primary, secondary lookup.Name, address netip.Addr) (Run, error) {
	name = name.Canonical()
	if err := registrable(name); err != nil {
		return Run{}, err
	}
	o.mu.Lock()
	err := func() error {
		if _, _, err := o.pair(primary, secondary); err != nil {
			return err
		}
		top := lookup.Name(name.Labels()[name.CountLabels()-1] + ".")
		switch {
		case name.CountLabels() == 1:
			return &PlaceError{Field: "name", Code: "top", About: name}
		case o.zones[top] == nil:
			return &PlaceError{Field: "name", Code: "noRegistry", About: top}
		}
		return o.free(name)
	}()
	o.mu.Unlock()
	if err != nil {
		return Run{}, err
	}
	return o.Register(name, primary, secondary, address.String())
}

// free says why a name cannot become a zone. The lock is held.
func (o *Operator) free(name lookup.Name) error {
	if o.zones[name] != nil {
		return &PlaceError{Field: "name", Code: "taken", About: name}
	}
	if o.added() >= maxNew {
		return &PlaceError{Field: "name", Code: "full", About: name, Size: maxNew}
	}
	above := o.home(name)
	if above == nil {
		return ErrNoPlace
	}
	rrs := above.copies[0].zone.RRs()
	if c := cutAbove(cuts(rrs, above.name), name); c != "" {
		return &PlaceError{Field: "name", Code: "delegated", About: c}
	}
	for _, rr := range rrs {
		if owner(rr).In(name) {
			return &PlaceError{Field: "name", Code: "taken", About: name}
		}
	}
	return nil
}

// registrable says why a name is none that a registry takes: letters, digits
// and hyphens (RFC 5890 section 2.3.1), and what looks like an A-label must be one.
func registrable(name lookup.Name) error {
	if name == lookup.Root {
		return &PlaceError{Field: "name", Code: "root", About: name}
	}
	for _, label := range name.Labels() {
		l := strings.ToLower(label)
		bad := func(code string) error { return &PlaceError{Field: "name", Code: code, About: lookup.Name(label)} }
		switch {
		case strings.ContainsFunc(l, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }), strings.HasPrefix(l, "-"), strings.HasSuffix(l, "-"):
			return bad("letters")
		case strings.HasPrefix(l, "xn--"):
			if !lookup.IsALabel(l) {
				return bad("alabel")
			}
		case len(l) > 3 && l[2:4] == "--":
			return bad("hyphens")
		}
	}
	return nil
}

// TopLevel adds a top-level domain as IANA does: a registry's zone on two
// servers, with names of the registry's own, and its delegation with glue in the
// root zone, whose servers all copy it.
func (o *Operator) TopLevel(name, primary, secondary lookup.Name) (Run, error) {
	name = name.Canonical()
	if err := registrable(name); err != nil {
		return Run{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	label := strings.TrimSuffix(string(name), ".")
	switch root := o.zones[lookup.Root]; {
	case root == nil:
		return Run{}, ErrNoPlace
	case name.CountLabels() != 1:
		return Run{}, &PlaceError{Field: "name", Code: "notTop", About: name}
	case slices.Contains(specialUse, label):
		return Run{}, &PlaceError{Field: "name", Code: "special", About: name}
	case !strings.ContainsFunc(label, func(r rune) bool { return r < '0' || r > '9' }):
		return Run{}, &PlaceError{Field: "name", Code: "digits", About: name}
	}
	first, second, err := o.pair(primary, secondary)
	if err == nil {
		err = o.free(name)
	}
	if err != nil {
		return Run{}, err
	}
	var file, delegation strings.Builder
	fmt.Fprintf(&file, "; A top-level domain of this room. Register domains below it.\n\n$ORIGIN %s\n$TTL 86400\n\n@ 3600 SOA a.nic hostmaster.nic %d 3600 900 604800 900\n@ NS a.nic\n@ NS b.nic\n", name, uint32(lookup.Serial(0).Next(o.cfg.Clock.Now())))
	fmt.Fprintf(&delegation, "\n; Delegated in this room: %s\n%s 172800 NS a.nic.%s\n%s 172800 NS b.nic.%s\n", name.Short(), name, name, name, name)
	for i, s := range []*site{first, second} {
		for _, rr := range addresses(lookup.Name(string('a'+rune(i))+".nic."+string(name)), 172800, s.Addrs) {
			file.WriteString(rr.String() + "\n")
			delegation.WriteString(rr.String() + "\n")
		}
	}
	z, err := parseFile(name, file.String())
	if err != nil {
		return Run{}, err
	}
	root := o.zones[lookup.Root]
	return o.alter(Edited{Do: "tld", Zone: lookup.Root, What: name.Short()}, func() (*run, error) {
		if err := o.add(name, z, file.String(), first, second); err != nil {
			return nil, err
		}
		return o.edit(root, o.text(root)+delegation.String(), true, true)
	})
}
