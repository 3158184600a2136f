package hosting

import (
	"errors"
	"slices"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// Image is every zone of a lab at one moment: its file, its servers, and what
// each of them has. It is what taking back goes back to, what an experiment
// begins with, and what a lab file says. An Image never changes; the zero Image
// has no zones.
type Image struct {
	zones map[lookup.Name]zoneImage
}

type zoneImage struct {
	text    string // as it was written last, "" for never
	changed bool   // it is not the shipped one any more
	managed bool
	copies  []copyImage // the primary's first
}

type copyImage struct {
	server  lookup.Name
	zone    *auth.Zone // nil before the first transfer
	expired bool
}

// primary is the zone as its primary has it.
func (z zoneImage) primary() *auth.Zone { return z.copies[0].zone }

// servers are the names of the zone's servers, the primary first.
func (z zoneImage) servers() []lookup.Name {
	out := make([]lookup.Name, len(z.copies))
	for i, c := range z.copies {
		out[i] = c.server
	}
	return out
}

// image is all zones as they are now. The lock is held. Zones and texts are shared, not copied.
func (o *Operator) image() Image {
	img := Image{zones: make(map[lookup.Name]zoneImage, len(o.zones))}
	for name, h := range o.zones {
		z := zoneImage{text: h.text, changed: h.changed, managed: h.managed, copies: make([]copyImage, len(h.copies))}
		for i, c := range h.copies {
			z.copies[i] = copyImage{server: c.at.Name, zone: c.zone, expired: c.expired}
		}
		img.zones[name] = z
	}
	return img
}

// Edits is what has been made of the zones of a lab since they were shipped. It
// never changes.
type Edits struct {
	shipped, now Image
}

// Edits are those of this lab up to now.
func (o *Operator) Edits() Edits {
	o.mu.Lock()
	defer o.mu.Unlock()
	return Edits{shipped: o.shipped, now: o.image()}
}

// untouched reports whether a zone is what was shipped, on all its servers.
func (e Edits) untouched(name lookup.Name) bool {
	was, known := e.shipped.zones[name]
	is, still := e.now.zones[name]
	return known == still && slices.Equal(was.copies, is.copies) && was.text == is.text
}

// None reports whether nothing has been edited.
func (e Edits) None() bool {
	if len(e.now.zones) != len(e.shipped.zones) {
		return false
	}
	for name := range e.now.zones {
		if !e.untouched(name) {
			return false
		}
	}
	return true
}

// Repeat makes the edits of another lab of the same kind in this one, which must be
// as it was shipped: to the serial, and to each server's copy. Nothing is sent, and
// nothing is remembered to be taken back. It is how an experiment begins where a
// room is.
func (o *Operator) Repeat(e Edits) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	next := o.image()
	for name, z := range e.now.zones {
		if !e.untouched(name) {
			next.zones[name] = z
		}
	}
	for name := range e.shipped.zones {
		if _, still := e.now.zones[name]; !still {
			delete(next.zones, name)
		}
	}
	return o.become(next)
}

// RepeatOver makes the edits in a lab whose zones were shipped otherwise: records
// that were added or deleted, and zones that are new. Who serves a shipped zone
// stays as it is here.
func (o *Operator) RepeatOver(e Edits) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := o.image()
	for name, z := range e.now.zones {
		was, known := e.shipped.zones[name]
		here, ours := next.zones[name]
		switch {
		case !known && !ours:
			next.zones[name] = z
		case known && ours && was.primary() != z.primary():
			merged, err := merge(here.primary(), difference(was.primary(), z.primary()))
			if err != nil {
				return err
			}
			here.text, here.changed, here.copies = "", true, slices.Clone(here.copies)
			for i := range here.copies {
				here.copies[i].zone = merged
			}
			next.zones[name] = here
		}
	}
	for name := range e.shipped.zones {
		if _, still := e.now.zones[name]; !still {
			delete(next.zones, name)
		}
	}
	return o.become(next)
}

// merge applies what of a difference can be applied to another version.
func merge(z *auth.Zone, c auth.Change) (*auth.Zone, error) {
	gone, there := map[string]bool{}, map[string]bool{}
	for _, rr := range c.Deleted {
		gone[recordKey(rr)] = true
	}
	all := z.RRs()
	records := all[:1:1]
	for _, rr := range all[1:] {
		if key := recordKey(rr); !gone[key] {
			there[key] = true
			records = append(records, rr)
		}
	}
	for _, rr := range c.Added {
		if !there[recordKey(rr)] {
			records = append(records, rr)
		}
	}
	return auth.NewZone(records)
}

// become makes an image all that there is. Copies that stay where they are keep
// their timers. On an error everything is as before. The lock is held.
func (o *Operator) become(img Image) error {
	for _, z := range img.zones {
		if len(z.copies) == 0 || z.primary() == nil {
			return errors.New("hosting: a zone without a primary")
		}
		for i, c := range z.copies {
			if o.sites[c.server] == nil {
				return ErrUnknownServer
			}
			if slices.ContainsFunc(z.copies[:i], func(other copyImage) bool { return other.server == c.server }) {
				return errors.New("hosting: a server has a zone twice")
			}
		}
	}
	before := o.image()
	o.arrange(img)
	if err := o.serveAll(); err != nil {
		o.arrange(before)
		return errors.Join(err, o.serveAll())
	}
	o.hurry()
	return nil
}

// arrange makes zones and copies those of an image, without telling the servers.
// The lock is held.
func (o *Operator) arrange(img Image) {
	now := o.cfg.Clock.Now()
	for name, h := range o.zones {
		if _, stays := img.zones[name]; !stays {
			for _, c := range h.copies {
				c.ended = true
				delete(c.at.copies, name)
			}
			delete(o.zones, name)
		}
	}
	for name, z := range img.zones {
		h := o.zones[name]
		if h == nil {
			h = &hosted{name: name}
			o.zones[name] = h
		}
		old := h.copies
		if len(old) == 0 || old[0].zone != z.primary() {
			h.journal = nil // no difference leads on from here
		}
		h.text, h.changed, h.managed, h.copies = z.text, z.changed, z.managed || h.managed, make([]*zoneCopy, 0, len(z.copies))
		for i, ci := range z.copies {
			at := o.sites[ci.server]
			c := at.copies[name]
			if c == nil {
				c = &zoneCopy{of: h, at: at}
				at.copies[name] = c
			}
			moved := c.zone != ci.zone || slices.Index(old, c) != i
			c.zone, c.expired = ci.zone, ci.expired
			if i > 0 && moved && h.managed {
				c.fresh(now)
				c.expired = ci.expired
			}
			h.copies = append(h.copies, c)
		}
		for _, c := range old {
			if !slices.Contains(h.copies, c) {
				c.ended = true
				delete(c.at.copies, name)
			}
		}
	}
}

// serveAll gives every server the catalog of its copies. The lock is held.
func (o *Operator) serveAll() error {
	var errs []error
	for _, name := range o.order {
		errs = append(errs, o.serve(o.sites[name]))
	}
	return errors.Join(errs...)
}
