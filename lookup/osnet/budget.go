package osnet

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"
)

// Budget is what one run may use of the network, over all it does there: the
// wall behind the bounds of whoever runs. Zero numbers are no bound.
type Budget struct {
	Connects int           // sockets connected, or tried to
	Bytes    int           // octets written and read; a read that begins below it may end above
	Time     time.Duration // after which nothing more is connected, written or read
}

// DefaultBudget is for one lookup of a resolver, which bounds itself to 50
// packets, 100 000 octets received and 8 s: each packet may have a socket of
// its own and be repeated over TCP.
var DefaultBudget = Budget{Connects: 100, Bytes: 256 << 10, Time: 10 * time.Second}

// Spent is what a run has used.
type Spent struct {
	Connects, Bytes int
}

// Run counts what is done under one budget. It is safe for concurrent use.
type Run struct {
	budget   Budget
	until    time.Time
	connects atomic.Int64
	bytes    atomic.Int64
}

// Spent reads the counters.
func (r *Run) Spent() Spent {
	return Spent{Connects: int(r.connects.Load()), Bytes: int(r.bytes.Load())}
}

type runKey struct{}

// Within begins a run: every connection that is dialed with the context it
// returns, and what goes through it, counts against the budget. Past that, a
// dial, a read or a write ends in a [*Refused] of RuleConnects, RuleBytes or
// RuleTime.
func Within(ctx context.Context, b Budget) (context.Context, *Run) {
	r := &Run{budget: b}
	if b.Time > 0 {
		r.until = time.Now().Add(b.Time)
	}
	return context.WithValue(ctx, runKey{}, r), r
}

// runOf is the run of a context, nil for none.
func runOf(ctx context.Context) *Run {
	r, _ := ctx.Value(runKey{}).(*Run)
	return r
}

// connect counts one more connection; the refusal says that it is one too many.
func (r *Run) connect(to netip.AddrPort) *Refused {
	if r == nil {
		return nil
	}
	if out := r.spent(to); out != nil {
		return out
	}
	if n := r.connects.Add(1); r.budget.Connects > 0 && n > int64(r.budget.Connects) {
		r.connects.Add(-1)
		return &Refused{Addr: to, Rule: RuleConnects, Text: strconv.Itoa(r.budget.Connects), Max: r.budget.Connects}
	}
	return nil
}

// spent says whether octets or time have run out.
func (r *Run) spent(to netip.AddrPort) *Refused {
	switch {
	case r == nil:
	case r.budget.Bytes > 0 && r.bytes.Load() >= int64(r.budget.Bytes):
		return &Refused{Addr: to, Rule: RuleBytes, Text: strconv.Itoa(r.budget.Bytes), Max: r.budget.Bytes}
	case !r.until.IsZero() && !time.Now().Before(r.until):
		return &Refused{Addr: to, Rule: RuleTime, Text: r.budget.Time.String(), Max: int(r.budget.Time.Milliseconds())}
	}
	return nil
}

func (r *Run) add(n int) {
	if r != nil {
		r.bytes.Add(int64(n))
	}
}

// budgetText says what has run out.
func (r *Refused) budgetText() (string, bool) {
	switch r.Rule {
	case RuleConnects:
		return fmt.Sprintf("this run has made its %d connections", r.Max), true
	case RuleBytes:
		return fmt.Sprintf("this run has moved its %d octets", r.Max), true
	case RuleTime:
		return fmt.Sprintf("this run has had its %v", time.Duration(r.Max)*time.Millisecond), true
	}
	return "", false
}
