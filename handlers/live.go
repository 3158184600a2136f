package handlers

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"nhooyr.io/websocket"

	"rootwalk/handlers/room"
)

// Live connections: one WebSocket per page. This is the only file that knows
// the library, which is frozen upstream; what it leaves out is added here: who
// may connect, text frames only, UTF-8, a rate, a deadline for every write, a
// ping with a time limit, and a bound on how many there are.
//
// Browser to server, each a JSON object with a client-made id; commands.go has
// the whole table:
//
//	{"id":"c1","do":"lookup","name":"www.example.co.kr","type":"A","network":"lab"}
//	{"id":"c2","do":"follow","trace":"t…","after":17}
//	{"id":"c3","do":"unfollow","trace":"t…"}
//	{"id":"c4","do":"release","trace":"t…","decision":"d1"}
//	{"id":"c5","do":"skip","seconds":300}
//	{"id":"c6","do":"rate","rate":60}
//	{"id":"c7","do":"flush","cache":"R1","name":"…","type":"…"}
//
// Server to browser:
//
//	{"id":"c1","trace":"t…"}            a lookup has begun, or a trace is being followed
//	{"id":"c5","ok":true}               the other commands; some add a "result"
//	{"id":"c1","error":{…}}             with a code, a field and an English text
//	{"trace":"t…","events":[…]}         in order, without gaps
//	{"trace":"t…","end":true,"seq":41}
//	{"trace":"t…","held":{"decision":"d1","after":12}}
//	{"room":{…}}                        clock, caches and people, after every change
const (
	writeWait    = 5 * time.Second
	pingEvery    = 25 * time.Second
	pongWait     = 10 * time.Second
	commandRate  = 5  // a second
	commandBurst = 30 // at once
)

// sockets counts and ends live connections.
type sockets struct {
	ctx  context.Context
	stop context.CancelFunc
	max  int

	mu  sync.Mutex
	n   int
	all sync.WaitGroup
}

func newSockets(n int) *sockets {
	ctx, stop := context.WithCancel(context.Background())
	return &sockets{ctx: ctx, stop: stop, max: n}
}

// enter takes a place, which leave gives back.
func (s *sockets) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n >= s.max || s.ctx.Err() != nil {
		return false
	}
	s.n++
	s.all.Add(1)
	return true
}

func (s *sockets) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n--
	s.all.Done()
}

// close ends all connections and waits for them; nobody enters afterwards.
func (s *sockets) close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.all.Wait()
}

// hijacker keeps the connection that the library takes over.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}

// Live upgrades to a WebSocket and serves it until either side ends. The
// server's Shutdown does not know of such connections: Close ends them.
func (h *Handlers) Live(w http.ResponseWriter, r *http.Request) {
	// A page always sends its origin, so a socket without one is not a page
	// of ours (RFC 6455 §10.2).
	if !h.cfg.Origin(r.Header.Get("Origin")) {
		http.Error(w, "a live connection needs an Origin header that names this server", http.StatusForbidden)
		return
	}
	if !h.sockets.enter() {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many live connections, or the server is closing", http.StatusServiceUnavailable)
		return
	}
	defer h.sockets.leave()

	place, err := h.cfg.Rooms.Enter(r.Context(), roomName(r))
	var v *room.Viewer
	if err == nil {
		v, err = place.Join()
	}
	if err != nil {
		p, status := problem(err)
		http.Error(w, h.errorBody(p).Text, status)
		return
	}
	defer v.Leave()
	// Our own check was stricter than the library's, which ignores schemes.
	taken := &hijacker{ResponseWriter: w}
	conn, err := websocket.Accept(taken, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow() // Close would wait for a silent peer
	// And where Close is right, it waits seconds for the other side to agree,
	// whatever its context: the end of the server cuts the wire below it.
	defer context.AfterFunc(h.sockets.ctx, func() { _ = taken.conn.Close() })()
	conn.SetReadLimit(maxCommand)

	ctx, cancel := context.WithCancel(h.sockets.ctx)
	defer cancel()
	var pumps sync.WaitGroup
	pumps.Go(func() { defer cancel(); write(ctx, conn, v) })
	pumps.Go(func() { defer cancel(); ping(ctx, conn) })
	h.read(ctx, conn, place, v)
	cancel()
	conn.CloseNow()
	pumps.Wait()
}

// write sends what the viewer is due. A write that makes no progress within
// writeWait ends the connection; the page resumes where it was.
func write(ctx context.Context, conn *websocket.Conn, v *room.Viewer) {
	for {
		out, err := v.Next(ctx)
		if err != nil {
			if errors.Is(err, room.ErrGone) {
				_ = conn.Close(websocket.StatusGoingAway, "the room has closed")
			}
			return
		}
		for _, b := range out {
			wctx, done := context.WithTimeout(ctx, writeWait)
			err := conn.Write(wctx, websocket.MessageText, b)
			done()
			if err != nil {
				return
			}
		}
	}
}

// ping ends a connection whose other side has silently gone.
func ping(ctx context.Context, conn *websocket.Conn) {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			pctx, done := context.WithTimeout(ctx, pongWait)
			err := conn.Ping(pctx)
			done()
			if err != nil {
				return
			}
		}
	}
}

// read takes commands until the connection ends.
func (h *Handlers) read(ctx context.Context, conn *websocket.Conn, place *room.Room, v *room.Viewer) {
	limit := rate.NewLimiter(commandRate, commandBurst)
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			_ = conn.Close(websocket.StatusUnsupportedData, "text frames only")
			return
		}
		if !limit.Allow() {
			_ = conn.Close(websocket.StatusPolicyViolation, "too many commands")
			return
		}
		c, err := decodeCommand(data)
		if !v.Reply(h.carryOut(call{command: c, raw: data, place: place, viewer: v, ctx: ctx}, err)) {
			_ = conn.Close(websocket.StatusPolicyViolation, "replies are not being read")
			return
		}
	}
}
