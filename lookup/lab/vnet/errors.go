package vnet

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// errorOf turns a stack's error into the one that package net would wrap, so
// that errors.Is works as on a real host.
func errorOf(e tcpip.Error) error {
	switch e.(type) {
	case nil:
		return nil
	case *tcpip.ErrConnectionRefused:
		return syscall.ECONNREFUSED
	case *tcpip.ErrConnectionReset:
		return syscall.ECONNRESET
	case *tcpip.ErrConnectionAborted:
		return syscall.ECONNABORTED
	case *tcpip.ErrTimeout:
		return syscall.ETIMEDOUT
	case *tcpip.ErrHostUnreachable, *tcpip.ErrHostDown, *tcpip.ErrNoNet:
		return syscall.EHOSTUNREACH
	case *tcpip.ErrNetworkUnreachable:
		return syscall.ENETUNREACH
	case *tcpip.ErrPortInUse:
		return syscall.EADDRINUSE
	case *tcpip.ErrBadLocalAddress:
		return syscall.EADDRNOTAVAIL
	case *tcpip.ErrNoPortAvailable:
		return syscall.EAGAIN
	case *tcpip.ErrMessageTooLong:
		return syscall.EMSGSIZE
	case *tcpip.ErrDestinationRequired:
		return syscall.EDESTADDRREQ
	case *tcpip.ErrNotConnected:
		return syscall.ENOTCONN
	case *tcpip.ErrBroadcastDisabled, *tcpip.ErrNotPermitted:
		return syscall.EACCES
	case *tcpip.ErrNoBufferSpace:
		return syscall.ENOBUFS
	case *tcpip.ErrUnknownProtocol, *tcpip.ErrAddressFamilyNotSupported:
		return syscall.EAFNOSUPPORT
	case *tcpip.ErrClosedForSend:
		return syscall.EPIPE
	case *tcpip.ErrAborted, *tcpip.ErrInvalidEndpointState:
		return net.ErrClosed // the host was closed under the socket
	}
	return errors.New(e.String())
}

// contextError is a dial cut short by its context. A deadline also
// counts as os.ErrDeadlineExceeded, as lookup.Network promises.
type contextError struct{ cause error }

func (e contextError) Error() string   { return e.cause.Error() }
func (e contextError) Unwrap() error   { return e.cause }
func (e contextError) Timeout() bool   { return e.cause == context.DeadlineExceeded }
func (e contextError) Temporary() bool { return e.Timeout() }
func (e contextError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded && e.Timeout()
}
