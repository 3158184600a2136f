package room

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Internet is what a room runs on. Its Lookup reports everything from
// LookupStarted to LookupFinished and returns when the trace may be finished;
// it must end soon after ctx is done, and by itself in any case.
type Internet interface {
	Network() string // "lab" or "internet"
	Lookup(ctx context.Context, step lookup.Step, ask Ask)
	Snapshots() []lookup.CacheSnapshot
	// Flush empties a cache, or all for "all"; a name narrows it to one
	// entry. It is an error if there is no such cache.
	Flush(cache string, name lookup.Name, t lookup.Type) error
	Clock() *lookup.LessonClock
	Close() error
}

// Ask is one lookup as a person asks for it.
type Ask struct {
	Question lookup.Question
	Network  string // "lab" or "internet"; "" is what the room has
	Gated    bool   // hold the recording at each decision point
	DO       bool   // ask for signatures and check them (RFC 4035 §4.9.1)
	CD       bool   // hand on what fails the check (RFC 4035 §3.2.2)

	URL      lookup.Address // where the journey goes on to once the name is found; the zero Address ends with the lookup
	HTTP     string         // the version that requests are sent in: "1.0", "1.1", "2"; "" is what servers agree to
	Errand   lookup.Errand  // what the name is wanted for
	Typed    string         // the name as it was typed, for a search list
	Reversed netip.Addr     // the address that was typed in its place, if one was
}

// Errors that a viewer is told about.
var (
	ErrBusy           = errors.New("too many lookups are running in this room")
	ErrFull           = errors.New("no more room here")
	ErrUnknownTrace   = errors.New("no such trace")
	ErrUnknownCache   = errors.New("no such cache")
	ErrUnknownNetwork = errors.New("this network is not available here")
)

// Room is one internet with the people around it.
type Room struct {
	name     string
	rooms    *Rooms
	internet Internet
	ctx      context.Context // done when the room closes
	stop     context.CancelFunc
	work     sync.WaitGroup // lookups, and encoders of their traces

	mu       sync.Mutex
	viewers  map[*Viewer]struct{}
	running  int
	latest   string
	held     []*Recording // gated and perhaps not wholly released
	outside  outside
	bench    bench
	races    races
	copies   copies
	benches  benches
	closed   bool
	idle     *time.Timer // runs while nobody is here
	building *time.Timer // a state frame will be built
	frame    []byte      // the newest state frame
	frameNo  uint64
}

func newRoom(rs *Rooms, name string, in Internet) *Room {
	ctx, stop := context.WithCancel(context.Background())
	r := &Room{name: name, rooms: rs, internet: in, ctx: ctx, stop: stop, viewers: map[*Viewer]struct{}{}}
	r.build()
	r.idle = time.AfterFunc(rs.cfg.Idle, r.expire)
	r.copying()
	return r
}

// Name is the room's name.
func (r *Room) Name() string { return r.name }

// Join makes a viewer. Leave must be called in the end.
func (r *Room) Join() (*Viewer, error) {
	v := &Viewer{room: r, ping: make(chan struct{}, 1)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrGone
	}
	if len(r.viewers) >= r.rooms.cfg.MaxViewers {
		return nil, fmt.Errorf("%w: %d pages are connected already", ErrFull, len(r.viewers))
	}
	r.viewers[v] = struct{}{}
	r.idle.Stop()
	r.changedLocked()
	v.wake()
	return v, nil
}

func (r *Room) left(v *Viewer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.viewers, v)
	r.restLocked()
	r.changedLocked()
}

// restLocked starts the idle timer where nothing goes on.
func (r *Room) restLocked() {
	if r.quietLocked() && !r.closed {
		r.idle.Reset(r.rooms.cfg.Idle)
	}
}

func (r *Room) quietLocked() bool {
	return len(r.viewers) == 0 && r.running == 0 && r.outside.visitors == 0
}

// expire closes a room in which nothing went on for the idle time.
func (r *Room) expire() {
	r.mu.Lock()
	quiet := r.quietLocked()
	r.mu.Unlock()
	if quiet {
		r.rooms.remove(r)
	}
}

