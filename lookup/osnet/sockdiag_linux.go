package osnet

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"rootwalk/lookup"
)

// A closed descriptor cannot be asked any more, but the kernel may keep its
// connection for a while: sock_diag(7) finds it by its four numbers.

// Sizes and offsets of struct inet_diag_req_v2 and struct inet_diag_msg
// (linux/inet_diag.h); both have struct inet_diag_sockid in them.
const (
	diagByFamily  = 20 // SOCK_DIAG_BY_FAMILY
	diagRequest   = 56
	diagAnswer    = 72
	diagSocketAt  = 8 // in the request
	diagStateAt   = 1 // in the answer
	diagReadAt    = 56
	diagAnyCookie = 0xffffffff // INET_DIAG_NOCOOKIE, twice
	netlinkHeader = 16
)

// diagTime bounds the wait for the kernel's answer.
const diagTime = 200 * time.Millisecond

// diag asks the kernel what it has of a TCP connection. A connection that it does
// not know is CLOSED; Source is "" where it cannot be asked.
func diag(local, remote netip.AddrPort) lookup.SocketSnapshot {
	none := lookup.SocketSnapshot{Unread: -1}
	if !local.IsValid() || !remote.IsValid() {
		return none
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return none
	}
	defer unix.Close(fd)
	wait := unix.NsecToTimeval(diagTime.Nanoseconds())
	if unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait) != nil {
		return none
	}
	if unix.Sendto(fd, diagQuestion(local, remote), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return none
	}
	b := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, b, 0)
	if err != nil {
		return none
	}
	return diagState(b[:n])
}

// diagQuestion is a netlink message that asks about one connection.
func diagQuestion(local, remote netip.AddrPort) []byte {
	b := make([]byte, netlinkHeader+diagRequest)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], diagByFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	r := b[netlinkHeader:]
	r[0] = unix.AF_INET6
	if remote.Addr().Is4() {
		r[0] = unix.AF_INET
	}
	r[1] = unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(r[4:], 0xffffffff) // in any state
	id := r[diagSocketAt:]
	binary.BigEndian.PutUint16(id, local.Port())
	binary.BigEndian.PutUint16(id[2:], remote.Port())
	copy(id[4:20], local.Addr().AsSlice())
	copy(id[20:36], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint32(id[40:], diagAnyCookie)
	binary.NativeEndian.PutUint32(id[44:], diagAnyCookie)
	return b
}

// diagState reads the kernel's answer.
func diagState(b []byte) lookup.SocketSnapshot {
	out := lookup.SocketSnapshot{Unread: -1}
	if len(b) < netlinkHeader+4 {
		return out
	}
	body := b[netlinkHeader:]
	switch binary.NativeEndian.Uint16(b[4:]) {
	case unix.NLMSG_ERROR:
		if -int32(binary.NativeEndian.Uint32(body)) == int32(unix.ENOENT) {
			out.Source, out.State = "sock_diag", lookup.TCPClosed
		}
	case diagByFamily:
		if len(body) >= diagAnswer {
			out.Source, out.State = "sock_diag", tcpStates[body[diagStateAt]]
			out.Unread = int(binary.NativeEndian.Uint32(body[diagReadAt:]))
		}
	}
	return out
}
