package hosting

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// Host is the machine of a name server: a network on which a connection can be
// made from one of several own addresses.
type Host interface {
	lookup.Network
	DialFrom(ctx context.Context, network string, local netip.AddrPort, addr string) (net.Conn, error)
}

// Site is one name server: a program, its machine, its own addresses.
type Site struct {
	Name   lookup.Name // "ns1.example.co.kr."
	Server *auth.Server
	Host   Host
	Addrs  []netip.Addr // IPv4 first; transfers go between the first ones
}

// Hosted is a zone and the servers that have it, the primary first.
type Hosted struct {
	Zone    *auth.Zone
	Servers []lookup.Name
	Managed bool
}

// Recorder begins a trace and returns where to report, and what to call in the
// end. The zero Step is a recording that nobody makes.
type Recorder func(title string) (step lookup.Step, finish func())

// Config is what an operator is given.
type Config struct {
	Clock *lookup.LessonClock
	Sites []Site
	Zones []Hosted

	// Serve is a zone as servers have it, signed for example; nil is as it is.
	Serve func(*auth.Zone) *auth.Zone

	// File is the shipped text of a zone, where there is one.
	File func(zone string) (text string, ok bool)

	// DS is what fits the keys of a signed zone, and what a signed parent has about it
	// unless its file says otherwise, as the data of DS records; none for a zone that
	// is not signed. DS is nil where nothing is signed.
	DS func(zone lookup.Name) (fits, made []string)

	// Client is a machine that may not copy zones, for trying (TryTransfer).
	Client Host

	// Port is that of all servers, 53 if 0.
	Port uint16

	// Slow multiplies the waiting times for responses, where links are slow.
	Slow float64

	// MessageSize is how many octets of records a primary puts into one message
	// of a transfer.
	MessageSize int
}

// Errors about what does not exist, and about what is too much.
var (
	ErrUnknownZone   = errors.New("hosting: no such zone")
	ErrUnknownServer = errors.New("hosting: no such server")
	ErrUnknownRecord = errors.New("hosting: no such record")
	ErrClosed        = errors.New("hosting: closed")
	ErrBusy          = errors.New("hosting: too much is going on")
)

// maxRuns is how many traces may be under way at once.
const maxRuns = 32

// Operator runs the name servers of a lab. Use New to make one, Start to let
// timers run, and Close when done.
type Operator struct {
	cfg    Config
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup
	wake   chan struct{} // the next timer may be another one
	record atomic.Pointer[Recorder]
	tell   atomic.Pointer[func()]

	mu      sync.Mutex
	closed  bool
	runs    int
	sites   map[lookup.Name]*site
	order   []lookup.Name // of sites, as configured
	zones   map[lookup.Name]*hosted
	flights map[flight]*run // NOTIFY messages under way

	shipped Image  // what was there in the beginning; it never changes
	steps   []step // edits that can be taken back, oldest first
}

// site is a name server and what it holds.
type site struct {
	Site
	copies map[lookup.Name]*zoneCopy // by zone
}

// hosted is a zone and its copies, the primary's first.
type hosted struct {
	name    lookup.Name
	managed bool
	copies  []*zoneCopy
	journal []auth.Change // oldest first; what the primary remembers for IXFR

	text    string // as it was written last, "" for never
	changed bool   // it is not the shipped one any more
}

// zoneCopy is one server's copy of a zone. The operator's lock guards it.
type zoneCopy struct {
	of      *hosted
	at      *site
	zone    *auth.Zone // nil before the first transfer
	expired bool
	served  *auth.Zone // the same as Config.Serve made it
	from    *auth.Zone // what served was made of

	// Of a secondary, on lesson time.
	timer              string // "refresh" or "retry"
	setAt, nextAt      time.Time
	refreshedAt        time.Time
	expiresAt          time.Time
	busy, again, ended bool // a refresh is under way; another one is due after it; the copy is no more
}

