package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"rootwalk/lookup"
)

// Bounds of a bench.
const (
	MaxBenchSockets = 12       // of one program
	MaxBenchSize    = 64 << 10 // octets of one read or write
	maxBenchActs    = 200
)

// Act is one thing that a program on a bench does, or that happens to the
// network between the programs.
type Act struct {
	Side   lookup.Side
	Call   string // a call; "recv", which is a read that waits for nothing; "readfull" for reads until Size octets have been read in all, or "skip" and "drop"
	Socket string // "c1", "s1", "a1": its name on the bench, which the bench gives at socket(); or "fd 6"
	Kind   string // of socket: "tcp4" or "udp4"
	Addr   netip.AddrPort
	Text   string // to write
	Size   int    // to read or write, or the backlog; of skip: seconds
	Rule   string // of drop: what gets lost from now on

	// Blocks says that nobody waits for this call's return: the next act of the
	// other side may be what ends it.
	Blocks bool
	// Together says that the next act follows at once, before packets of this
	// one have arrived.
	Together bool
}

// World is what happens to the network of a bench.
type World struct {
	// Skip lets the timers of both stacks run so much further.
	Skip func(d time.Duration)
	// Interfere has each packet take delay longer each way from now on, and has
	// the client's get lost for which drop is true; nil for none.
	Interfere func(delay time.Duration, drop func(frame []byte) bool)
	Delay     time.Duration // that packets take longer
}

// lose loses packets by a rule from now on; "" for none. It is false for a rule
// that there is not.
func (w World) lose(rule string) bool {
	if rule == "" {
		w.Interfere(w.Delay, nil)
		return true
	}
	drop := dropper(rule)
	if drop != nil {
		w.Interfere(w.Delay, drop)
	}
	return drop != nil
}

// Errors of a bench.
var (
	ErrNoAct  = errors.New("there is no such thing to do")
	ErrBusy   = errors.New("this program waits in a call")
	ErrWorn   = errors.New("this bench has been used enough")
	ErrSocket = errors.New("there is no such socket")
)

// Bench is two programs on two hosts that make calls one after the other, as a
// script or a learner says. Do may be called by one goroutine at a time.
type Bench struct {
	rec    *Recorder
	world  World
	seats  map[lookup.Side]*seat
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	acts   int
}

// seat is where one program sits.
type seat struct {
	program *Program
	network lookup.Sockets
	prefix  string // of names of sockets

	mu      sync.Mutex
	sockets map[string]*Socket
	made    map[string]int
	pending chan struct{} // closed when the call under way has returned; nil for none
}

// NewBench seats two programs. Close ends what they do.
func NewBench(ctx context.Context, rec *Recorder, world World, client, server lookup.Sockets, clientHost, serverHost string) *Bench {
	b := &Bench{rec: rec, world: world, seats: map[lookup.Side]*seat{
		lookup.SideClient: {program: rec.Program(lookup.SideClient, clientHost, NewTable()), network: client, prefix: "c"},
		lookup.SideServer: {program: rec.Program(lookup.SideServer, serverHost, NewTable()), network: server, prefix: "s"},
	}}
	for _, s := range b.seats {
		s.sockets, s.made = map[string]*Socket{}, map[string]int{}
	}
	b.seats[lookup.SideClient].program.Open("file", "/etc/hosts")
	b.seats[lookup.SideClient].program.Open("pipe", "read")
	b.seats[lookup.SideClient].program.Open("pipe", "write")
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Play does the acts of a script in order. Before an act it waits until the same
// side's call before has returned.
func (b *Bench) Play(script []Act) error {
	for _, a := range script {
		if s := b.seats[a.Side]; s != nil {
			if p := s.waiting(); p != nil {
				select {
				case <-p:
				case <-b.ctx.Done():
					return b.ctx.Err()
				}
			}
		}
		if err := b.Do(a, 0); err != nil {
			return fmt.Errorf("%s %s %s: %w", a.Side, a.Call, a.Socket, err)
		}
	}
	for _, s := range b.seats {
		if p := s.waiting(); p != nil {
			select {
			case <-p:
			case <-b.ctx.Done():
				return b.ctx.Err()
			}
		}
	}
	b.rec.agree()
	return nil
}

func (s *seat) waiting() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

// Do does one act and waits until its call has returned and its packets have
// arrived and are read; with patience, no longer than that for the return. What a call
// fails with is a fact and no error here.
func (b *Bench) Do(a Act, patience time.Duration) error {
	if b.acts++; b.acts > maxBenchActs {
		return ErrWorn
	}
	switch a.Call {
	case "skip":
		if a.Size <= 0 || a.Size > 3600 {
			return ErrNoAct
		}
		b.rec.agree()
		b.world.Skip(time.Duration(a.Size) * time.Second)
		b.rec.settle()
		return nil
	case "drop":
		if !b.world.lose(a.Rule) {
			return ErrNoAct
		}
		return nil
	}
	s := b.seats[a.Side]
	if s == nil || a.Size < 0 || a.Size > MaxBenchSize || len(a.Text) > MaxBenchSize {
		return ErrNoAct
	}
	if p := s.waiting(); p != nil && !closed(p) {
		return ErrBusy
	}
	run, err := s.plan(b.ctx, a)
	if err != nil {
		return err
	}
	done, entered := make(chan struct{}), make(chan struct{}, 1)
	s.mu.Lock()
	s.pending = done
	s.mu.Unlock()
	s.program.entered.Store(&entered)
	b.work.Go(func() {
		defer close(done)
		run()
	})
	if a.Blocks {
		select {
		case <-entered:
		case <-done:
		}
		if !a.Together {
			b.rec.settle()
		}
		return nil
	}
	late := make(<-chan time.Time)
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-done:
	case <-late:
	case <-b.ctx.Done():
	}
	if !a.Together {
		b.rec.agree()
	}
	return nil
}

