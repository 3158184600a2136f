package osnet

import (
	"errors"
	"syscall"
)

// winsock gives Windows' errors of sockets the names that they have elsewhere:
// package syscall has both, but does not hold them for the same.
var winsock = map[syscall.Errno]syscall.Errno{
	10013: syscall.EACCES,
	10047: syscall.EAFNOSUPPORT,
	10048: syscall.EADDRINUSE,
	10049: syscall.EADDRNOTAVAIL,
	10051: syscall.ENETUNREACH,
	10053: syscall.ECONNABORTED,
	10054: syscall.ECONNRESET,
	10060: syscall.ETIMEDOUT,
	10061: syscall.ECONNREFUSED,
	10065: syscall.EHOSTUNREACH,
}

// named is an error that also answers to its name elsewhere.
type named struct {
	error
	name syscall.Errno
}

func (e named) Unwrap() []error { return []error{e.error, e.name} }

// translate makes errors answer errors.Is as lookup.Network promises.
func translate(err error) error {
	var errno syscall.Errno
	if err != nil && errors.As(err, &errno) {
		if name, ok := winsock[errno]; ok {
			return named{err, name}
		}
	}
	return err
}
