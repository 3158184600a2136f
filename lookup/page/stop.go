package page

import (
	"crypto/tls"
	"errors"
	"io"
	"syscall"
	"time"

	"rootwalk/lookup"
)

// stopped is an error whose reason is known where it happened.
type stopped struct {
	stop lookup.Stop
	err  error
}

func (s *stopped) Error() string { return s.err.Error() }

func (s *stopped) Unwrap() error { return s.err }

// Stopped says what a failure came from: one of lookup.StopReasons, and the time
// that was given, 0 where it was no matter of time.
func Stopped(reason string, given time.Duration, err error) error {
	return &stopped{lookup.Stop{Reason: reason, Limit: given.Microseconds()}, err}
}

// refusal is the error of a network whose policy lets nothing out.
type refusal interface {
	error
	Refusal() (rule, text string)
	Budget() int
}

// Stop says why a visit of this browser, or what it opened, ended in an error.
func (b *Browser) Stop(err error) lookup.Stop { return b.limits.stop(err) }

func (l Limits) stop(err error) lookup.Stop {
	var known *stopped
	var refused refusal
	var certificate *tls.CertificateVerificationError
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	reason, limit := "other", int64(0)
	switch {
	case err == nil:
		reason = ""
	case errors.As(err, &refused):
		reason = "blocked"
		switch rule, _ := refused.Refusal(); rule {
		case "connects", "bytes":
			reason, limit = rule, int64(refused.Budget())
		case "time":
			reason, limit = rule, int64(refused.Budget())*1000 // of milliseconds
		}
	case errors.As(err, &known):
		return known.stop
	case is(ErrConnects):
		reason, limit = "connects", int64(l.Connects)
	case is(ErrBudget):
		reason, limit = "bytes", l.Raw
	case is(ErrTooLong):
		reason, limit = "tooBig", int64(l.Body)
	case is(ErrBomb):
		reason, limit = "bomb", int64(l.Body)
	case is(ErrHeadSize):
		reason, limit = "headSize", MaxHead
	case is(ErrInterim):
		reason, limit = "interim", maxInterim
	case is(ErrUpgrade):
		reason = "upgrade"
	case is(ErrCoding):
		reason = "coding"
	case is(ErrNoHTTP2):
		reason = "version"
	case is(ErrFlood):
		reason = "flood"
	case is(ErrReset):
		reason = "stream"
	case is(ErrMalformed, ErrProtocol, errBlock):
		reason = "malformed"
	case is(ErrLoop, ErrTooMany, ErrNoLocation, ErrScheme, ErrNoURL, ErrTooBig):
		reason = "redirect"
	case errors.As(err, &certificate):
		reason = "certificate"
	case timedOut(err):
		reason, limit = "time", l.Whole.Microseconds()
	case is(syscall.ECONNREFUSED):
		reason = "refused"
	case is(syscall.EHOSTUNREACH, syscall.ENETUNREACH):
		reason = "unreachable"
	case is(syscall.ETIMEDOUT):
		reason = "silent"
	case is(syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED):
		reason = "reset"
	case is(io.EOF, io.ErrUnexpectedEOF):
		reason = "cut"
	}
	return lookup.Stop{Reason: reason, Limit: limit}
}
