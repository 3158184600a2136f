package templates

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// ByteSheet is what the detail sheet about bytes shows besides the trace.
type ByteSheet struct {
	N       int         // number of the balloon whose message is shown; 0 for the first that has one
	Guess   string      // what was expected of an edited message, "" for nothing
	Targets []SendingTo // servers that an edited message can be sent to; none where that is impossible
}

// SendingTo is one of them.
type SendingTo struct {
	Name string
	Role lookup.Role
	Addr string
}

// largeMessage is one message drawn large.
type largeMessage struct {
	*Balloon
	bytes      []byte
	spans      []lookup.Span
	pointers   []savedPointer
	advertised int // the UDP size that the asker takes, 512 where it does not say
	event      int // seq
}

// savedPointer is a compression pointer with what it saves: the rest of the
// name written out, less the two bytes of the pointer.
type savedPointer struct {
	lookup.Pointer
	Saves int
}

// maxLarge bounds the bytes and the fields that are drawn of one message.
const (
	maxLargeBytes  = 1536
	maxLargeFields = 400
)

// largeMessages are the messages of a trace, in order.
func largeMessages(p Page) []largeMessage {
	var out []largeMessage
	if p.View == nil {
		return nil
	}
	for i := range p.View.Balloons {
		b := &p.View.Balloons[i]
		f := p.View.fact(b.Message)
		msg := lookup.WireMessage(f)
		if len(msg) == 0 || b.Kind == "edited" {
			continue
		}
		if len(out) == maxMessages {
			break
		}
		out = append(out, largeMessage{Balloon: b, bytes: msg, event: b.Message})
	}
	return out
}

// largeOf is the message that a page is about, taken apart; nil for none.
func largeOf(p Page) *largeMessage {
	all := largeMessages(p)
	if len(all) == 0 {
		return nil
	}
	m := all[0]
	for _, other := range all {
		if p.Bytes != nil && other.N == p.Bytes.N {
			m = other
		}
	}
	m.spans = lookup.Anatomy(m.bytes)
	for _, s := range m.spans {
		for _, pt := range s.Points {
			m.pointers = append(m.pointers, savedPointer{pt, nameLength(m.bytes, pt.To) - 2})
		}
	}
	m.advertised = 512
	if size, ok := udpSize(m.spans); ok {
		m.advertised = size
	}
	if len(m.bytes) > 2 && m.bytes[2]&0x80 != 0 { // a response: the query says how much may come
		m.advertised = 512
		if r, ok := p.View.fact(m.event).(interface{ InReplyTo() int }); ok {
			if size, ok := udpSize(lookup.Anatomy(lookup.WireMessage(p.View.fact(r.InReplyTo())))); ok {
				m.advertised = size
			}
		}
	}
	return &m
}

// udpSize is the UDP size that an OPT record announces.
func udpSize(spans []lookup.Span) (int, bool) {
	for _, s := range spans {
		if s.Name == "UDPSIZE" {
			n, err := strconv.Atoi(s.Text)
			return n, err == nil
		}
	}
	return 0, false
}

// nameLength is how many bytes the name at an offset takes written out
// (RFC 1035 §3.1). The anatomy has followed the same pointers, so it ends.
func nameLength(msg []byte, at int) int {
	n := 0
	for hops := 0; at < len(msg) && hops < 64; {
		switch c := int(msg[at]); {
		case c == 0:
			return n + 1
		case c&0xc0 == 0xc0 && at+1 < len(msg):
			at = c&0x3f<<8 | int(msg[at+1])
			hops++
		default:
			n += c + 1
			at += c + 1
		}
	}
	return n + 1
}

// saved is how many bytes compression saves in all.
func (m *largeMessage) saved() (n int) {
	for _, p := range m.pointers {
		n += p.Saves
	}
	return n
}

// prefix is the length that stands in front of a message over TCP.
func (m *largeMessage) prefix() string {
	return fmt.Sprintf("%02x %02x", len(m.bytes)>>8, len(m.bytes)&0xff)
}

// word is the 16 bits of the flags.
func (m *largeMessage) word() int {
	if len(m.bytes) < 4 {
		return 0
	}
	return int(m.bytes[2])<<8 | int(m.bytes[3])
}

