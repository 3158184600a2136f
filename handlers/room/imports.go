package room

import "rootwalk/lookup"

// maxImports bounds the traces from files that are kept; together they may
// also take a quarter of Config.MaxBytes. They never push out a lookup.
const maxImports = 32

// Import keeps a trace that was read from a file as a recording of its own.
// The file must have been checked (lookup.ReadForeignTraceFile).
func (rs *Rooms) Import(f lookup.TraceFile) *Recording {
	rec := newRecording(lookup.TraceOf(f, newID()), nil)
	rec.imported = true
	rec.run()
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.traces[rec.ID()] = rec
	rs.imports = append(rs.imports, rec)
	total := 0
	for _, r := range rs.imports {
		total += r.size()
	}
	for len(rs.imports) > 1 && (len(rs.imports) > maxImports || total > rs.cfg.MaxBytes/4) {
		total -= rs.imports[0].size()
		rs.forget(rs.imports[0].ID())
		rs.imports = append(rs.imports[:0], rs.imports[1:]...)
	}
	return rec
}

// Imported reports whether the recording was read from a file, so that no room
// here ran it.
func (r *Recording) Imported() bool { return r.imported }

// Whole reports whether all of it is there to be seen: nothing is still to come,
// and nothing waits for a decision.
func (r *Recording) Whole() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended && r.limitLocked() < 0
}
