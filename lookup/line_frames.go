package lookup

import "strings"

// The sentences of HTTP/2. They are said by the server only.

// FrameTypes are the types of frames that are told by name.
func FrameTypes() []string {
	return []string{"DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION", "UNKNOWN"}
}

func (f PrefaceSent) Line() Line {
	return line("preface.sent", "conn", num(f.Conn), "bytes", num(len(f.Data)))
}

func (f FrameExchanged) Line() Line {
	kind := f.Type
	switch {
	case f.Ack:
		kind += "_ACK"
	case f.Type == "WINDOW_UPDATE" && f.Stream == 0:
		kind += "_CONN"
	}
	settings := counted(len(f.Settings), func(i int) string { return f.Settings[i].Name + "=" + num(f.Settings[i].Value) })
	return line("frame.exchanged."+kind, "from", string(f.From), "stream", num(f.Stream), "length", num(f.Length), "code", shown(f.Code), "value", num(f.Value),
		"left", num(f.Left), "streamLeft", num(f.StreamLeft), "settings", dash(settings), "fields", num(len(f.Fields)), "flags", dash(strings.Join(f.Flags, ", ")))
}

// StreamStates are the states of a stream that a client tells.
func StreamStates() []string {
	return []string{"open", "halfClosedLocal", "halfClosedRemote", "closed"}
}

func (f StreamEntered) Line() Line {
	return line("stream.entered."+f.State, "stream", num(f.Stream), "streams", num(f.Streams))
}

// SessionReasons are why a connection is used for HTTP/2 no longer.
func SessionReasons() []string {
	return []string{"done", "goaway", "closed", "malformed", "flood", "failed"}
}

func (f SessionEnded) Line() Line {
	return line("session.ended."+f.Reason, "conn", num(f.Conn), "code", dash(f.Code), "detail", dash(shown(f.Detail)), "streams", num(f.Streams), "sent", num(f.Sent), "received", num(f.Received))
}

// frameKeys lists the keys of these sentences.
func frameKeys() []string {
	keys := []string{"preface.sent", "frame.exchanged.SETTINGS_ACK", "frame.exchanged.PING_ACK", "frame.exchanged.WINDOW_UPDATE_CONN"}
	for _, t := range FrameTypes() {
		keys = append(keys, "frame.exchanged."+t)
	}
	for _, s := range StreamStates() {
		keys = append(keys, "stream.entered."+s)
	}
	for _, r := range SessionReasons() {
		keys = append(keys, "session.ended."+r)
	}
	return keys
}