// headerFlag is a run of bits in the second word of the header (RFC 1035
// §4.1.1; AD and CD: RFC 4035 §3).
type headerFlag struct {
	Name       string
	high, bits int // number of its highest bit, 15 first
	RFC        string
}

var headerFlags = []headerFlag{
	{"QR", 15, 1, "RFC 1035 §4.1.1"}, {"OPCODE", 14, 4, "RFC 1035 §4.1.1"}, {"AA", 10, 1, "RFC 1035 §4.1.1"}, {"TC", 9, 1, "RFC 2181 §9"},
	{"RD", 8, 1, "RFC 1035 §4.1.1"}, {"RA", 7, 1, "RFC 1035 §4.1.1"}, {"Z", 6, 1, "RFC 1035 §4.1.1"}, {"AD", 5, 1, "RFC 4035 §3.2.3"}, {"CD", 4, 1, "RFC 4035 §3.2.2"}, {"RCODE", 3, 4, "RFC 1035 §4.1.1"},
}

// bitsOf are the numbers of its bits, the highest first.
func (f headerFlag) bitsOf() []int {
	out := make([]int, f.bits)
	for i := range out {
		out[i] = f.high - i
	}
	return out
}

func (f headerFlag) value(word int) int { return word >> (f.high - f.bits + 1) & (1<<f.bits - 1) }

func bit(word, n int) string { return strconv.Itoa(word >> n & 1) }

// flagWord is the key of what a flag means with a value; codes have a word for
// the usual values and one for all others.
func flagWord(p Page, f headerFlag, value int) string {
	key := "bits." + f.Name + "." + strconv.Itoa(value)
	if !p.Words.Has(key) {
		key = "bits." + f.Name + ".other"
	}
	return p.T(key, "value", strconv.Itoa(value))
}

// flipped says what the opposite bit would mean; "" for codes, which have no
// opposite.
func flipped(p Page, f headerFlag, value int) string {
	if f.bits > 1 {
		return ""
	}
	return flagWord(p, f, 1-value)
}

// sectionSize is how many bytes one section takes.
type sectionSize struct {
	Section string
	At, Len int
}

func (m *largeMessage) sections() []sectionSize {
	var out []sectionSize
	for _, s := range m.spans {
		if n := len(out); n > 0 && out[n-1].Section == s.Section {
			out[n-1].Len += s.Len
		} else {
			out = append(out, sectionSize{s.Section, s.At, s.Len})
		}
	}
	return out
}

// meaning is what a field means, from the most particular text to the plainest.
func meaning(p Page, m *largeMessage, s lookup.Span) string {
	params := map[string]string{"value": s.Text, "bytes": strconv.Itoa(s.Len), "ttl": s.Text}
	keys := []string{"field." + s.Name + "." + s.Type.String(), "field." + s.Name + "." + s.Section, "field." + s.Name}
	return p.first(keys, params)
}

// span is a piece of a text: plain, or a reference to an RFC.
type textPiece struct{ Text, Href string }

// expertField matches fields that the basic view leaves out, as in
// static/elements/byte-inspector/byte-inspector.js.
var expertField = regexp.MustCompile(`^(ID|..COUNT|Q?CLASS|RDLENGTH|UDPSIZE|EXTRCODE|VERSION|EDNSFLAGS|OPT.*|COOKIE.*)$`)

var rfcReference = regexp.MustCompile(`RFC (\d{1,5})(?: §(\d[\d.]*\d|\d))?`)

// withReferences divides a text at the RFCs that it names. Nothing is fetched
// from there unless a reader follows the link.
func withReferences(text string) []textPiece {
	var out []textPiece
	end := 0
	for _, at := range rfcReference.FindAllStringSubmatchIndex(text, -1) {
		if at[0] > end {
			out = append(out, textPiece{Text: text[end:at[0]]})
		}
		href := "https://www.rfc-editor.org/rfc/rfc" + text[at[2]:at[3]]
		if at[4] >= 0 {
			href += "#section-" + text[at[4]:at[5]]
		}
		out = append(out, textPiece{text[at[0]:at[1]], href})
		end = at[1]
	}
	if end < len(text) {
		out = append(out, textPiece{Text: text[end:]})
	}
	return out
}

