package templates

import (
	"slices"

	"rootwalk/lookup"
)

// mark is a row that stands out in the current balloon only.
type mark struct {
	cache  string
	name   lookup.Name
	rrtype lookup.Type
}

// cache takes the events of caches.
func (f *folder) cache(e lookup.Event) {
	switch x := e.Fact.(type) {
	case lookup.CacheOpened:
		t := f.table(x.Snapshot.Cache)
		t.Opened = instant(x.Snapshot.At)
		t.Rows = make([]Row, len(x.Snapshot.Entries))
		for i, entry := range x.Snapshot.Entries { // in order of storing; rows are newest first
			t.Rows[len(t.Rows)-1-i] = f.row(e, entry, "held")
		}
	case lookup.CacheMissed:
		f.look(e, hostOf(x.Cache), lookMiss, "miss")
	case lookup.CacheHit:
		f.hit(e, x)
	case lookup.CacheExpired:
		f.look(e, hostOf(x.Cache), lookExpired, "expired")
		if i := f.find(x.Cache, x.Name, x.Type); i >= 0 {
			f.touch(&f.table(x.Cache).Rows[i], e, "expired")
		}
	case lookup.CacheStored:
		f.remove(x.Cache, x.Entry.Name, x.Entry.Type)
		f.put(x.Cache, f.row(e, x.Entry, "new"))
	case lookup.CacheEvicted:
		f.remove(x.Cache, x.Name, x.Type)
	}
}

// hit marks the row that a cache had. A hit that decides the question tells
// more than one that only says where to go on.
func (f *folder) hit(e lookup.Event, x lookup.CacheHit) {
	switch host := hostOf(x.Cache); x.Use {
	case "answer", "alias", "denial", "failure", "stale":
		f.look(e, host, lookDecides, "hit")
	case "servers":
		f.look(e, host, lookMiss, "known")
	default:
		f.look(e, host, lookMiss, "miss")
	}
	i := f.find(x.Cache, x.Entry.Name, x.Entry.Type)
	if i < 0 { // it was left out of the snapshot
		f.put(x.Cache, f.row(e, x.Entry, "hit"))
		return
	}
	row := &f.table(x.Cache).Rows[i]
	f.touch(row, e, "hit")
	f.marked = append(f.marked, mark{x.Cache, row.Name, row.Type})
}

func (f *folder) touch(r *Row, e lookup.Event, state string) {
	r.Seq, r.Balloon, r.State = e.Seq, len(f.v.Balloons), state
}

// hostOf is the host that a cache is on: the browser's is on the device.
func hostOf(cache string) string {
	if cache == cacheBrowser {
		return hostDevice
	}
	return cache
}

// table is a cache's table. The browser's is the first, then the device's, the
// others follow by name.
func (f *folder) table(cache string) *CacheTable {
	i := slices.IndexFunc(f.v.Caches, func(c CacheTable) bool { return c.Cache == cache })
	if i < 0 {
		i = slices.IndexFunc(f.v.Caches, func(c CacheTable) bool { return cacheOrder(c.Cache) > cacheOrder(cache) })
		if i < 0 {
			i = len(f.v.Caches)
		}
		f.v.Caches = slices.Insert(f.v.Caches, i, CacheTable{Cache: cache, Rows: []Row{}})
	}
	return &f.v.Caches[i]
}

func cacheOrder(cache string) string {
	switch cache {
	case cacheBrowser:
		return ""
	case hostDevice:
		return " "
	}
	return cache
}

func (f *folder) row(e lookup.Event, x lookup.CacheEntry, state string) Row {
	return Row{
		Name: x.Name, Type: x.Type, Kind: x.Kind, Records: orEmpty(x.Records), TTLSec: x.TTLSec, StoredAt: x.StoredAt, Credibility: x.Credibility,
		From: x.From, PaidBy: x.PaidBy, Trace: x.Trace, Seq: e.Seq, Balloon: len(f.v.Balloons), State: state,
	}
}

func (f *folder) find(cache string, name lookup.Name, rrtype lookup.Type) int {
	return slices.IndexFunc(f.table(cache).Rows, func(r Row) bool { return r.Type == rrtype && r.Name.Equal(name) })
}

func (f *folder) remove(cache string, name lookup.Name, rrtype lookup.Type) {
	if i := f.find(cache, name, rrtype); i >= 0 {
		t := f.table(cache)
		t.Rows = slices.Delete(t.Rows, i, i+1)
	}
}

// put adds the newest row, which stands first, and marks it.
func (f *folder) put(cache string, r Row) {
	t := f.table(cache)
	t.Rows = slices.Insert(t.Rows, 0, r)
	f.marked = append(f.marked, mark{cache, r.Name, r.Type})
}
