package vnet

import "sync"

// pool is a few workers that hand queued frames to host stacks. An adapter is
// with one worker at a time, so its frames stay in order. Workers start when
// there is work and then stay: a goroutine per burst would pay each time for
// growing its stack to gVisor's call depth.
type pool struct {
	mu          sync.Mutex
	work        *sync.Cond
	first, last *adapter // ready adapters, linked through adapter.next
	idle, n     int
	max         int
	quit        bool
	workers     sync.WaitGroup
}

func newPool(max int) *pool {
	p := &pool{max: max}
	p.work = sync.NewCond(&p.mu)
	return p
}

// put queues an adapter that has frames and is with no worker.
func (p *pool) put(a *adapter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quit {
		return
	}
	if p.last == nil {
		p.first = a
	} else {
		p.last.next = a
	}
	p.last = a
	switch {
	case p.idle > 0:
		p.work.Signal()
	case p.n < p.max:
		p.n++
		p.workers.Add(1)
		go p.run()
	}
}

func (p *pool) run() {
	defer p.workers.Done()
	for {
		p.mu.Lock()
		for p.first == nil && !p.quit {
			p.idle++
			p.work.Wait()
			p.idle--
		}
		if p.quit {
			p.mu.Unlock()
			return
		}
		a := p.first
		p.first, a.next = a.next, nil
		if p.first == nil {
			p.last = nil
		}
		p.mu.Unlock()
		if a.deliver() {
			p.put(a) // at the end: nobody waits for one busy host
		}
	}
}

// close stops the workers and waits for them.
func (p *pool) close() {
	p.mu.Lock()
	p.quit = true
	p.mu.Unlock()
	p.work.Broadcast()
	p.workers.Wait()
}
