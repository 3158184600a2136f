package lookup

import "net/netip"

// Facts of connecting to a host that has several addresses (RFC 8305 §5).

// AttemptStarted says that a device tries one more address.
type AttemptStarted struct {
	Nth  int            `json:"nth"`
	Of   int            `json:"of"` // addresses there are
	Addr netip.AddrPort `json:"addr"`
	Why  string         `json:"why"` // "first", "delay" (the ones before had not answered in time), "failed" (the one before failed), "hint" (of an HTTPS record, while addresses are asked for), "found" (they have come, and no hint answered)
}

// AttemptFinished says what came of it.
type AttemptFinished struct {
	Nth       int            `json:"nth"`
	Addr      netip.AddrPort `json:"addr"`
	Outcome   string         `json:"outcome"` // "won", "failed", "abandoned" (another was faster)
	Errno     string         `json:"errno"`   // of "failed"
	ElapsedUs int64          `json:"elapsedUs"`
}

func (AttemptStarted) fact()  {}
func (AttemptFinished) fact() {}

func (AttemptStarted) drawnByServer()  {}
func (AttemptFinished) drawnByServer() {}

func (f AttemptStarted) Line() Line {
	return line("attempt.started."+f.Why, "nth", num(f.Nth), "of", num(f.Of), "addr", place(f.Addr))
}

func (f AttemptFinished) Line() Line {
	return line("attempt.finished."+f.Outcome, "nth", num(f.Nth), "addr", place(f.Addr), "errno", dash(shown(f.Errno)), "elapsed", num(f.ElapsedUs))
}

// attemptKeys lists the keys of these sentences.
func attemptKeys() []string {
	return []string{"attempt.started.first", "attempt.started.delay", "attempt.started.failed", "attempt.started.hint", "attempt.started.found", "attempt.finished.won", "attempt.finished.failed", "attempt.finished.abandoned"}
}
