package vnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// record is one packet of a capture file.
type record struct {
	frame   []byte
	at      time.Time
	comment string
}

func readCapture(t *testing.T, b []byte) (name string, records []record) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, at, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record{data, at.Timestamp, strings.Join(opts.Comments, "\n")})
	}
	i, err := r.Interface(0)
	if err != nil || r.NInterfaces() != 1 {
		t.Fatalf("%d interfaces, %v", r.NInterfaces(), err)
	}
	return i.Name, records
}

func TestCaptureFile(t *testing.T) {
	w := newWire(t, 1)
	var file bytes.Buffer
	c, err := NewCapture(&file, w.segment)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	w.send(3)
	w.from.SetTx(Impairment{Loss: 1})
	w.send(1)
	w.from.SetTx(Impairment{})
	w.to.SetRx(Impairment{Down: true})
	w.send(1)
	w.to.SetRx(Impairment{})
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w.send(5) // too late
	name, records := readCapture(t, file.Bytes())
	if name != "wire" {
		t.Errorf("interface %q", name)
	}
	var comments []string
	for k, r := range records {
		comments = append(comments, r.comment)
		if r.at.Before(start.Add(-time.Millisecond)) || r.at.After(time.Now().Add(time.Millisecond)) {
			t.Errorf("record %d is of %v", k, r.at)
		}
	}
	want := []string{"", "", "", "lost on the way from from", "", "link down on the way to to (this frame is recorded above)"}
	if fmt.Sprint(comments) != fmt.Sprint(want) {
		t.Errorf("comments %q, want %q", comments, want)
	}
	if !bytes.Equal(records[2].frame, w.frame(2)) {
		t.Error("a recorded frame is another one")
	}
	if err := c.TLSKeys([]byte("x")); err == nil {
		t.Error("keys in a closed capture")
	}
}

func TestCaptureFileIsBounded(t *testing.T) {
	w := newWire(t, 1)
	c, err := NewCapture(io.Discard, w.segment)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.left = 1000
	w.send(20)
	if got := c.Skipped(); got != 20-1000/114 {
		t.Errorf("%d skipped", got)
	}
}

type brokenWriter struct{ left int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestCaptureFileTellsItsError(t *testing.T) {
	w := newWire(t, 1)
	if _, err := NewCapture(&brokenWriter{}, w.segment); err == nil {
		// The writer buffers: then Close must tell.
		c, _ := NewCapture(&brokenWriter{}, w.segment)
		w.send(1)
		if err := c.Close(); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("Close: %v", err)
		}
	}
	c, err := NewCapture(&brokenWriter{left: 5000}, w.segment)
	if err != nil {
		t.Fatal(err)
	}
	w.send(1000)
	if err := c.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Close: %v", err)
	}
}

