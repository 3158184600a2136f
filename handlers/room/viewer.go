package room

import (
	"context"
	"errors"
	"math"
	"sync"
)

// Bounds of one viewer.
const (
	maxFollowed = 8  // traces at once; the oldest is let go
	maxReplies  = 64 // replies not yet read
)

// ErrGone says that a viewer's room has closed, or that the viewer has left.
var ErrGone = errors.New("the room has closed")

// Viewer is one page that is connected to a room. Next is for one goroutine;
// everything else may be called from any.
type Viewer struct {
	room *Room
	ping chan struct{} // something may be there to send

	mu       sync.Mutex
	replies  [][]byte
	followed []*follow
	stateNo  uint64 // version of the room's state that was sent
	gone     bool
}

type follow struct {
	rec *Recording
	cur cursor
}

func (v *Viewer) wake() {
	select {
	case v.ping <- struct{}{}:
	default:
	}
}

// Reply queues an answer to a command. It reports false where the viewer has
// let too many pile up: it should be cut off.
func (v *Viewer) Reply(b []byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.replies) >= maxReplies {
		return false
	}
	v.replies = append(v.replies, b)
	v.wake()
	return true
}

// Follow sends the events of a recording with seq > after, and then those to
// come. Following again moves the cursor.
func (v *Viewer) Follow(rec *Recording, after int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone {
		return
	}
	v.unfollowLocked(rec.ID())
	if len(v.followed) >= maxFollowed {
		v.unfollowLocked(v.followed[0].rec.ID())
	}
	v.followed = append(v.followed, &follow{rec: rec, cur: cursor{next: min(max(after, -1), math.MaxInt-1) + 1}})
	rec.watch(v)
	v.wake()
}

// Unfollow stops sending the events of a trace.
func (v *Viewer) Unfollow(trace string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unfollowLocked(trace)
}

func (v *Viewer) unfollowLocked(trace string) {
	for i, f := range v.followed {
		if f.rec.ID() == trace {
			f.rec.unwatch(v)
			v.followed = append(v.followed[:i], v.followed[i+1:]...)
			return
		}
	}
}

// Next waits until there is something to send and returns it, replies first.
// The slices are shared between viewers and must not be changed.
func (v *Viewer) Next(ctx context.Context) ([][]byte, error) {
	for {
		if out, err := v.take(); err != nil || len(out) > 0 {
			return out, err
		}
		select {
		case <-v.ping:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (v *Viewer) take() ([][]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone {
		return nil, ErrGone
	}
	out := v.replies
	v.replies = nil
	if state, no := v.room.state(); no != v.stateNo {
		v.stateNo = no
		out = append(out, state)
	}
	for i := 0; i < len(v.followed); i++ {
		f := v.followed[i]
		out = f.rec.read(&f.cur, out)
		if f.cur.ended {
			f.rec.unwatch(v)
			v.followed = append(v.followed[:i], v.followed[i+1:]...)
			i--
		}
	}
	return out, nil
}

// Leave ends the viewer's stay; Next returns ErrGone from then on.
func (v *Viewer) Leave() {
	v.mu.Lock()
	gone := v.gone
	v.gone = true
	for _, f := range v.followed {
		f.rec.unwatch(v)
	}
	v.followed, v.replies = nil, nil
	v.wake()
	v.mu.Unlock()
	if !gone {
		v.room.left(v)
	}
}
