package lookup

// MessageEdited says that somebody took a message that had been recorded,
// changed bytes of it by hand, and has the device send it. What leaves, and what
// comes back, are the facts after it.
type MessageEdited struct {
	Host      string     `json:"host"`
	Of        string     `json:"of"`    // id of the trace that the message is from
	OfSeq     int        `json:"ofSeq"` // its event there
	Server    Server     `json:"server"`
	Zone      Name       `json:"zone"`      // that the server is asked about; "" for a resolver
	Transport string     `json:"transport"` // "udp" or "tcp"
	Edits     []ByteEdit `json:"edits"`     // in order; the first MaxEdits of them
	Omitted   int        `json:"omitted"`   // edits past that bound
	Prefix    int        `json:"prefix"`    // the length in front of it over TCP (RFC 1035 §4.2.2), -1 for its own
	Message   Message    `json:"message"`   // as it was before
}

// ByteEdit is one byte that was changed, added at the end or taken from there.
type ByteEdit struct {
	At    int    `json:"at"`
	Was   int    `json:"was"`   // 0 to 255, -1: there was none
	Now   int    `json:"now"`   // 0 to 255, -1: there is none
	Field string `json:"field"` // the field that it was in, or is in: "FLAGS"
}

// MaxEdits bounds the edits that a fact lists.
const MaxEdits = 64

// EditsOf are the bytes in which two messages differ, MaxEdits at the most, and
// how many more there are.
func EditsOf(was, now []byte) (edits []ByteEdit, omitted int) {
	fields, after := Anatomy(was), Anatomy(now)
	name := func(spans []Span, at int) string {
		for _, s := range spans {
			if at >= s.At && at < s.At+s.Len {
				return s.Name
			}
		}
		return ""
	}
	edits = []ByteEdit{}
	for at := range max(len(was), len(now)) {
		e := ByteEdit{At: at, Was: -1, Now: -1}
		if at < len(was) {
			e.Was, e.Field = int(was[at]), name(fields, at)
		}
		if at < len(now) {
			if e.Now = int(now[at]); e.Field == "" {
				e.Field = name(after, at)
			}
		}
		switch {
		case e.Was == e.Now:
		case len(edits) == MaxEdits:
			omitted++
		default:
			edits = append(edits, e)
		}
	}
	return edits, omitted
}

func (f MessageEdited) wire() Message { return f.Message }
func (MessageEdited) fact()           {}

// Line tells an edit; sent again as it was is told apart.
func (f MessageEdited) Line() Line {
	key, server := "message.edited", f.Server.label()
	if len(f.Edits) == 0 && f.Prefix < 0 {
		key = "message.edited.same"
	}
	return line(key, "host", f.Host, "server", server, "count", num(len(f.Edits)+f.Omitted), "transport", transportLabel(f.Transport), "field", editedFields(f.Edits))
}

// editedFields names the fields that were changed, each once.
func editedFields(edits []ByteEdit) string {
	var names []string
	for _, e := range edits {
		if e.Field != "" && (len(names) == 0 || names[len(names)-1] != e.Field) {
			names = append(names, e.Field)
		}
	}
	return counted(len(names), func(i int) string { return names[i] })
}

// Asked is the question that a fact with a message is about, the zero value
// for other facts.
func Asked(f Fact) Question {
	switch x := f.(type) {
	case QuerySent:
		return x.Question
	case QueryArrived:
		return x.Question
	case ResponseSent:
		return x.Question
	case interface{ asked() Question }:
		return x.asked()
	}
	return Question{}
}

func (r Reply) asked() Question { return r.Question }

// InReplyTo is the seq of the query that a response answers.
func (r Reply) InReplyTo() int { return r.Query }

// From is the server that it is from.
func (r Reply) From() Server { return r.Server }
