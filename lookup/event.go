package lookup

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// StepID numbers the nodes of a trace's tree of steps: 1 is the question
// itself, others are side walks and restarts at a canonical name. 0 is none.
type StepID int

// Event is a fact with its place: when, and in which step of the run.
type Event struct {
	Seq    int           // 0, 1, 2, … without gaps
	At     time.Duration // since the trace began, monotonic
	Step   StepID
	Parent StepID
	Fact   Fact
}

// AppendJSON appends the event in its wire form. Facts that carry a message
// get its spans as well.
func (e Event) AppendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, int64(e.Seq), 10)
	b = append(b, `,"atUs":`...)
	b = strconv.AppendInt(b, e.At.Microseconds(), 10)
	b = append(b, `,"step":`...)
	b = strconv.AppendInt(b, int64(e.Step), 10)
	b = append(b, `,"parent":`...)
	b = strconv.AppendInt(b, int64(e.Parent), 10)
	b = append(b, `,"kind":"`...)
	b = append(b, Kind(e.Fact)...)
	b = append(b, `","fact":`...)
	fact, err := marshalFact(e.Fact)
	if err != nil {
		return b, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if m, ok := e.Fact.(messenger); ok && len(m.wire()) > 0 {
		spans, err := json.Marshal(Anatomy(m.wire()))
		if err != nil {
			return b, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		b = append(b, fact[:len(fact)-1]...)
		b = append(b, `,"spans":`...)
		b = append(b, spans...)
		b = append(b, '}')
	} else {
		b = append(b, fact...)
	}
	return append(b, '}'), nil
}

// MarshalJSON is AppendJSON for encoding/json.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil) }

// UnmarshalJSON reads the wire form. Spans are not read: they are derived.
func (e *Event) UnmarshalJSON(data []byte) error {
	var w struct {
		Seq    int             `json:"seq"`
		AtUs   int64           `json:"atUs"`
		Step   StepID          `json:"step"`
		Parent StepID          `json:"parent"`
		Kind   string          `json:"kind"`
		Fact   json.RawMessage `json:"fact"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	f, err := decodeFact(w.Kind, w.Fact)
	if err != nil {
		return fmt.Errorf("event %d: %w", w.Seq, err)
	}
	*e = Event{Seq: w.Seq, At: time.Duration(w.AtUs) * time.Microsecond, Step: w.Step, Parent: w.Parent, Fact: f}
	return nil
}

// wireOf is the message an event carries, nil for none.
func wireOf(f Fact) Message {
	if m, ok := f.(messenger); ok {
		return m.wire()
	}
	return nil
}

// bearer is a fact that carries other bytes than a message.
type bearer interface{ octets() int }

// carried is how many bytes a fact holds, for the bounds of a trace.
func carried(f Fact) int {
	if b, ok := f.(bearer); ok {
		return b.octets()
	}
	return len(wireOf(f))
}

// WireMessage is the DNS message that a fact carries, or nil.
func WireMessage(f Fact) Message { return wireOf(f) }