// New returns an operator of servers that run already with the given zones in
// their catalogs. Nothing is sent before something is changed or Start is
// called.
func New(c Config) (*Operator, error) {
	if c.Port == 0 {
		c.Port = 53
	}
	c.Slow = max(c.Slow, 1)
	o := &Operator{cfg: c, wake: make(chan struct{}, 1), sites: map[lookup.Name]*site{}, zones: map[lookup.Name]*hosted{}, flights: map[flight]*run{}}
	o.ctx, o.stop = context.WithCancel(context.Background())
	for _, s := range c.Sites {
		o.sites[s.Name] = &site{Site: s, copies: map[lookup.Name]*zoneCopy{}}
		o.order = append(o.order, s.Name)
	}
	now := c.Clock.Now()
	for _, z := range c.Zones {
		h := &hosted{name: lookup.Name(z.Zone.Origin()), managed: z.Managed}
		for _, name := range z.Servers {
			s := o.sites[name]
			if s == nil {
				return nil, fmt.Errorf("%w: %s", ErrUnknownServer, name)
			}
			c := &zoneCopy{of: h, at: s, zone: z.Zone}
			if len(h.copies) > 0 {
				c.fresh(now)
			}
			h.copies = append(h.copies, c)
			s.copies[h.name] = c
		}
		o.zones[h.name] = h
	}
	o.shipped = o.image()
	for _, s := range o.sites {
		s.Server.SetTransfers(o.transfersAt(s))
	}
	return o, nil
}

// Start lets the timers run. record begins the traces of what happens from
// now on; changed is called after every change of State, from any goroutine,
// and must not block.
func (o *Operator) Start(record Recorder, changed func()) {
	o.record.Store(&record)
	o.tell.Store(&changed)
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.work.Go(o.keepTime)
	}
}

// Close ends transfers that are under way and waits for them. The servers stay
// as they are.
func (o *Operator) Close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.stop()
	o.work.Wait()
}

// changed tells who draws that State is another one.
func (o *Operator) changed() {
	if f := o.tell.Load(); f != nil {
		(*f)()
	}
}

// Run is something under way: its trace, and when that is whole.
type Run struct {
	Trace string // "" if nobody records
	Done  <-chan struct{}
}

// run is one recording and what belongs to it: it ends with the last of that.
type run struct {
	o      *Operator
	step   lookup.Step
	finish func()
	done   chan struct{}
	left   atomic.Int32
}

// begin starts a recording; the caller holds it until it calls release. The
// lock is held.
func (o *Operator) begin(title string) (*run, error) {
	if o.closed {
		return nil, ErrClosed
	}
	if o.runs >= maxRuns {
		return nil, ErrBusy
	}
	o.runs++
	r := &run{o: o, finish: func() {}, done: make(chan struct{})}
	if f := o.record.Load(); f != nil {
		r.step, r.finish = (*f)(title)
	}
	r.left.Store(1)
	return r, nil
}

