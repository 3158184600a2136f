package room

import (
	"encoding/json"
	"strconv"

	"rootwalk/lookup"
)

// eventsFrame is {"trace":…,"events":[…]}. An event that cannot be encoded
// would be a fault of this program; it is left out and readers see the gap.
func eventsFrame(trace string, events []lookup.Event) []byte {
	b := make([]byte, 0, 512*len(events))
	b = append(b, `{"trace":`...)
	b = strconv.AppendQuote(b, trace)
	b = append(b, `,"events":[`...)
	first := true
	for _, e := range events {
		mark := len(b)
		if !first {
			b = append(b, ',')
		}
		next, err := e.AppendJSON(b)
		if err != nil {
			b = b[:mark]
			continue
		}
		b, first = next, false
	}
	return append(b, "]}"...)
}

func endFrame(trace string, seq int) []byte {
	b := append([]byte(`{"trace":`), strconv.Quote(trace)...)
	b = append(b, `,"end":true,"seq":`...)
	b = strconv.AppendInt(b, int64(seq), 10)
	return append(b, '}')
}

// heldFrame says that the events after one are held back, and what is asked.
func heldFrame(trace, decision string, after int, ask lookup.Prediction) []byte {
	b := append([]byte(`{"trace":`), strconv.Quote(trace)...)
	b = append(b, `,"held":{"decision":`...)
	b = strconv.AppendQuote(b, decision)
	b = append(b, `,"after":`...)
	b = strconv.AppendInt(b, int64(after), 10)
	if question, err := json.Marshal(ask); err == nil {
		b = append(append(b, `,"predict":`...), question...)
	}
	return append(b, "}}"...)
}

// State is what a room tells its viewers about itself.
type State struct {
	Name    string                 `json:"name"`
	Network string                 `json:"network"`
	Viewers int                    `json:"viewers"`
	Clock   lookup.ClockReading    `json:"clock"`
	Caches  []lookup.CacheSnapshot `json:"caches"`
	Layers  *LayerState            `json:"layers,omitempty"`  // nil where they cannot be arranged
	Latest  string                 `json:"latest"`            // id of the newest lookup, "" for none
	Outside []OutsideQuery         `json:"outside,omitempty"` // newest first
	Reach   *Reach                 `json:"reach,omitempty"`   // the real internet, where it is offered
	Zones   ZonesNow               `json:"zones"`
}

func stateFrame(s State) []byte {
	b, err := json.Marshal(struct {
		Room State `json:"room"`
	}{s})
	if err != nil {
		return []byte(`{"room":{}}`)
	}
	return b
}
