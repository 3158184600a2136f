package hosting

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// maxJournal is how many changes a primary remembers of a zone.
const maxJournal = 16

// Put makes a version of a zone the primary's own, as a zone file that is
// edited and loaded. With tell, the primary notifies its secondaries. Whether
// they take it is decided by its serial alone. It returns what is under way.
func (o *Operator) Put(next *auth.Zone, tell bool) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(lookup.Name(next.Origin()))
	if err != nil {
		return Run{}, err
	}
	r, err := o.put(h, next, tell)
	if err != nil {
		return Run{}, err
	}
	return r.public(), nil
}

// put is Put with the lock held.
func (o *Operator) put(h *hosted, next *auth.Zone, tell bool) (*run, error) {
	primary := h.copies[0]
	old := primary.zone
	r, err := o.begin(h.name.Short() + " change")
	if err != nil {
		return nil, err
	}
	defer func() { o.work.Go(r.release) }()
	primary.zone = next
	if err := o.serve(primary.at); err != nil {
		primary.zone = old
		return nil, err
	}
	o.manage(h)
	h.text, h.changed = "", true // edit puts its own text there
	change := difference(old, next)
	r.open(h, "change")
	r.step.Report(lookup.ZoneChanged{Zone: h.name, Server: o.server(primary.at), From: change.From.Serial, To: change.To.Serial, Deleted: reported(change.Deleted), Added: reported(change.Added)})
	switch lookup.Serial(change.To.Serial).Compare(lookup.Serial(change.From.Serial)) {
	case lookup.SerialNewer:
		h.journal = append(h.journal, change)
		if len(h.journal) > maxJournal {
			h.journal = slices.Clone(h.journal[1:])
		}
	default:
		h.journal = nil // no difference leads on from here
	}
	if tell {
		o.notify(h, r)
	}
	o.hurry()
	return r, nil
}

// manage lets the timers of a zone run from now on. The lock is held.
func (o *Operator) manage(h *hosted) {
	if h.managed {
		return
	}
	h.managed = true
	for _, c := range h.copies[1:] {
		c.fresh(o.cfg.Clock.Now())
	}
}

// Address changes one address record at the primary to another address. With
// bump, the serial grows: without that, secondaries cannot know.
func (o *Operator) Address(zone, owner lookup.Name, from, to netip.Addr, bump, tell bool) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	if from.Is4() != to.Is4() || from == to {
		return Run{}, fmt.Errorf("%w: %v cannot take the place of %v", ErrUnknownRecord, to, from)
	}
	l := layoutOf(h.name, o.text(h), h.copies[0].zone)
	if l == nil {
		return Run{}, ErrUnknownRecord
	}
	for i, r := range l.records {
		if !strings.EqualFold(r.rr.Header().Name, string(owner)) || !slices.Equal(addressesOf([]dns.RR{r.rr}, owner), []netip.Addr{from}) {
			continue
		}
		next := dns.Copy(r.rr)
		switch next := next.(type) {
		case *dns.A:
			next.A = to.AsSlice()
		case *dns.AAAA:
			next.AAAA = to.AsSlice()
		}
		return o.alter(Edited{Do: "address", Zone: h.name, What: owner.Short()}, func() (*run, error) { return o.rewrite(h, l, []int{i}, []dns.RR{next}, bump, tell) })
	}
	return Run{}, ErrUnknownRecord
}

// Notify tells a zone's secondaries to look, changed or not.
func (o *Operator) Notify(zone lookup.Name) (Run, error) {
	return o.start(zone, " NOTIFY", "notify", func(h *hosted, r *run) error {
		o.manage(h)
		o.notify(h, r)
		return nil
	})
}

// Refresh makes a zone's secondaries ask now, before their timers do.
func (o *Operator) Refresh(zone lookup.Name) (Run, error) {
	return o.start(zone, " SOA", "asked", func(h *hosted, r *run) error {
		o.manage(h)
		for _, c := range h.copies[1:] {
			if !c.at.Server.Down() {
				o.refresh(c, "asked", r)
			}
		}
		return nil
	})
}

// Forget makes the primary forget what changed, so that the next transfer is of
// the whole zone.
func (o *Operator) Forget(zone lookup.Name) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return err
	}
	h.journal = nil
	return nil
}

// TryTransfer asks the primary for the whole zone from a machine that may not
// have it.
func (o *Operator) TryTransfer(zone lookup.Name) (Run, error) {
	return o.start(zone, " AXFR", "stranger", func(h *hosted, r *run) error {
		if o.cfg.Client == nil || !r.hold() {
			return ErrUnknownServer
		}
		primary := o.server(h.copies[0].at)
		o.work.Go(func() {
			defer r.release()
			s := &stream{o: o, step: r.step, zone: h.name, client: "device", server: primary, typ: dns.TypeAXFR}
			_, _ = s.fetch(o.cfg.Client, netip.AddrPort{}) // what comes of it is in the trace
		})
		return nil
	})
}

// start begins a run about a zone.
func (o *Operator) start(zone lookup.Name, title, cause string, do func(*hosted, *run) error) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return Run{}, err
	}
	r, err := o.begin(h.name.Short() + title)
	if err != nil {
		return Run{}, err
	}
	defer func() { o.work.Go(r.release) }()
	r.open(h, cause)
	if err := do(h, r); err != nil {
		return Run{}, err
	}
	return r.public(), nil
}
