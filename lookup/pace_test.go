package lookup

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Unix(0, 0)
	p := NewPace[string](4, 2, func() time.Time { return now })
	for i := range 4 { // a second's worth at once
		if p.Take("a") != 0 {
			t.Errorf("the %d. of 4 has to wait", i+1)
		}
	}
	if d := p.Take("a"); d != 250*time.Millisecond {
		t.Errorf("one too many waits %v", d)
	}
	if p.Take("b") != 0 || p.Take("c") == 0 {
		t.Error("of two that are remembered, the third has to wait")
	}
	now = now.Add(250 * time.Millisecond)
	if p.Take("a") != 0 || p.Take("a") == 0 {
		t.Error("one more after a quarter of a second, and only one")
	}
	if d := p.Queue("a"); d != 250*time.Millisecond {
		t.Errorf("queues for %v", d)
	}
	if d := p.Queue("a"); d != 500*time.Millisecond {
		t.Errorf("and the next for %v", d)
	}
	if len(p.used) != 2 {
		t.Errorf("%d are remembered", len(p.used))
	}
	now = now.Add(time.Hour)
	if p.Take("c") != 0 || p.Take("d") != 0 || p.Take("e") == 0 {
		t.Error("those who rest are not forgotten")
	}
	for range 4 {
		p.Take("c")
	}
	now = now.Add(time.Second)
	for range 3 {
		p.Take("c")
	}
	p.Return("c")
	for i := range 3 { // one is left, one was given back
		if wait := p.Take("c"); (wait == 0) != (i < 2) {
			t.Errorf("the %d. after one was given back waits %v", i+1, wait)
		}
	}
	p.Return("nobody")
	now = now.Add(time.Hour)
	for range 9 { // more than was taken is no credit
		p.Return("c")
	}
	for range 4 {
		p.Take("c")
	}
	if p.Take("c") == 0 {
		t.Error("more than a second's worth")
	}
	slow := NewPace[string](0.01, 2, func() time.Time { return now })
	if slow.Take("a") != 0 || slow.Take("a") != 100*time.Second {
		t.Error("one in a hundred seconds")
	}
	var none *Pace[string] = NewPace[string](0, 1, time.Now)
	if none != nil || none.Take("a") != 0 {
		t.Error("no rate is a bound")
	}
	none.Return("a")
}
