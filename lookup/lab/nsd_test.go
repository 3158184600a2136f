package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nsd is a real authoritative server, NSD by NLnet Labs, with some of our zone
// files.
type nsd struct {
	addr string
	udp  net.Conn
	tcp  net.Conn
}

const (
	testIdentity = "a-server-of-the-lab"
	testVersion  = "a version"
)

// findNSD skips the test where NSD is not installed, unless CI demands it.
func findNSD(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"nsd", "/usr/sbin/nsd", "/usr/local/sbin/nsd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("ROOTWALK_CI") == "1" {
		t.Fatal("nsd is not installed, and ROOTWALK_CI=1 demands it")
	}
	t.Skip("nsd is not installed: nothing to compare with")
	return ""
}

// startNSD runs NSD in the foreground on a free loopback port with the given
// zones until the test ends.
//
// It answers with all the courtesy records it has (minimal-responses: no), ANY
// with one RRset (its way of RFC 8482), and without the response rate limit that
// a test would run into.
func startNSD(t *testing.T, program string, zoneTexts map[string]string) *nsd {
	t.Helper()
	dir := t.TempDir()
	addr := freePort(t)
	host, port, _ := strings.Cut(addr, ":")
	var conf strings.Builder
	fmt.Fprintf(&conf, `server:
	server-count: 1
	ip-address: %s@%s
	username: ""
	zonesdir: %q
	database: ""
	pidfile: ""
	xfrdir: %q
	xfrdfile: %q
	zonelistfile: %q
	logfile: %q
	identity: %q
	version: %q
	minimal-responses: no
	refuse-any: no
	round-robin: no
	rrl-ratelimit: 0
remote-control:
	control-enable: no
`, host, port, dir, dir, dir+"/xfrd.state", dir+"/zone.list", dir+"/log", testIdentity, testVersion)
	for name, text := range zoneTexts {
		file := filepath.Join(dir, strings.ReplaceAll(name, ".", "_")+"file")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&conf, "zone:\n\tname: %q\n\tzonefile: %q\n", name, file)
	}
	confFile := filepath.Join(dir, "nsd.conf")
	if err := os.WriteFile(confFile, []byte(conf.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-d", "-c", confFile)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	s := &nsd{addr: addr}
	t.Cleanup(func() {
		for _, c := range []net.Conn{s.udp, s.tcp} {
			if c != nil {
				c.Close()
			}
		}
		cmd.Process.Signal(os.Interrupt) // NSD ends its children, then itself
		select {
		case <-exited:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-exited
		}
	})

	// Up when it accepts a connection.
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			s.tcp = conn
			break
		}
		select {
		case err := <-exited:
			exited <- err
			log, _ := os.ReadFile(dir + "/log")
			t.Fatalf("nsd ended: %v\n%s%s", err, output.String(), log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("nsd does not listen")
		}
	}
	var err error
	if s.udp, err = net.Dial("udp", addr); err != nil {
		t.Fatal(err)
	}
	return s
}

// freePort finds a loopback port that is free for UDP and TCP.
func freePort(t *testing.T) string {
	t.Helper()
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		pc, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", ln.Addr().String())
		ln.Close()
		if err == nil {
			pc.Close()
			return ln.Addr().String()
		}
	}
	t.Fatal("no port is free for both UDP and TCP")
	return ""
}

// ask sends one message and returns the response; nil where NSD stays silent,
// which takes a moment to find out.
func (s *nsd) ask(t *testing.T, msg []byte, stream, silent bool) []byte {
	t.Helper()
	if stream {
		return s.askStream(t, msg)
	}
	patience, tries := 2*time.Second, 3
	if silent {
		patience, tries = 200*time.Millisecond, 1
	}
	buf := make([]byte, 65535)
	for range tries {
		if _, err := s.udp.Write(msg); err != nil {
			t.Fatal(err)
		}
		s.udp.SetReadDeadline(time.Now().Add(patience))
		for {
			n, err := s.udp.Read(buf)
			if err != nil {
				break
			}
			if n >= 2 && string(buf[:2]) == string(msg[:2]) { // else late, for an earlier try
				return buf[:n]
			}
		}
	}
	if !silent {
		t.Fatalf("nsd does not answer % x", msg)
	}
	return nil
}

func (s *nsd) askStream(t *testing.T, msg []byte) []byte {
	t.Helper()
	for try := range 2 { // NSD closes a connection after a number of queries
		if s.tcp == nil {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			s.tcp = conn
		}
		s.tcp.SetDeadline(time.Now().Add(5 * time.Second))
		_, err := s.tcp.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
		var size [2]byte
		if err == nil {
			_, err = io.ReadFull(s.tcp, size[:])
		}
		if err == nil {
			response := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err = io.ReadFull(s.tcp, response); err == nil {
				return response
			}
		}
		s.tcp.Close()
		s.tcp = nil
		if try == 1 {
			t.Fatalf("nsd over TCP: %v", err)
		}
	}
	return nil
}
