package hosting

import (
	"maps"
	"slices"
	"time"

	"rootwalk/lookup"
)

// maxSteps is how many edits of a lab can be taken back.
const maxSteps = 40

// Edited is one edit of the zones, as people did it.
type Edited struct {
	// Do says what was done: "save", "record", "address", "delegation",
	// "register", "reset", "import", or what whoever moves zones calls it. It is
	// the end of the key of its words, "zones.did." + Do.
	Do   string
	Zone lookup.Name // that it is about, the root for all
	What string      // a name, a record, or nothing
	At   time.Time   // lesson time
}

// step is an edit, and what was before it.
type step struct {
	Edited
	before Image
}

// alter is one edit of whatever kind, to be taken back as one: do changes zones,
// copies or servers in any way, and leaves them changed. If it fails, all is as it was
// before. The lock is held.
func (o *Operator) alter(e Edited, do func() (*run, error)) (Run, error) {
	if o.closed {
		return Run{}, ErrClosed
	}
	before := o.image()
	r, err := do()
	if err != nil {
		o.arrange(before)
		_ = o.serveAll() // the catalogs of a moment ago
		return Run{}, err
	}
	e.At = o.cfg.Clock.Now().UTC()
	o.steps = append(o.steps, step{Edited: e, before: before})
	if len(o.steps) > maxSteps {
		o.steps = slices.Clone(o.steps[1:])
	}
	if r == nil {
		o.changed()
		return Run{}, nil
	}
	return r.public(), nil
}

// Steps are the edits that can be taken back, newest first.
func (o *Operator) Steps() []Edited {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]Edited, 0, len(o.steps))
	for _, s := range slices.Backward(o.steps) {
		out = append(out, s.Edited)
	}
	return out
}

// Undo takes the newest edit back: all zones and who serves them are as before
// it. Serials go on: what was before is a newer version now, which secondaries
// copy as any other.
func (o *Operator) Undo() (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.steps) == 0 {
		return Run{}, ErrNothing
	}
	last := len(o.steps) - 1
	r, err := o.goTo(o.steps[last].before, o.steps[last].Zone)
	if err != nil {
		return Run{}, err
	}
	o.steps = o.steps[:last]
	if r == nil {
		o.changed()
		return Run{}, nil
	}
	return r.public(), nil
}

// ResetAll makes all zones those that were shipped, as one edit.
func (o *Operator) ResetAll() (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.alter(Edited{Do: "resetAll", Zone: lookup.Root}, func() (*run, error) { return o.goTo(o.shipped, lookup.Root) })
}

// fewChanges is how many zones of one edit are loaded by their primaries and
// copied from there, each in a trace of its own; when there are more, all servers get
// the new versions at once.
const fewChanges = 6

// goTo makes all zones those of an image again, with newer serials. The trace is
// that of the zone about which it mainly is, nil where there is none. The lock is
// held.
func (o *Operator) goTo(img Image, about lookup.Name) (*run, error) {
	now := o.image()
	next := Image{zones: maps.Clone(img.zones)}
	var travel []lookup.Name // zones that change where they are
	for name, z := range next.zones {
		was, known := now.zones[name]
		if !known {
			continue
		}
		if was.primary() == z.primary() && was.text == z.text && was.changed == z.changed {
			if slices.Equal(was.servers(), z.servers()) {
				z.copies = was.copies // what travels, travels on
			}
			next.zones[name] = z
			continue
		}
		zone, text, err := o.raised(z.primary(), o.textOf(name, z), was.primary().Serial())
		if err != nil {
			return nil, err
		}
		z.text, z.changed, z.copies = text, true, slices.Clone(z.copies)
		for i := range z.copies {
			z.copies[i].zone, z.copies[i].expired = zone, false
		}
		next.zones[name] = z
		if slices.Equal(was.servers(), z.servers()) {
			travel = append(travel, name)
		}
	}
	if len(travel) > fewChanges || o.runs+len(travel) > maxRuns {
		travel = nil
	}
	want := maps.Clone(next.zones)
	for _, name := range travel { // first as they are, then changed
		next.zones[name] = now.zones[name]
	}
	if err := o.become(next); err != nil {
		return nil, err
	}
	slices.SortFunc(travel, func(a, b lookup.Name) int { return cmpText(reversed(a), reversed(b)) })
	var main *run
	var all []*run
	for _, name := range travel {
		h, z := o.zones[name], want[name]
		r, err := o.put(h, z.primary(), true)
		if err != nil {
			return nil, err
		}
		h.text, h.changed = z.text, true
		if all = append(all, r); main == nil || name == about {
			main = r
		}
	}
	for _, r := range all {
		o.together(main, r)
	}
	return main, nil
}