// fieldKey is what a field is called in an address, as in
// static/elements/byte-inspector/message.js.
func fieldKey(spans []lookup.Span, i int) string {
	called := func(s lookup.Span) []string {
		return []string{strings.ToLower(s.Name), strings.ToLower(s.Section + "." + s.Name), strings.ToLower(s.Section + "." + strconv.Itoa(s.Record) + "." + s.Name)}
	}
	for k, key := range called(spans[i]) {
		first := slices.IndexFunc(spans, func(o lookup.Span) bool { return slices.Contains(called(o), key) })
		if first == i {
			return called(spans[i])[k]
		}
	}
	return "b" + strconv.Itoa(spans[i].At)
}

// hexLines is a message as hexadecimal digits to be edited, 12 bytes a line.
func hexLines(msg []byte) string {
	var b strings.Builder
	for i, c := range msg {
		switch {
		case i == 0:
		case i%dumpWidth == 0:
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%02x", c)
	}
	return b.String()
}

// bytesHref leads to the bytes of one message.
func bytesHref(p Page, n int) string {
	q := url.Values{"n": {strconv.Itoa(n)}}
	if p.Room != "" && p.Room != "main" {
		q.Set("room", p.Room)
	}
	return "/lookups/" + p.TraceID + "/bytes?" + q.Encode()
}

// reactionOf is what came of an edited message: a word of guesses, the fact
// that says so, and what was edited. ok is false for other traces.
func reactionOf(p Page) (edit lookup.MessageEdited, reaction string, fact lookup.Fact, ok bool) {
	if p.View == nil {
		return edit, "", nil, false
	}
	home := lookup.StepID(0)
	for _, e := range p.View.events {
		if x, is := e.Fact.(lookup.MessageEdited); is {
			edit, home, ok = x, e.Step, true
			continue
		}
		if !ok || e.Step != home {
			continue
		}
		if word := reactionWord(e.Fact); word != "" && reaction != "rejected" { // what came and was not believed says more than the silence after it
			reaction, fact = word, e.Fact
		}
	}
	return edit, reaction, fact, ok
}

// guesses are what a learner can expect of an edited message.
var guesses = []string{"answer", "referral", "denial", "formerr", "notimp", "refused", "rejected", "silence"}

func reactionWord(f lookup.Fact) string {
	code := func(r lookup.Rcode) string {
		if w := strings.ToLower(r.String()); slices.Contains(guesses, w) {
			return w
		}
		return "other"
	}
	switch x := f.(type) {
	case lookup.AnswerReceived, lookup.AliasReceived:
		return "answer"
	case lookup.ReferralReceived:
		return "referral"
	case lookup.NodataReceived, lookup.NxdomainReceived:
		return "denial"
	case lookup.FailureReceived:
		return code(x.Rcode)
	case lookup.LameReceived:
		return code(x.Rcode)
	case lookup.ResponseRejected:
		return "rejected"
	case lookup.QueryTimedOut, lookup.QueryFailed:
		return "silence"
	case lookup.TruncationReceived:
		return "other"
	}
	return ""
}

// byteText is a byte of an edit, or that there was none.
func byteText(v int) string {
	if v < 0 {
		return "–"
	}
	return fmt.Sprintf("%02x", v)
}

// targetGroups are the servers that a message can be sent to: resolvers, those
// that the trace is about, all others.
func targetGroups(p Page) []targetGroup {
	asked := map[string]bool{}
	for _, plate := range p.View.Plates {
		for _, s := range plate.Servers {
			if s.State != "listed" && s.State != "nameless" {
				asked[strings.ToLower(s.Name.Short())] = true
			}
		}
	}
	groups := []targetGroup{{Key: "resolvers"}, {Key: "asked"}, {Key: "others"}}
	for _, t := range p.Bytes.Targets {
		i := 2
		switch {
		case t.Role == lookup.RoleResolver:
			i = 0
		case asked[strings.ToLower(t.Name)]:
			i = 1
		}
		groups[i].Targets = append(groups[i].Targets, t)
	}
	return slices.DeleteFunc(groups, func(g targetGroup) bool { return len(g.Targets) == 0 })
}

type targetGroup struct {
	Key     string
	Targets []SendingTo
}

// sentTo is the server that a message went to, or came from.
func sentTo(p Page, m *largeMessage) string {
	switch x := p.View.fact(m.event).(type) {
	case lookup.QuerySent:
		return x.Server.Name.Short()
	case interface{ From() lookup.Server }:
		return x.From().Name.Short()
	}
	return "R1"
}