// TestCapturedFramesStay: gVisor reuses its buffers, a tap's frames must not
// be among them.
func TestCapturedFramesStay(t *testing.T) {
	c := newChain(t, 1, HostOptions{})
	var mu sync.Mutex
	var frames, copies [][]byte
	for _, s := range c.segments {
		s.Tap(func(c Capture) {
			mu.Lock()
			defer mu.Unlock()
			frames = append(frames, c.Frame)
			copies = append(copies, bytes.Clone(c.Frame))
		})
	}
	for _, a := range c.servers() {
		echoUDP(t, c.server, at(a, 53))
		echoTCP(t, c.server, at(a, 53))
		conn, stream := dial(t, c.client, "udp", at(a, 53)), dial(t, c.client, "tcp", at(a, 53))
		for k := range 100 {
			exchange(t, conn, fmt.Sprint("datagram ", k, string(pattern(k*10))))
			exchange(t, stream, fmt.Sprint("stream ", k, string(pattern(k*10))))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for k := range frames {
		if !bytes.Equal(frames[k], copies[k]) {
			t.Fatalf("frame %d of %d changed later", k, len(frames))
		}
	}
	if len(frames) < 800 {
		t.Errorf("%d frames", len(frames))
	}
}

func TestTapStops(t *testing.T) {
	w := newWire(t, 1)
	var a, b int
	stopA := w.segment.Tap(func(Capture) { a++ })
	stopB := w.segment.Tap(func(Capture) { b++ })
	w.send(1)
	stopA()
	stopA()
	w.send(1)
	stopB()
	w.send(1)
	if a != 1 || b != 2 {
		t.Errorf("saw %d and %d frames", a, b)
	}
}

// TestWiresharkAgrees: one file per link, nothing malformed, no wrong checksum.
func TestWiresharkAgrees(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is not installed")
	}
	c := newChain(t, 2, HostOptions{SocketBuffer: 64 << 10})
	c.routers[1].retransTimer = time.Millisecond
	files := make(map[string]*bytes.Buffer)
	var captures []*CaptureFile
	for _, s := range c.segments {
		files[s.Name()] = new(bytes.Buffer)
		f, err := NewCapture(files[s.Name()], s)
		if err != nil {
			t.Fatal(err)
		}
		captures = append(captures, f)
	}
	for i, a := range c.servers() {
		echoUDP(t, c.server, at(a, 7))
		echoTCP(t, c.server, at(a, 7))
		exchange(t, dial(t, c.client, "udp", at(a, 7)), "a datagram")
		exchange(t, dial(t, c.client, "udp", at(a, 7)), string(pattern(4000)))
		conn := dial(t, c.client, "tcp", at(a, 7))
		exchange(t, conn, string(pattern(30000)))
		conn.Close()
		// Every error the routers make.
		c.client.DialContext(within(t), "tcp", at(a, 9))
		c.client.DialContext(within(t), "tcp", at(end(0, 2)[i].Addr(), 9))
		c.client.DialContext(within(t), "tcp", []string{"10.0.2.99:9", "[2001:db8:2::99]:9"}[i])
		c.client.DialContext(within(t), "tcp", []string{"192.0.2.1:9", "[2001:db9::1]:9"}[i])
		closed := dial(t, c.client, "udp", at(a, 9))
		closed.Write([]byte("x"))
		if _, err := closed.Read(make([]byte, 1)); err == nil {
			t.Error("a closed port answered")
		}
		u := dial(t, c.client, "udp", at(a, 7)).(*UDPConn)
		u.SetHopLimit(1)
		u.Write([]byte("x"))
	}
	dir := t.TempDir()
	for k, s := range c.segments {
		if err := captures[k].Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, s.Name()+".pcapng")
		if err := os.WriteFile(file, files[s.Name()].Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		_, records := readCapture(t, files[s.Name()].Bytes())
		kinds := make(map[gopacket.LayerType]int)
		for _, r := range records {
			for _, l := range gopacket.NewPacket(r.frame, layers.LayerTypeEthernet, gopacket.NoCopy).Layers() {
				kinds[l.LayerType()]++
			}
		}
		for _, want := range []gopacket.LayerType{layers.LayerTypeARP, layers.LayerTypeICMPv6NeighborSolicitation, layers.LayerTypeUDP, layers.LayerTypeTCP, layers.LayerTypeICMPv4, layers.LayerTypeICMPv6} {
			if kinds[want] == 0 {
				t.Errorf("%s has no %v", s.Name(), want)
			}
		}
		run := func(filter string) string {
			cmd := exec.CommandContext(within(t), tshark, "-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-Y", filter)
			cmd.Env = append(os.Environ(), "HOME="+dir)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("tshark: %v\n%s", err, errs.String())
			}
			return out.String()
		}
		if n := strings.Count(run("frame"), "\n"); n != len(records) {
			t.Errorf("%s: tshark reads %d of %d frames", s.Name(), n, len(records))
		}
		const wrong = `_ws.malformed || ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || tcp.checksum.status == "Bad" || icmp.checksum.status == "Bad" || icmpv6.checksum.status == "Bad"`
		if bad := run(wrong); bad != "" {
			t.Errorf("%s: tshark complains about\n%s", s.Name(), bad)
		}
	}
}