// plan finds out what an act does.
func (s *seat) plan(ctx context.Context, a Act) (func(), error) {
	if a.Call == "socket" {
		if a.Kind != "tcp4" && a.Kind != "udp4" {
			return nil, ErrNoAct
		}
		name, err := s.name(s.prefix)
		if err != nil {
			return nil, err
		}
		return func() {
			if n, err := s.program.Socket(s.network, a.Kind); err == nil {
				s.keep(name, n)
			}
		}, nil
	}
	sock, key := s.find(a.Socket)
	if sock == nil {
		return nil, ErrSocket
	}
	data := []byte(a.Text)
	if a.Call == "write" && len(data) == 0 {
		data = pattern(a.Size)
	}
	size := a.Size
	if size == 0 {
		size = 1024
	}
	switch a.Call {
	case "bind":
		return func() { _ = sock.Bind(a.Addr) }, nil
	case "listen":
		return func() { _ = sock.Listen(a.Size) }, nil
	case "accept":
		name, err := s.name("a")
		if err != nil {
			return nil, err
		}
		return func() {
			if n, err := sock.Accept(ctx); err == nil {
				s.keep(name, n)
			}
		}, nil
	case "connect":
		return func() { _ = sock.Connect(ctx, a.Addr) }, nil
	case "write":
		return func() { _, _ = sock.Write(data) }, nil
	case "read":
		return func() { _, _ = sock.Read(make([]byte, size)) }, nil
	case "recv":
		return func() { _, _ = sock.ReadNow(make([]byte, size)) }, nil
	case "readfull":
		return func() {
			for left := int64(size) - sock.total.Load(); left > 0; left = int64(size) - sock.total.Load() {
				if _, err := sock.Read(make([]byte, min(left, 16<<10))); err != nil {
					return
				}
			}
		}, nil
	case "shutdown":
		return func() { _ = sock.CloseWrite() }, nil
	case "close", "abort":
		return func() {
			s.mu.Lock()
			delete(s.sockets, key)
			s.mu.Unlock()
			if a.Call == "abort" {
				_ = sock.Abort()
				return
			}
			_ = sock.Close()
		}, nil
	}
	return nil, ErrNoAct
}

// find finds a socket by its name, or by its descriptor: "fd 6".
func (s *seat) find(text string) (*Socket, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.sockets[text]; n != nil {
		return n, text
	}
	for key, n := range s.sockets {
		if text == "fd "+strconv.Itoa(n.descriptor.FD) {
			return n, key
		}
	}
	return nil, ""
}

// name is the next name for a socket.
func (s *seat) name(prefix string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sockets) >= MaxBenchSockets {
		return "", ErrWorn
	}
	return prefix + strconv.Itoa(s.made[prefix]+1), nil
}

func (s *seat) keep(name string, n *Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[name[:1]]++
	s.sockets[name] = n
}

// pattern is text to send where only its length matters.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz\n"[i%27]
	}
	return b
}

// Close ends the programs: their sockets are closed, as at their exit. It waits
// for calls under way.
func (b *Bench) Close() {
	b.cancel()
	for _, s := range b.seats {
		s.mu.Lock()
		all := make([]*Socket, 0, len(s.sockets))
		for _, n := range s.sockets {
			all = append(all, n)
		}
		s.mu.Unlock()
		for _, n := range all {
			_ = n.raw.Close() // no call of the program: the kernel does it
		}
	}
	b.work.Wait()
}

// agree waits until everything has arrived and the stacks have read it, for a
// while at the most: a timer that an unread segment would have stopped must not
// run out.
func (r *Recorder) agree() {
	r.mu.Lock()
	watches := r.watches
	r.mu.Unlock()
	for _, w := range watches {
		w.agree(settle)
	}
}

// settle waits until nothing new is reported for a moment, for a while at the
// most: what a timer began is then over.
func (r *Recorder) settle() {
	const quiet = 15 * time.Millisecond
	n, since := -1, time.Now()
	for until := since.Add(settle); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if k := len(r.step.Events()); k != n {
			n, since = k, time.Now()
		}
		if time.Since(since) > quiet {
			break
		}
	}
	r.agree()
}
