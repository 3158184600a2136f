package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"rootwalk/lookup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startLab makes a lab without delays that ends with the test.
func startLab(t testing.TB, c Config) *Lab {
	t.Helper()
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// dig asks one server one question, with EDNS over UDP, and returns what came.
func dig(ctx context.Context, from lookup.Network, network string, server netip.Addr, name string, typ uint16) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, err := from.DialContext(ctx, network, netip.AddrPortFrom(server, 53).String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	conn.SetDeadline(deadline)
	q := new(dns.Msg)
	q.Id = 4711
	q.Question = []dns.Question{{Name: name, Qtype: typ, Qclass: dns.ClassINET}}
	if name == "id.server." {
		q.Question[0].Qclass = dns.ClassCHAOS
	}
	if network == "udp" {
		q.SetEdns0(1232, false)
	}
	msg, err := q.Pack()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 65535)
	var n int
	if network == "tcp" {
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...)); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(conn, buf[:2]); err != nil {
			return nil, err
		}
		n = int(binary.BigEndian.Uint16(buf))
		_, err = io.ReadFull(conn, buf[:n])
	} else {
		if _, err := conn.Write(msg); err != nil {
			return nil, err
		}
		n, err = conn.Read(buf)
	}
	if err != nil {
		return nil, err
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		return nil, err
	}
	if m.Id != q.Id || !m.Response || len(m.Question) != 1 || m.Question[0] != q.Question[0] {
		return nil, fmt.Errorf("not a response to this query: %v", m)
	}
	return m, nil
}
