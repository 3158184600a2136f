package vnet

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Net owns everything of one virtual network: segments, hosts, routers, the
// scheduler of delayed frames and the workers that hand frames to hosts. Make
// one with New and end it with Close. All methods may be called concurrently.
type Net struct {
	seed   uint64
	start  time.Time
	speed  atomic.Uint64 // math.Float64bits of the factor on all delays
	closed atomic.Bool
	done   chan struct{} // closed when Close has finished

	sched *scheduler
	pool  *pool

	// Shared by all stacks of this Net. Each would otherwise hold its own copy:
	// 8 KiB of IP identification counters and 9 KiB of unused packet filter
	// tables per host.
	ipv4, ipv6 stack.NetworkProtocolFactory
	filter     *stack.IPTables

	mu       sync.Mutex
	segments []*Segment
	hosts    map[*Host]struct{}
	names    map[string]uint64 // how often a port name was used, for its seed
	macs     uint32            // link addresses given out
}

// Option changes a Net that New makes.
type Option func(*Net)

// WithSpeed is SetSpeed from the start.
func WithSpeed(factor float64) Option {
	return func(n *Net) { n.SetSpeed(factor) }
}

// New returns an empty network. The seed decides what impairments do: the same
// seed, names and frames give the same losses, duplicates and bit errors.
func New(seed uint64, options ...Option) *Net {
	silence()
	n := &Net{
		seed:  seed,
		start: time.Now(),
		done:  make(chan struct{}),
		hosts: make(map[*Host]struct{}),
		names: make(map[string]uint64),
		ipv4:  ipv4.NewProtocolWithOptions(ipv4.Options{}),
		// No router solicitations: hosts are configured, not auto-configured. No
		// duplicate address detection (the zero DADConfigs), so that an
		// address works at once. Link-local addresses as on every real host.
		ipv6:   ipv6.NewProtocolWithOptions(ipv6.Options{AutoGenLinkLocal: true, NDPConfigs: quietNDP()}),
		filter: noFilter(seed),
	}
	n.SetSpeed(1)
	n.sched = newScheduler(n)
	n.pool = newPool(runtime.GOMAXPROCS(0) + 1)
	for _, o := range options {
		o(n)
	}
	return n
}

// SetSpeed multiplies every delay, jitter and serialisation time from now on
// by factor: 1 is as configured, 0 means none, 10 is slow motion. Values
// below 0 and NaN count as 0, values above 1000 as 1000. Frames already under
// way keep their time. The timers of stacks and routers are not scaled: where a
// round trip comes to take a second, they begin to ask and send again.
func (n *Net) SetSpeed(factor float64) {
	if !(factor > 0) { // also NaN
		factor = 0
	}
	n.speed.Store(math.Float64bits(min(factor, 1000)))
}

// Speed is the factor that SetSpeed set.
func (n *Net) Speed() float64 { return math.Float64frombits(n.speed.Load()) }

// scale applies the speed to a configured duration.
func (n *Net) scale(d time.Duration) time.Duration {
	f := n.Speed()
	if f == 1 {
		return d
	}
	return time.Duration(float64(d) * f)
}

// now is the time since the Net was made; it never goes backwards.
func (n *Net) now() time.Duration { return time.Since(n.start) }

// Segment adds an empty segment (a switch; with two ports, a cable).
func (n *Net) Segment(name string) *Segment {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := &Segment{name: name, net: n, mtu: DefaultMTU}
	s.table.Store(&switchTable{})
	n.segments = append(n.segments, s)
	return s
}

// Segments lists the segments in the order they were made.
func (n *Net) Segments() []*Segment {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*Segment(nil), n.segments...)
}

// Close ends the network: frames stop, blocked calls on its sockets return
// net.ErrClosed, and no goroutine of it is left when Close returns. It may be
// called more than once; every call waits for the end. It must not be called
// from a tap, a filter or a router event hook.
func (n *Net) Close() {
	if n.closed.Swap(true) {
		<-n.done
		return
	}
	n.mu.Lock()
	hosts := make([]*Host, 0, len(n.hosts))
	for h := range n.hosts {
		hosts = append(hosts, h)
	}
	n.mu.Unlock()
	// Two steps: all stacks are told to stop before any is waited for, so that
	// no wait depends on a stack that is still running.
	for _, h := range hosts {
		h.stop()
	}
	for _, h := range hosts {
		h.wait()
	}
	n.sched.close()
	n.pool.close()
	close(n.done)
}

// claim names a new port: it returns the next link address and the seed of the
// port's decisions. The seed hangs on the name, not on the order in which
// ports are made; a name used again gets another seed.
func (n *Net) claim(name string) (mac [6]byte, seed uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.macs++
	if n.macs >= 1<<24 {
		panic("vnet: out of link addresses") // 16 million ports in one Net
	}
	n.names[name]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%d", n.seed, name, n.names[name])
	// 0x02: locally administered, unicast (IEEE 802 §8.2).
	mac = [6]byte{0x02, 0x52, 0x57}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n.macs)
	copy(mac[3:], b[1:])
	return mac, h.Sum64()
}
