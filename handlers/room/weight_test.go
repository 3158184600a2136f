package room

import (
	"errors"
	"testing"
	"time"
)

func TestHeavyTracesAreForgottenSooner(t *testing.T) {
	rs, r := open(t, Config{MaxBytes: 10_000}, bursts(40)) // some 4 kB each
	var ids []string
	for range 6 {
		rec, err := r.Lookup(Ask{Question: anything, Network: "", Gated: false})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, rec.ID())
		for weighed := false; !weighed; { // soon after it has ended
			time.Sleep(time.Millisecond)
			rs.mu.Lock()
			_, weighed = rs.weight.of[rec.ID()]
			rs.mu.Unlock()
		}
	}
	if _, err := rs.Trace(ids[0]); !errors.Is(err, ErrUnknownTrace) {
		t.Error("the oldest of six is still kept:", err)
	}
	if _, err := rs.Trace(ids[5]); err != nil {
		t.Error("the newest is gone:", err)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	sum := 0
	for id, n := range rs.weight.of {
		if sum += n; rs.traces[id] == nil {
			t.Errorf("%s is weighed, yet not kept", id)
		}
	}
	if sum != rs.weight.all || sum > 10_000 || len(rs.order) != len(rs.traces) {
		t.Errorf("%d bytes counted as %d; %d in order, %d kept", sum, rs.weight.all, len(rs.order), len(rs.traces))
	}
}
