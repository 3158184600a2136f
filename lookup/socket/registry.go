package socket

import (
	"net"
	"net/netip"
	"sync"

	"rootwalk/lookup"
)

// Tap lets see every frame of all links, a second time as it reaches a host's
// stack, which Arrival tells. It must be quick and may run inside a stack.
type Tap func(see func(f lookup.Frame, arrival bool)) (stop func())

// pair is what both ends see of a connection.
type pair struct{ client, server netip.AddrPort }

// Registry knows the connections that somebody records. A nil *Registry knows
// none.
type Registry struct {
	tap Tap

	mu    sync.Mutex
	known map[pair]*watch
	stop  func() // of the tap; nil while nothing is watched
}

// NewRegistry makes a registry. Frames are tapped only while there is something
// to watch.
func NewRegistry(tap Tap) *Registry { return &Registry{tap: tap, known: map[pair]*watch{}} }

// add begins to watch; false where the pair is watched already.
func (r *Registry) add(p pair, w *watch) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[p] != nil {
		return false
	}
	r.known[p] = w
	if r.stop == nil && r.tap != nil {
		r.stop = r.tap(r.see)
	}
	return true
}

func (r *Registry) remove(p pair, w *watch) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[p] != w {
		return
	}
	delete(r.known, p)
	if len(r.known) == 0 && r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// find is who watches a connection, nil for nobody.
func (r *Registry) find(client, server netip.AddrPort) *watch {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[pair{client, server}]
}

// see takes a frame of the tap.
func (r *Registry) see(f lookup.Frame, arrival bool) {
	p := parse(f.Data)
	if p == nil {
		return
	}
	about := p
	if p.quoted != nil {
		about = p.quoted
	}
	if w := r.find(about.Src, about.Dst); w != nil && w.protocol == about.Protocol {
		w.see(f, p, lookup.SideClient, arrival)
	} else if w := r.find(about.Dst, about.Src); w != nil && w.protocol == about.Protocol {
		w.see(f, p, lookup.SideServer, arrival)
	}
}

// Listener wraps a listener of a server program on a host: connections that
// somebody records get the server's calls recorded too. The others pass as they
// are.
func (r *Registry) Listener(host string, ln net.Listener) net.Listener {
	if r == nil {
		return ln
	}
	l := &listener{Listener: ln, registry: r, host: host, table: NewTable()}
	l.fd = l.table.take()
	return l
}

// listener is a server program's listening socket.
type listener struct {
	net.Listener
	registry *Registry
	host     string
	table    *Table
	fd       int
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	remote, local := addrPort(c.RemoteAddr()), addrPort(c.LocalAddr())
	w := l.registry.find(remote, local)
	if w == nil {
		return c, nil
	}
	return w.rec.accepted(w, l, c), nil
}
