package room

// weight is what finished recordings weigh. One that was begun when the caches
// were full has hundreds of kilobytes where others have thirty, so counting
// recordings alone would not bound them.
type weight struct {
	of  map[string]int // bytes, by trace
	all int
}

// weigh counts a finished recording, and forgets the oldest past the bound.
func (rs *Rooms) weigh(rec *Recording) {
	n := rec.size()
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.traces[rec.ID()] != rec {
		return // forgotten already
	}
	if rs.weight.of == nil {
		rs.weight.of = map[string]int{}
	}
	rs.weight.of[rec.ID()] = n
	rs.weight.all += n
	for rs.weight.all > rs.cfg.MaxBytes && len(rs.order) > 1 {
		rs.forget(rs.order[0])
		rs.order = append(rs.order[:0], rs.order[1:]...)
	}
}

// forget lets go of a recording; who follows it still has it. The lock is
// held.
func (rs *Rooms) forget(id string) {
	rs.weight.all -= rs.weight.of[id]
	delete(rs.weight.of, id)
	delete(rs.traces, id)
}

// size is how many bytes its messages to browsers and its frames have so far.
func (r *Recording) size() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.frames {
		n += len(f.bytes)
	}
	if r.captured != nil {
		n += r.captured.Size()
	}
	return n
}
