package vnet

import (
	"errors"
	"io"
	"sync"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// captureLimit bounds one capture file, in octets of frames.
const captureLimit = 64 << 20

// CaptureFile writes the frames of one segment as pcapng. There is one file per
// segment because a packet that crosses five links, in one file, looks to
// Wireshark like four retransmissions. A frame with a fate other than Sent
// carries a comment that says so; what happened behind the switch is a second
// record of the same frame.
type CaptureFile struct {
	stop func()

	mu      sync.Mutex
	w       *pcapgo.NgWriter
	left    int
	skipped int
	err     error
	closed  bool
}

// NewCapture starts writing the segment's frames to w. w is written to while
// frames are sent, so it should be memory or a file. Close ends it; w is not
// closed. After 64 MiB of frames the rest is only counted.
func NewCapture(w io.Writer, s *Segment) (*CaptureFile, error) {
	c, err := newCaptureFile(w, s)
	if err != nil {
		return nil, err
	}
	c.stop = s.Tap(c.write)
	return c, nil
}

// newCaptureFile begins a file that nothing is written to by itself.
func newCaptureFile(w io.Writer, s *Segment) (*CaptureFile, error) {
	ng, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name:                s.Name(),
		LinkType:            layers.LinkTypeEthernet,
		TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "rootwalk lab"}})
	if err != nil {
		return nil, err
	}
	return &CaptureFile{w: ng, left: captureLimit, stop: func() {}}, nil
}

func (c *CaptureFile) write(f Capture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.err != nil {
		return
	}
	if len(f.Frame) > c.left {
		c.left = 0 // a smaller one later would make a gap look like a loss
		c.skipped++
		return
	}
	c.left -= len(f.Frame)
	var o pcapgo.NgPacketOptions
	if f.Fate != Sent {
		comment := f.Fate.String() + " on the way from " + f.Port.Name()
		if f.Way == Rx {
			comment = f.Fate.String() + " on the way to " + f.Port.Name() + " (this frame is recorded above)"
		}
		o.Comments = []string{comment}
	}
	c.err = c.w.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:     f.At.Round(0), // wall clock
		CaptureLength: len(f.Frame),
		Length:        len(f.Frame),
	}, f.Frame, o)
}

// TLSKeys embeds lines of an SSLKEYLOGFILE, so that Wireshark decrypts what
// comes after.
func (c *CaptureFile) TLSKeys(lines []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("capture is closed")
	}
	return c.w.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, lines)
}

// Skipped is how many frames came after the limit.
func (c *CaptureFile) Skipped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skipped
}

// Close ends the capture, writes what is buffered and returns the first error.
func (c *CaptureFile) Close() error {
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.err
	}
	c.closed = true
	if c.err == nil {
		c.err = c.w.Flush()
	}
	return c.err
}
