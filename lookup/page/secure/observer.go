package secure

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"strings"
	"sync"

	"rootwalk/lookup"
)

// Bounds of what is kept of one connection.
const (
	maxRecord     = 5 + 1<<14 + 256 // RFC 9846 §5.2; TLS 1.2 allows more, and nobody uses it
	maxWaiting    = 1 << 20         // octets that came before their keys
	maxMessage    = 1 << 17         // of one handshake message
	maxTranscript = 1 << 19
	maxTold       = 120  // records that are told one by one
	maxMessages   = 60   // handshake messages that are told
	keptOctets    = 4096 // of a record, of its content, of a message
	maxChain      = 10
)

// direction is one half of a connection.
type direction struct {
	from    lookup.Side
	waiting []byte // octets of which no whole record could be read yet
	keys    *keys  // nil in the plain epoch
	epoch   string
	next    *keys  // that ChangeCipherSpec of TLS 1.2 puts in force
	message []byte // handshake octets of which no whole message is there yet
	parts   []int  // seq of the records that brought them
	lost    bool   // nothing more can be read of it
	secret  []byte // traffic secret in force, of TLS 1.3
	update  int    // generation of the application traffic secret
}

// observer reads both directions of a connection and reports what crossed. All
// methods may be called by several goroutines.
type observer struct {
	step   lookup.Step
	verify func(chain [][]byte) // is told the chain once it crossed

	mu         sync.Mutex
	client     direction
	server     direction
	secrets    map[string][]byte // of the key log, by label
	told       int
	messages   int
	version    uint16
	suite      suite
	known      bool // version and suite are
	modern     bool
	hello      hello // of the client
	answer     hello // of the server
	transcript []byte
	lastType   string // of the transcript
	derived    map[string]bool
	chain      [][]byte
	alert      lookup.AlertExchanged
	turns      int // times that the client had to wait for the server
	lastFrom   lookup.Side
	finished   int    // Finished messages that crossed
	former     []byte // master secret of the connection that a ticket is from, of TLS 1.2
	scheduled  bool
}

func newObserver(step lookup.Step) *observer {
	return &observer{
		step: step, secrets: map[string][]byte{}, derived: map[string]bool{},
		client: direction{from: lookup.SideClient, epoch: "plain"}, server: direction{from: lookup.SideServer, epoch: "plain"},
	}
}

// carried takes octets that crossed.
func (o *observer) carried(from lookup.Side, b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := &o.client
	if from == lookup.SideServer {
		d = &o.server
	}
	if d.lost {
		return
	}
	if len(d.waiting)+len(b) > maxWaiting {
		d.lost, d.waiting = true, nil
		return
	}
	d.waiting = append(d.waiting, b...)
	o.pump()
}

// Write takes a line of the key log (the format of SSLKEYLOGFILE): it is the
// writer that the TLS library writes to.
func (o *observer) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f := strings.Fields(string(line)); len(f) == 3 && len(o.secrets) < 16 {
		if secret, err := hex.DecodeString(f[2]); err == nil {
			o.secrets[f[0]] = secret
		}
	}
	o.pump()
	return len(line), nil
}

// pump reads as many records as can be read.
func (o *observer) pump() {
	for o.record(&o.client) || o.record(&o.server) {
	}
}

// record reads the next record of a direction; false if there is none, or its
// keys are not there yet.
func (o *observer) record(d *direction) bool {
	if d.lost || len(d.waiting) < 5 {
		return false
	}
	header := d.waiting[:5:5]
	n := int(u16(header[3:]))
	if contentTypes[header[0]] == "" || header[1] != 3 || 5+n > maxRecord {
		d.lost, d.waiting = true, nil // this is not TLS, whatever it is
		return false
	}
	if len(d.waiting) < 5+n {
		return false
	}
	if !o.ready(d, header[0]) {
		return false
	}
	whole := d.waiting[: 5+n : 5+n]
	d.waiting = d.waiting[5+n:]
	o.take(d, whole)
	return true
}