// Lookup runs a question on the room's internet and returns its recording at
// once.
func (r *Room) Lookup(ask Ask) (*Recording, error) {
	network, leave, err := r.enter(ask.Network)
	if err != nil {
		return nil, err
	}
	ask.Network = network
	title := ask.Question.String()
	if ask.URL.Host != "" {
		title = ask.URL.URL
	}
	rec, err := r.record(plan{title: title, network: network, gated: ask.Gated, run: r.lookup(ask, leave)})
	if err != nil {
		leave()
		return nil, err
	}
	r.witness(rec.ID())
	return rec, nil
}

// plan is what a recording is made from.
type plan struct {
	title, network string
	gated          bool // hold the recording at each decision point
	apart          bool // it does not happen on the room's own internet
	run            func(ctx context.Context, step lookup.Step)
}

// record runs something that reports a trace and returns its recording at once.
// Of what happens apart the links are not listened on, and it is not the room's
// latest lookup.
func (r *Room) record(p plan) (*Recording, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrGone
	}
	if r.running >= r.rooms.cfg.MaxRunning || !r.rooms.start() {
		return nil, ErrBusy
	}
	r.running++
	r.idle.Stop()
	t := lookup.NewTrace(lookup.TraceConfig{ID: newID(), Title: p.title, Network: p.network})
	rec := newRecording(t, nil)
	if p.gated {
		rec.decide, rec.opened = r.rooms.cfg.Decide, r.changed
		r.held = append(r.held, rec)
	}
	stop := func() {}
	if !p.apart {
		r.latest = t.ID()
		stop = rec.tap(r.internet, p.network)
	}
	r.rooms.keep(rec)
	r.work.Go(func() {
		rec.run()
		r.rooms.weigh(rec)
	})
	r.work.Go(func() {
		defer r.done()
		defer t.Finish()
		defer stop()
		p.run(r.ctx, t.Root())
	})
	return rec, nil
}

func (r *Room) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	r.rooms.running.Add(-1)
	r.restLocked()
	r.changedLocked()
}

// Skip moves the room's lesson clock forward.
func (r *Room) Skip(d time.Duration) error {
	if err := r.internet.Clock().Skip(d); err != nil {
		return err
	}
	r.changed()
	return nil
}

// SetRate changes how fast the room's lesson clock runs.
func (r *Room) SetRate(rate int) error {
	if err := r.internet.Clock().SetRate(rate); err != nil {
		return err
	}
	r.changed()
	return nil
}

// Flush empties a cache of the room, or one entry of it.
func (r *Room) Flush(cache string, name lookup.Name, t lookup.Type) error {
	if err := r.internet.Flush(cache, name, t); err != nil {
		return err
	}
	r.changed()
	return nil
}

// State is what the room is like now.
func (r *Room) State() State {
	r.mu.Lock()
	viewers, latest, outside, zones := len(r.viewers), r.latest, r.outside.latest, r.copies.ZonesNow
	r.mu.Unlock()
	return State{Name: r.name, Network: r.internet.Network(), Viewers: viewers, Clock: r.internet.Clock().Read(), Caches: r.discreet(r.internet.Snapshots()), Layers: r.layerState(), Latest: latest, Outside: outside, Reach: r.reach(), Zones: zones}
}

func (r *Room) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
}

// changedLocked sees to it that viewers get a new state frame within a tick.
func (r *Room) changedLocked() {
	if r.building == nil && !r.closed {
		r.building = time.AfterFunc(tick, func() {
			r.mu.Lock()
			r.building = nil
			r.mu.Unlock()
			r.build()
		})
	}
}

// build encodes the state once for everybody.
func (r *Room) build() {
	frame := stateFrame(r.State())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.frame = frame
	r.frameNo++
	for v := range r.viewers {
		v.wake()
	}
}

func (r *Room) state() ([]byte, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frame, r.frameNo
}

// close ends everything in the room and waits for it.
func (r *Room) close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.idle.Stop()
	if r.building != nil {
		r.building.Stop()
	}
	viewers := make([]*Viewer, 0, len(r.viewers))
	for v := range r.viewers {
		viewers = append(viewers, v)
	}
	r.mu.Unlock()
	for _, v := range viewers {
		v.Leave()
	}
	r.stop()
	if c, ok := r.internet.(Copying); ok {
		c.Halt()
	}
	r.work.Wait()
	return r.internet.Close()
}
