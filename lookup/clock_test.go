package lookup

import (
	"testing"
	"time"
)

func TestLessonClockSkipsAndRuns(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	real := start
	c := NewLessonClock(func() time.Time { return real })
	at := func(want time.Duration) {
		t.Helper()
		if got := c.Now().Sub(start); got != want {
			t.Errorf("lesson time %v, want %v", got, want)
		}
	}
	at(0)
	real = real.Add(time.Second)
	at(time.Second)
	if err := c.Skip(5 * time.Minute); err != nil {
		t.Fatal(err)
	}
	at(5*time.Minute + time.Second)
	if err := c.SetRate(60); err != nil {
		t.Fatal(err)
	}
	real = real.Add(2 * time.Second)
	at(7*time.Minute + time.Second)
	if err := c.SetRate(1); err != nil {
		t.Fatal(err)
	}
	real = real.Add(-time.Hour) // the machine's clock was set back: lesson time stands
	at(7*time.Minute + time.Second)
}

func TestLessonClockRefusesNonsense(t *testing.T) {
	c := NewLessonClock(time.Now)
	for _, d := range []time.Duration{0, -time.Second, MaxSkip + 1} {
		if c.Skip(d) == nil {
			t.Errorf("skip of %v passed", d)
		}
	}
	for _, r := range []int{0, -1, 2, 7200} {
		if c.SetRate(r) == nil {
			t.Errorf("rate %d passed", r)
		}
	}
}

func TestLessonTimeStaysWithinBounds(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	real := start
	c := NewLessonClock(func() time.Time { return real })
	if err := c.SetRate(3600); err != nil {
		t.Fatal(err)
	}
	last := c.Now()
	for range 4000 {
		real = real.Add(time.Hour)
		now := c.Now()
		if now.Before(last) {
			t.Fatal("lesson time went backwards")
		}
		last = now
		_ = c.Skip(MaxSkip)
	}
	if lead := last.Sub(real); lead > maxLessonLead+MaxSkip {
		t.Errorf("lesson time is %v ahead", lead)
	}
}
