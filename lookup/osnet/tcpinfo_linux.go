package osnet

import (
	"time"

	"golang.org/x/sys/unix"

	"rootwalk/lookup"
)

// tcpStates are Linux's numbers for the states (include/net/tcp_states.h).
var tcpStates = map[uint8]lookup.TCPState{
	1: lookup.TCPEstablished, 2: lookup.TCPSynSent, 3: lookup.TCPSynReceived, 4: lookup.TCPFinWait1, 5: lookup.TCPFinWait2, 6: lookup.TCPTimeWait,
	7: lookup.TCPClosed, 8: lookup.TCPCloseWait, 9: lookup.TCPLastAck, 10: lookup.TCPListen, 11: lookup.TCPClosing, 12: lookup.TCPSynReceived,
}

// tcpInfo asks the kernel about a socket (tcp(7), TCP_INFO).
func tcpInfo(fd uintptr) lookup.SocketSnapshot {
	s := lookup.SocketSnapshot{Unread: -1}
	i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return s
	}
	us := func(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }
	s.Source, s.State = "TCP_INFO", tcpStates[i.State]
	s.RTT, s.RTO = us(i.Rtt), us(i.Rto)
	s.CwndSegments = int(i.Snd_cwnd)
	if i.Snd_ssthresh < 1<<24 { // "infinite" before the first loss
		s.SsthreshSegments = int(i.Snd_ssthresh)
	}
	if n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ); err == nil {
		s.Unread = n
	}
	return s
}
