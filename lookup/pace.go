package lookup

import (
	"sync"
	"time"
)

// Pace lets each of many do something so often a second, and as much again at
// once. It remembers for each the moment up to which its share is used up (the
// generic cell rate algorithm), for a bounded number of them: where more than that
// are at it within a second, newcomers have to wait. It is safe for concurrent use;
// nil lets everybody go on.
type Pace[K comparable] struct {
	every time.Duration // between two at the full rate
	burst time.Duration // how far ahead of that one may be: a second, or one
	most  int
	now   func() time.Time

	mu   sync.Mutex
	used map[K]time.Time
}

// NewPace makes a pace; nil for a rate of 0 or less. Now is the real time, or what
// a test says that it is.
func NewPace[K comparable](perSecond float64, most int, now func() time.Time) *Pace[K] {
	if !(perSecond > 0) {
		return nil
	}
	every := time.Duration(float64(time.Second) / perSecond)
	return &Pace[K]{every: every, burst: max(every, time.Second), most: most, now: now, used: map[K]time.Time{}}
}

// Take counts one more of k and returns 0, or returns how long it takes until one
// more is due.
func (p *Pace[K]) Take(k K) time.Duration { return p.take(k, false) }

// Queue counts one more of k in any case and returns how long it takes until it is
// due.
func (p *Pace[K]) Queue(k K) time.Duration { return p.take(k, true) }

// Return takes back what Take counted last of k: it was not used after all.
func (p *Pace[K]) Return(k K) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if used, known := p.used[k]; known {
		p.used[k] = used.Add(-p.every)
	}
}

func (p *Pace[K]) take(k K, always bool) time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	used, known := p.used[k]
	if !known && len(p.used) >= p.most {
		for k, until := range p.used {
			if until.Before(now) {
				delete(p.used, k)
			}
		}
		if len(p.used) >= p.most {
			return p.burst // too many are at it at once to tell them apart
		}
	}
	if used.Before(now) {
		used = now
	}
	used = used.Add(p.every)
	wait := max(used.Sub(now)-p.burst, 0)
	if wait == 0 || always {
		p.used[k] = used
	}
	return wait
}
