package room

import (
	"errors"
	"net/netip"
	"time"

	"rootwalk/lookup"
)

// Bounds of what is kept of zone transfers, which timers begin by themselves.
const (
	shownCopies     = 12 // told to viewers, newest first
	keptCopies      = 64 // traces kept over all rooms
	recordingCopies = 16 // being recorded at once in a room
)

// Copying is an internet whose name servers copy zones from each other.
type Copying interface {
	// Copy lets the timers of secondaries run. record begins a trace of what
	// happens; changed is called after each change, and returns at once.
	Copy(record func(title string) (step lookup.Step, finish func()), changed func())
	// Halt ends transfers that are under way, and the timers.
	Halt()
	// ZoneStates are the zones whose timers run, ZoneState is any one.
	ZoneStates() []lookup.ZoneState
	ZoneState(zone lookup.Name) (lookup.ZoneState, error)
	// Act does something about a zone's copies.
	Act(a CopyAct) (Under, error)
}

// CopyAct is something to do about the copies of a zone.
type CopyAct struct {
	Do     string // "change", "notify", "ask", "forget", "try", "down", "up"
	Zone   lookup.Name
	Server lookup.Name // down, up

	// Of a change: one address record gets another address.
	Owner    lookup.Name
	From, To netip.Addr
	Bump     bool // the serial grows
	Tell     bool // secondaries are notified
}

// Under is something under way in a trace of its own, "" for none; Done is nil
// where it is done already.
type Under struct {
	Trace string
	Done  <-chan struct{}
}

// Errors about zones.
var (
	ErrNoZones       = errors.New("the zones of this network are not ours")
	ErrUnknownZone   = errors.New("no such zone")
	ErrUnknownServer = errors.New("no such name server")
	ErrUnknownRecord = errors.New("no such record")
	ErrUnknownAct    = errors.New("nothing of that kind can be done")
)

// CopyTrace is a recorded zone transfer, or what led to one.
type CopyTrace struct {
	Trace string    `json:"trace"`
	Title string    `json:"title"`
	At    time.Time `json:"at"` // lesson time
}

// ZonesNow is what viewers are told of the room's zones: that they are others
// than before.
type ZonesNow struct {
	Version uint64      `json:"version"`
	Latest  []CopyTrace `json:"latest"` // newest first
}

// copies is what a room knows of its zones; the room's lock guards it.
type copies struct {
	ZonesNow
	recording int
}

// copying lets the timers of an internet run that has any.
func (r *Room) copying() {
	if c, ok := r.internet.(Copying); ok {
		c.Copy(r.recordCopy, r.zonesChanged)
	}
}

// recordCopy begins the trace of something that zones do; beyond the bounds it
// happens unrecorded.
func (r *Room) recordCopy(title string) (lookup.Step, func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.copies.recording >= recordingCopies {
		return lookup.Step{}, func() {}
	}
	r.copies.recording++
	t := lookup.NewTrace(lookup.TraceConfig{ID: newID(), Title: title, Network: r.internet.Network()})
	rec := newRecording(t, nil)
	r.rooms.keepCopy(rec)
	r.work.Go(rec.run)
	now := CopyTrace{Trace: t.ID(), Title: title, At: r.internet.Clock().Now().UTC()}
	r.copies.Latest = append([]CopyTrace{now}, r.copies.Latest[:min(len(r.copies.Latest), shownCopies-1)]...)
	r.changedLocked()
	return t.Root(), func() {
		t.Finish()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.copies.recording--
	}
}

func (r *Room) zonesChanged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copies.Version++
	r.changedLocked()
}

// ZoneStates are the zones whose copies the room watches, none where there are
// none.
func (r *Room) ZoneStates() []lookup.ZoneState {
	if c, ok := r.internet.(Copying); ok {
		return c.ZoneStates()
	}
	return nil
}

// ZoneState is one zone of the room's internet.
func (r *Room) ZoneState(zone lookup.Name) (lookup.ZoneState, error) {
	if c, ok := r.internet.(Copying); ok {
		return c.ZoneState(zone)
	}
	return lookup.ZoneState{}, ErrNoZones
}

// Act does something about the copies of a zone.
func (r *Room) Act(a CopyAct) (Under, error) {
	c, ok := r.internet.(Copying)
	if !ok {
		return Under{}, ErrNoZones
	}
	return c.Act(a)
}