// ready sees to it that the keys for the next record are in force; false while
// they are not known.
func (o *observer) ready(d *direction, kind uint8) bool {
	if !o.known {
		return kind != typeApplicationData
	}
	if !o.modern {
		if kind == typeChangeCipherSpec {
			return o.blocks()
		}
		return true
	}
	if d.keys == nil && kind == typeApplicationData {
		label := map[lookup.Side]string{lookup.SideClient: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", lookup.SideServer: "SERVER_HANDSHAKE_TRAFFIC_SECRET"}[d.from]
		if o.secrets[label] == nil {
			return false
		}
		o.handshakeKeys()
	}
	if d.epoch == "finished" {
		label := map[lookup.Side]string{lookup.SideClient: "CLIENT_TRAFFIC_SECRET_0", lookup.SideServer: "SERVER_TRAFFIC_SECRET_0"}[d.from]
		if o.secrets[label] == nil {
			return false
		}
		o.applicationKeys(d, label)
	}
	return true
}

// take reports a record and what is in it.
func (o *observer) take(d *direction, whole []byte) {
	header, fragment := whole[:5:5], whole[5:]
	f := lookup.FragmentExchanged{
		From: d.from, Epoch: d.epoch, Number: -1, Type: contentType(header[0]), Inner: contentType(header[0]), Length: len(fragment), Record: kept(whole),
		Nonce: lookup.Octets{}, AAD: lookup.Octets{},
	}
	kind, content := header[0], fragment
	if d.keys != nil && (kind == typeApplicationData || !o.modern) {
		open, ok := d.keys.open(header, fragment)
		f.Number, f.Opened, f.Tag, f.Nonce, f.AAD, f.Padding, f.Secret = int64(open.number), ok, open.tag, open.nonce, open.aad, open.padding, d.keys.secret
		kind, content = open.kind, open.content
		f.Inner = contentType(kind)
		if !ok {
			f.Inner, content = "", nil
		}
	}
	f.Plain, f.Size = kept(content), len(content)
	seq := -1
	if o.told < maxTold {
		seq = o.step.Report(f)
		o.told++
	}
	if d.from == lookup.SideServer && o.lastFrom == lookup.SideClient && o.finished < 2 {
		o.turns++
	}
	o.lastFrom = d.from
	switch {
	case d.keys != nil && f.Secret != "" && !f.Opened:
		d.lost, d.waiting = true, nil
	case kind == typeHandshake:
		d.parts = append(d.parts, seq)
		d.message = append(d.message, content...)
		o.drain(d)
	case kind == typeAlert && len(content) == 2:
		level := map[byte]string{1: "warning", 2: "fatal"}[content[0]]
		a := lookup.AlertExchanged{From: d.from, Level: level, Code: int(content[1]), Description: named(alerts, content[1]), Epoch: d.epoch}
		if o.alert.Description == "" && a.Code != 0 {
			o.alert = a
		}
		o.step.Report(a)
	case kind == typeChangeCipherSpec && o.known && !o.modern:
		d.keys, d.epoch = d.next, "application"
	}
}

func kept(b []byte) lookup.Octets {
	return append(lookup.Octets{}, b[:min(len(b), keptOctets)]...)
}

// drain reads the whole handshake messages that are there.
func (o *observer) drain(d *direction) {
	for len(d.message) >= 4 && !d.lost {
		n := 4 + u24(d.message[1:])
		if n > maxMessage {
			d.lost, d.message = true, nil
			return
		}
		if len(d.message) < n {
			return
		}
		msg := d.message[:n:n]
		d.message = d.message[n:]
		o.said(d, msg, d.parts)
		d.parts = append([]int(nil), d.parts[len(d.parts)-1:]...) // the last record may hold the next one too
	}
	if len(d.message) == 0 {
		d.parts = nil
	}
}

// said reports a handshake message and does what it brings about.
func (o *observer) said(d *direction, msg []byte, parts []int) {
	t := msg[0]
	var before []byte
	if o.known {
		before = o.suite.sum(o.transcript)
	}
	if t == serverHello {
		o.chosen(msg)
	}
	if t == clientHello && o.hello.random == nil {
		o.hello, _ = readHello(msg)
	}
	inside := o.join(t, msg)
	f := lookup.HandshakeExchanged{From: d.from, Type: messageType(msg), Epoch: d.epoch, Fragments: append([]int{}, parts...), Message: kept(msg), Fields: Anatomy(msg, o.version), Transcript: lookup.Octets{}}
	if len(msg) > keptOctets {
		f.Fields = within(f.Fields, keptOctets)
	}
	if o.known {
		f.Version = versions[o.version]
		if inside {
			f.Transcript = o.suite.sum(o.transcript)
		}
	}
	if o.messages < maxMessages {
		o.step.Report(f)
		o.messages++
	}
	switch {
	case t == serverHello && !isRetry(msg):
		o.schedule()
	case t == certificate && d.from == lookup.SideServer:
		o.chain = certificatesOf(msg, o.version)
		if o.verify != nil {
			o.verify(o.chain)
		}
	case t == certificateVerify && d.from == lookup.SideServer, t == serverKeyExchange:
		o.possession(msg, before)
	case t == finished:
		o.compare(d, msg, before)
		if o.modern {
			d.epoch = "finished"
		}
		o.finished++
	case t == keyUpdate && o.modern:
		o.renew(d)
	}
}

// within are the fields that lie in the first n bytes, and what stands for the
// rest.
func within(fields []lookup.WireField, n int) []lookup.WireField {
	var out []lookup.WireField
	for _, f := range fields {
		if f.At+f.Len <= n {
			out = append(out, f)
		} else if f.At < n {
			f.Len = n - f.At
			out = append(out, f)
		}
	}
	return out
}

// join adds a message to the transcript; false for those that are not in it.
func (o *observer) join(t uint8, msg []byte) bool {
	switch {
	case t == helloRequest, o.modern && (t == newSessionTicket || t == keyUpdate):
		return false
	case len(o.transcript)+len(msg) > maxTranscript:
		return false
	}
	if isRetry(msg) && o.known { // the first ClientHello becomes its hash (RFC 9846 §4.4.1)
		sum := o.suite.sum(o.transcript)
		o.transcript = append([]byte{messageHash, 0, 0, byte(len(sum))}, sum...)
	}
	o.transcript = append(o.transcript, msg...)
	o.lastType = messageType(msg)
	return true
}

// chosen takes version and suite from the ServerHello.
func (o *observer) chosen(msg []byte) {
	h, ok := readHello(msg)
	if !ok {
		return
	}
	s, ok := suites[h.suite]
	if !ok || versions[h.version] == "" {
		return
	}
	o.answer, o.version, o.suite, o.known, o.modern = h, h.version, s, true, h.version == 0x0304
}

// compare holds the code of a Finished message against our own.
func (o *observer) compare(d *direction, msg, before []byte) {
	if !o.known {
		return
	}
	f := lookup.FinishedCompared{From: d.from, Hash: before, Sent: append(lookup.Octets{}, msg[4:]...)}
	if o.modern {
		if d.secret == nil {
			return
		}
		f.Secret = handshakeSecret(d.from)
		m := hmac.New(o.suite.hash.New, o.suite.expandLabel(d.secret, "finished", nil, o.suite.hash.Size()))
		m.Write(before)
		f.Own = m.Sum(nil)
	} else {
		main := o.secrets["CLIENT_RANDOM"]
		if main == nil {
			return
		}
		f.Secret = "master_secret"
		f.Own = o.suite.prf(main, string(d.from)+" finished", before, 12)
	}
	f.Equal = bytes.Equal(f.Sent, f.Own)
	o.step.Report(f)
}
