package vnet

import (
	"sync"
	"time"
)

// maxUnderWay bounds the frames and timers a scheduler holds.
const maxUnderWay = 1 << 16

// scheduler lets frames arrive later and calls timers: one heap and, once it is
// needed, one goroutine for the whole Net.
type scheduler struct {
	net *Net

	mu      sync.Mutex
	heap    []event
	seq     uint64
	started bool
	quit    bool
	wake    chan struct{}
	done    chan struct{}
}

// event is a frame at the end of a wire, or a timer.
type event struct {
	at       time.Duration // on Net.now
	seq      uint64        // keeps the order of equal times
	from, to *Port         // exactly one is set for a frame
	frame    []byte
	call     func()
}

// wire is what a frame travels on.
func (e *event) wire() *direction {
	if e.to != nil {
		return &e.to.rx
	}
	return &e.from.tx
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.seq < o.seq
}

func newScheduler(n *Net) *scheduler {
	return &scheduler{net: n, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// frame lets a frame arrive at the end of a wire at a moment on Net.now; false
// if too many are under way.
func (s *scheduler) frame(at time.Duration, from, to *Port, frame []byte) bool {
	e := event{at: at, from: from, to: to, frame: frame}
	e.wire().flying.Add(1)
	if !s.add(e) {
		e.wire().flying.Add(-1)
		return false
	}
	return true
}

// after calls f in the scheduler's goroutine; false if it never will be called.
func (s *scheduler) after(delay time.Duration, f func()) bool {
	return s.add(event{at: s.net.now() + delay, call: f})
}

func (s *scheduler) add(e event) bool {
	s.mu.Lock()
	if s.quit || len(s.heap) >= maxUnderWay {
		s.mu.Unlock()
		return false
	}
	s.seq++
	e.seq = s.seq
	s.push(e)
	first := s.heap[0].seq == e.seq
	if !s.started {
		s.started = true
		go s.run()
	}
	s.mu.Unlock()
	if first {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return true
}

func (s *scheduler) run() {
	defer close(s.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait, ok := s.work()
		if !ok {
			return
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.wake:
		}
	}
}

// work does what is due and returns how long nothing will be.
func (s *scheduler) work() (wait time.Duration, ok bool) {
	for {
		s.mu.Lock()
		if s.quit {
			s.mu.Unlock()
			return 0, false
		}
		if len(s.heap) == 0 {
			s.mu.Unlock()
			return time.Hour, true
		}
		if wait := s.heap[0].at - s.net.now(); wait > 0 {
			s.mu.Unlock()
			return wait, true
		}
		e := s.pop()
		s.mu.Unlock()
		if e.call != nil {
			e.call()
			continue
		}
		wire := e.wire()
		if e.to != nil {
			e.to.segment.arrive(e.from, e.to, e.frame)
		} else {
			e.from.segment.arrive(e.from, e.to, e.frame)
		}
		wire.flying.Add(-1) // only now may a later frame take the direct way
	}
}

func (s *scheduler) close() {
	s.mu.Lock()
	s.quit = true
	s.heap = nil
	started := s.started
	s.mu.Unlock()
	if !started {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	<-s.done
}

// push and pop are container/heap without its allocation per item.
func (s *scheduler) push(e event) {
	h := append(s.heap, e)
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(&h[parent]) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
	s.heap = h
}

func (s *scheduler) pop() event {
	h := s.heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = event{} // let the frame go
	h = h[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	s.heap = h
	return top
}