// hold keeps the recording open until another release; it reports false where
// it has ended already.
func (r *run) hold() bool {
	for {
		n := r.left.Load()
		if n == 0 {
			return false
		}
		if r.left.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (r *run) release() {
	if r.left.Add(-1) > 0 {
		return
	}
	r.finish()
	r.o.mu.Lock()
	r.o.runs--
	r.o.mu.Unlock()
	close(r.done)
	r.o.changed()
}

func (r *run) public() Run { return Run{Trace: r.step.TraceID(), Done: r.done} }

// open reports what there is when a run begins. The lock is held.
func (r *run) open(h *hosted, cause string) {
	r.step.Report(lookup.CopiesListed{Zone: h.name, Cause: cause, Timers: h.timers(), Copies: r.o.copies(h), Lesson: r.o.cfg.Clock.Read()})
}

// server is a site as facts name it.
func (s *site) server(port uint16) lookup.Server {
	return lookup.Server{Name: s.Name, Addr: netip.AddrPortFrom(s.Addrs[0], port), Role: lookup.RoleAuthoritative}
}

func (o *Operator) server(s *site) lookup.Server { return s.server(o.cfg.Port) }

// timers are those of the primary's present SOA record.
func (h *hosted) timers() lookup.ZoneTimers { return timersOf(h.copies[0].zone) }

func timersOf(z *auth.Zone) lookup.ZoneTimers {
	if z == nil {
		return lookup.ZoneTimers{}
	}
	soa := z.SOA()
	return lookup.ZoneTimers{RefreshSec: soa.Refresh, RetrySec: soa.Retry, ExpireSec: soa.Expire}
}

// fresh says that a copy is known to be the newest, and sets its timers.
func (c *zoneCopy) fresh(now time.Time) {
	t := timersOf(c.zone)
	c.timer, c.setAt, c.refreshedAt, c.expired = "refresh", now, now, false
	c.nextAt, c.expiresAt = now.Add(seconds(t.RefreshSec)), now.Add(seconds(t.ExpireSec))
}

// failed sets the timer after a refresh that came to nothing.
func (c *zoneCopy) failed(now time.Time) {
	retry := uint32(60)
	if c.zone != nil {
		retry = timersOf(c.zone).RetrySec
	}
	c.timer, c.setAt, c.nextAt = "retry", now, now.Add(seconds(retry))
}

// seconds is a time of an SOA record; one second at the least, since a timer of
// none would never rest.
func seconds(n uint32) time.Duration { return time.Duration(max(n, 1)) * time.Second }

// describe is a copy for facts and pages. The lock is held.
func (o *Operator) describe(c *zoneCopy) lookup.ZoneCopy {
	d := lookup.ZoneCopy{Server: o.server(c.at), Primary: c.of.copies[0] == c, Expired: c.expired, Down: c.at.Server.Down()}
	if c.zone != nil {
		d.Serial, d.Records = c.zone.Serial(), c.zone.Records()
	}
	if !d.Primary {
		d.Timer, d.SetAt, d.NextAt, d.RefreshedAt, d.ExpiresAt = c.timer, c.setAt, c.nextAt, c.refreshedAt, c.expiresAt
	}
	return d
}

func (o *Operator) copies(h *hosted) []lookup.ZoneCopy {
	out := make([]lookup.ZoneCopy, 0, len(h.copies))
	for _, c := range h.copies {
		out = append(out, o.describe(c))
	}
	return out
}

// serve gives a server the catalog of its copies. The lock is held.
func (o *Operator) serve(s *site) error {
	zones := make([]*auth.Zone, 0, len(s.copies))
	for _, c := range s.copies {
		switch {
		case c.zone == nil:
		case c.expired:
			zones = append(zones, c.zone.Expired())
		default:
			if c.from != c.zone {
				c.served, c.from = c.zone, c.zone
				if o.cfg.Serve != nil {
					c.served = o.cfg.Serve(c.zone)
				}
			}
			zones = append(zones, c.served)
		}
	}
	slices.SortFunc(zones, func(a, b *auth.Zone) int { return cmpText(a.Origin(), b.Origin()) })
	catalog, err := auth.NewCatalog(zones...)
	if err != nil {
		return err
	}
	s.Server.SetCatalog(catalog)
	return nil
}

func cmpText(a, b string) int {
	if a < b {
		return -1
	} else if a > b {
		return 1
	}
	return 0
}

// maxShownRecords is how many records of a zone a state has.
const maxShownRecords = 400

// States lists the managed zones, in order of name.
func (o *Operator) States() []lookup.ZoneState {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []lookup.ZoneState
	for _, h := range o.zones {
		if h.managed {
			out = append(out, o.state(h))
		}
	}
	slices.SortFunc(out, func(a, b lookup.ZoneState) int { return cmpText(string(a.Zone), string(b.Zone)) })
	return out
}

// State is any one zone as it is now.
func (o *Operator) State(zone lookup.Name) (lookup.ZoneState, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return lookup.ZoneState{}, err
	}
	return o.state(h), nil
}

func (o *Operator) state(h *hosted) lookup.ZoneState {
	rrs := h.copies[0].zone.RRs()
	return lookup.ZoneState{Zone: h.name, Timers: h.timers(), Copies: o.copies(h), Journal: len(h.journal), Records: reportedUpTo(rrs, maxShownRecords)}
}

// SetDown switches a server off or on, with all its zones.
func (o *Operator) SetDown(server lookup.Name, down bool) error {
	o.mu.Lock()
	s := o.sites[server]
	o.mu.Unlock()
	if s == nil {
		return ErrUnknownServer
	}
	s.Server.SetDown(down)
	o.hurry()
	o.changed()
	return nil
}

// zone finds a zone. The lock is held.
func (o *Operator) zone(name lookup.Name) (*hosted, error) {
	if h := o.zones[name.Canonical()]; h != nil {
		return h, nil
	}
	return nil, ErrUnknownZone
}
