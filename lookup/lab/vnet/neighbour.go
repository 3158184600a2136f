package vnet

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of one interface's neighbour cache. A scan of an on-link /64 must not
// fill memory (RFC 6583 §6).
const (
	maxNeighbours  = 512
	maxIncomplete  = 128
	maxPending     = 16 // frames that wait for one link address
	neighbourTries = 3  // MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT (RFC 4861 §10)
	// DELAY_FIRST_PROBE_TIME: a stale entry is not asked about at once.
	delayFirstProbe = 5 * time.Second
)

// neighbours is a cache of link addresses, for ARP and Neighbor Discovery
// alike: RFC 4861 §7.3 with the DELAY state as the first part of STALE.
type neighbours struct {
	mu         sync.Mutex
	entries    map[netip.Addr]*neighbour
	incomplete int
}

type neighbour struct {
	state     neighbourState
	mac       [6]byte
	confirmed time.Duration // on Net.now
	tries     int
	pending   [][]byte
}

type neighbourState uint8

const (
	incomplete neighbourState = iota
	reachable
	stale
	probe
)

func (s neighbourState) String() string {
	return [...]string{"Incomplete", "Reachable", "Stale", "Probe"}[s]
}

func (n *neighbours) init() { n.entries = make(map[netip.Addr]*neighbour) }

// resolve fills in the link address of the neighbour to. If it is not known, f
// waits for it, or is dropped if too much waits, and the result is false.
func (i *iface) resolve(to netip.Addr, f []byte) bool {
	n := &i.neighbours
	now := i.router.net.now()
	n.mu.Lock()
	e := n.entries[to]
	if e != nil && e.state != incomplete {
		copy(f[:6], e.mac[:])
		age := now - e.confirmed
		again := e.state == stale && age > delayFirstProbe || e.state == reachable && age > i.router.reachableTime
		if again { // use it, and ask whether it still holds
			e.state, e.tries = probe, 1
		}
		mac := e.mac
		n.mu.Unlock()
		if again {
			i.solicit(to, &mac)
			i.later(to, e)
		}
		return true
	}
	if e != nil {
		if len(e.pending) >= maxPending { // the oldest goes (RFC 4861 §7.2.2)
			copy(e.pending, e.pending[1:])
			e.pending = e.pending[:maxPending-1]
		}
		e.pending = append(e.pending, f)
		n.mu.Unlock()
		return false
	}
	if n.incomplete >= maxIncomplete || !n.roomLocked() {
		n.mu.Unlock()
		return false
	}
	e = &neighbour{tries: 1, pending: [][]byte{f}}
	n.entries[to] = e
	n.incomplete++
	n.mu.Unlock()
	i.solicit(to, nil)
	i.later(to, e)
	return false
}

// roomLocked makes room for one more entry: the one confirmed longest ago goes.
func (n *neighbours) roomLocked() bool {
	if len(n.entries) < maxNeighbours {
		return true
	}
	var oldest netip.Addr
	for a, e := range n.entries {
		if e.state != incomplete && (!oldest.IsValid() || e.confirmed < n.entries[oldest].confirmed) {
			oldest = a
		}
	}
	if !oldest.IsValid() {
		return false
	}
	delete(n.entries, oldest)
	return true
}

// later asks again, or gives up, if no answer comes.
func (i *iface) later(to netip.Addr, e *neighbour) {
	i.router.net.sched.after(i.router.retransTimer, func() { i.retry(to, e) })
}

func (i *iface) retry(to netip.Addr, e *neighbour) {
	n := &i.neighbours
	n.mu.Lock()
	if n.entries[to] != e || e.state == reachable || e.state == stale {
		n.mu.Unlock()
		return
	}
	if e.tries < neighbourTries {
		e.tries++
		var at *[6]byte
		if e.state == probe {
			mac := e.mac
			at = &mac
		}
		n.mu.Unlock()
		i.solicit(to, at)
		i.later(to, e)
		return
	}
	n.deleteLocked(to, e)
	pending := e.pending
	n.mu.Unlock()
	for _, f := range pending {
		i.unreachable(f)
	}
}

func (n *neighbours) deleteLocked(a netip.Addr, e *neighbour) {
	delete(n.entries, a)
	if e.state == incomplete {
		n.incomplete--
	}
}

// confirm learns a link address. An entry is made only if create is set.
// solicited says that this answers a question, so the neighbour is reachable
// both ways; otherwise it is stale until asked (RFC 4861 §7.2.5).
func (i *iface) confirm(a netip.Addr, mac [6]byte, create, solicited bool) {
	n := &i.neighbours
	n.mu.Lock()
	e := n.entries[a]
	if e == nil {
		if !create || !n.roomLocked() {
			n.mu.Unlock()
			return
		}
		e = &neighbour{state: stale}
		n.entries[a] = e
	}
	switch {
	case solicited:
		n.setLocked(e, reachable)
		e.confirmed = i.router.net.now()
	case e.state == incomplete || e.mac != mac:
		n.setLocked(e, stale)
		e.confirmed = i.router.net.now()
	}
	e.mac = mac
	pending := e.pending
	e.pending = nil
	n.mu.Unlock()
	for _, f := range pending {
		copy(f[:6], mac[:])
		i.port.segment.enter(i.port, f)
	}
}

func (n *neighbours) setLocked(e *neighbour, s neighbourState) {
	if e.state == incomplete {
		n.incomplete--
	}
	e.state, e.tries = s, 0
}

// solicit asks for a link address: everyone, or at what was its address.
func (i *iface) solicit(a netip.Addr, at *[6]byte) {
	if a.Is4() {
		i.askARP(a, at)
		return
	}
	i.askNDP(a, at)
}

// Neighbours lists the neighbour cache of all interfaces.
func (r *Router) Neighbours() []Neighbour {
	var all []Neighbour
	for _, i := range r.tables.Load().ifaces {
		n := &i.neighbours
		n.mu.Lock()
		for a, e := range n.entries {
			state := e.state
			if state == reachable && r.net.now()-e.confirmed > r.reachableTime {
				state = stale // it is found out when the entry is used
			}
			x := Neighbour{Port: i.port, Addr: a, State: state.String()}
			if state != incomplete {
				x.MAC = net.HardwareAddr(e.mac[:]).String()
			}
			all = append(all, x)
		}
		n.mu.Unlock()
	}
	return all
}
