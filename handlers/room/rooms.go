package room

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
)

// Main is the room of everybody who names none.
const Main = "main"

// Config says how rooms are made and how many of what there may be. Zero
// numbers mean the default beside them.
type Config struct {
	// Open makes the internet of a new room.
	Open func(ctx context.Context, room string) (Internet, error)

	// Decide finds the decisions at which gated lookups are held; nil for none.
	Decide Decide

	MaxRooms   int           // 64
	MaxViewers int           // 200 in a room
	MaxRunning int           // 40 lookups at once in a room
	MaxRuns    int           // 64 lookups at once over all rooms
	MaxStarts  int           // 40 lookups begun a second over all rooms, and as many at once
	MaxTraces  int           // 256 kept over all rooms; the oldest go first
	MaxBytes   int           // 32 MiB of finished traces kept, as they are sent; some four times that in memory
	Idle       time.Duration // 15 min without anybody closes a room
}

// Rooms are all rooms of a program.
type Rooms struct {
	cfg         Config
	experiments chan struct{} // one for each that runs
	running     atomic.Int64  // lookups, over all rooms
	starts      *lookup.Pace[struct{}]

	mu     sync.Mutex
	rooms  map[string]*Room
	traces map[string]*Recording
	order  []string // of traces, oldest first
	weight weight
	others []string // of traces of queries from outside, oldest first

	transfers []string // of traces of zone transfers, oldest first

	imports []*Recording // read from files, oldest first
	closed  bool
	going   sync.WaitGroup // rooms that are closing by themselves
}

// New returns a building without rooms.
func New(cfg Config) *Rooms {
	def := func(p *int, n int) {
		if *p == 0 {
			*p = n
		}
	}
	def(&cfg.MaxRooms, 64)
	def(&cfg.MaxViewers, 200)
	def(&cfg.MaxRunning, 40) // a class that presses the button together, and then some
	def(&cfg.MaxRuns, 64)
	def(&cfg.MaxStarts, 40)
	def(&cfg.MaxTraces, 256)
	def(&cfg.MaxBytes, 32<<20)
	if cfg.Idle == 0 {
		cfg.Idle = 15 * time.Minute
	}
	return &Rooms{
		cfg: cfg, experiments: make(chan struct{}, maxExperiments), rooms: map[string]*Room{}, traces: map[string]*Recording{},
		starts: lookup.NewPace[struct{}](float64(cfg.MaxStarts), 1, time.Now),
	}
}

// start counts one more lookup, unless too many run, or were begun in the last
// second, over all rooms. Each is taken from running again when it ends.
func (rs *Rooms) start() bool {
	if rs.running.Add(1) <= int64(rs.cfg.MaxRuns) && rs.starts.Take(struct{}{}) == 0 {
		return true
	}
	rs.running.Add(-1)
	return false
}

// NameError says that a text cannot be a room's name.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return fmt.Sprintf("%q cannot be a room: use 1 to 32 letters a-z, digits and hyphens", e.Name)
}

func checkName(name string) error {
	ok := len(name) >= 1 && len(name) <= 32
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-'
	}
	if !ok {
		if len(name) > 32 {
			name = name[:32]
		}
		return &NameError{name}
	}
	return nil
}

// Enter returns the room of that name, opening it if need be; "" is Main.
func (rs *Rooms) Enter(ctx context.Context, name string) (*Room, error) {
	if name == "" {
		name = Main
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return nil, ErrGone
	}
	if r := rs.rooms[name]; r != nil {
		return r, nil
	}
	if len(rs.rooms) >= rs.cfg.MaxRooms {
		return nil, fmt.Errorf("%w: %d rooms are open already", ErrFull, len(rs.rooms))
	}
	// Opening takes milliseconds, so others may wait for it.
	in, err := rs.cfg.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open room %s: %w", name, err)
	}
	r := newRoom(rs, name, in)
	rs.rooms[name] = r
	return r, nil
}

// Trace finds a recording of any room.
func (rs *Rooms) Trace(id string) (*Recording, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rec := rs.traces[id]; rec != nil {
		return rec, nil
	}
	return nil, ErrUnknownTrace
}

// keep remembers a recording, and forgets the oldest past the bound.
func (rs *Rooms) keep(rec *Recording) {
	rs.keepIn(&rs.order, rs.cfg.MaxTraces, rec)
}

// keepOutside does the same for a query from outside, of which fewer are kept.
func (rs *Rooms) keepOutside(rec *Recording) {
	rs.keepIn(&rs.others, min(keptOutside, rs.cfg.MaxTraces), rec)
}

// keepCopy does the same for a zone transfer, which nobody may have asked for.
func (rs *Rooms) keepCopy(rec *Recording) {
	rs.keepIn(&rs.transfers, min(keptCopies, rs.cfg.MaxTraces), rec)
}

func (rs *Rooms) keepIn(order *[]string, most int, rec *Recording) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.traces[rec.ID()] = rec
	*order = append(*order, rec.ID())
	if len(*order) > most {
		rs.forget((*order)[0])
		*order = append((*order)[:0], (*order)[1:]...)
	}
}

// remove closes a room that nobody needs.
func (rs *Rooms) remove(r *Room) {
	rs.mu.Lock()
	if rs.closed {
		rs.mu.Unlock()
		return // Close sees to it
	}
	if rs.rooms[r.name] == r {
		delete(rs.rooms, r.name)
	}
	rs.going.Add(1)
	rs.mu.Unlock()
	defer rs.going.Done()
	_ = r.close() // the room is gone either way
}

// Count is the number of open rooms.
func (rs *Rooms) Count() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.rooms)
}

// Close ends all rooms and waits for them.
func (rs *Rooms) Close() error {
	rs.mu.Lock()
	rs.closed = true
	rooms := rs.rooms
	rs.rooms = map[string]*Room{}
	rs.mu.Unlock()
	var errs []error
	for _, r := range rooms {
		errs = append(errs, r.close())
	}
	rs.going.Wait()
	return errors.Join(errs...)
}

// newID is an id that cannot be guessed: 80 random bits, so that a link is
// all it takes to see a trace and nothing less is.
func newID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return "t" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
