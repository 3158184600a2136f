package lookup

// Decision is a point of a trace at which a learner can say what comes next:
// whom the resolver asks, hit or miss, UDP or TCP, which answer, which TTL. It
// is found in the facts themselves; package lookup/predict finds them. Until
// it has been decided, nothing of it but its Question may leave the server.
type Decision struct {
	Seq   int // the first event held back
	Shown int // the event with which what was asked about has happened; at least Seq
	Prediction

	Right int    // index of the option that came true
	Why   string // key of the sentence that explains it: "predict.why." + Why; its blanks are those of the question
	// Wrong is, by option, the misconception that leads to it: an id such as
	// "M02", whose text is "predict.wrong." + id; "" for the right one.
	Wrong []string
}

// Prediction is what a learner is shown of a decision: a question and what it
// could be. Keys are those of the word files; nothing here says which option
// is right, nor does their order.
type Prediction struct {
	Kind    string            `json:"kind"` // "cache", "next", "after", "transport", "reply", "ttl"
	Key     string            `json:"key"`  // "predict.ask." + Key asks, "predict.saw." + Key asks afterwards
	Params  map[string]string `json:"params"`
	Options []PredictOption   `json:"options"` // 2 to 5
}

// PredictOption is one thing that could come next.
type PredictOption struct {
	Key    string            `json:"key"` // "predict.option." + Key
	Params map[string]string `json:"params,omitempty"`
	Plate  string            `json:"plate,omitempty"` // plate of the drawing that stands for it
}
