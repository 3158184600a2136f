package lookup

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The sentences of TLS. They are said by the server only.

func (f HandshakeStarted) Line() Line {
	key := "handshake.started"
	if f.Ticket {
		key += ".ticket"
	}
	name := f.ServerName
	if name == "" {
		name = "-"
	}
	return line(key, "name", name, "versions", strings.Join(f.Versions, ", "), "alpn", dash(strings.Join(f.ALPN, ", ")))
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (f HandshakeExchanged) Line() Line {
	key := "handshake.exchanged.plain"
	if f.Epoch != "plain" {
		key = "handshake.exchanged.sealed"
	}
	return line(key, "from", string(f.From), "type", MessageName(f.Type), "bytes", num(len(f.Message)), "epoch", f.Epoch)
}

// MessageName is a handshake message as the RFC writes it: "ClientHello".
func MessageName(kind string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(kind, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

func (f FragmentExchanged) Line() Line {
	key := "fragment.exchanged.plain"
	switch {
	case f.Opened:
		key = "fragment.exchanged.opened"
	case f.Secret != "":
		key = "fragment.exchanged.closed"
	}
	return line(key, "from", string(f.From), "type", f.Type, "inner", f.Inner, "length", num(f.Length), "size", num(f.Size), "number", strconv.FormatInt(f.Number, 10))
}

func (f SecretDerived) Line() Line {
	return line("secret.derived."+f.Source, "name", f.Name, "from", f.From, "label", dash(f.Label), "through", dash(MessageName(f.Through)))
}

func (f FinishedCompared) Line() Line {
	key := "finished.compared.different"
	if f.Equal {
		key = "finished.compared.equal"
	}
	return line(key, "from", string(f.From), "secret", f.Secret)
}

func (f CertificateReceived) Line() Line {
	return line("certificate.received", "subject", shown(f.Subject), "issuer", shown(f.Issuer), "names", dash(counted(len(f.Names), func(i int) string { return f.Names[i] })),
		"until", f.NotAfter.UTC().Format(time.DateOnly))
}

func (f CertificateChecked) Line() Line {
	key := "certificate.checked." + f.Check
	if !f.Passed {
		key += ".failed"
	}
	return line(key, "wanted", shown(f.Wanted), "found", shown(dash(f.Found)))
}

func (f AlertExchanged) Line() Line {
	key := "alert.exchanged"
	if f.Description == "close_notify" {
		key += ".close"
	}
	return line(key, "from", string(f.From), "level", f.Level, "description", f.Description, "code", num(f.Code))
}

func (f HandshakeFinished) Line() Line {
	key := "handshake.finished." + f.Outcome
	if f.Outcome == "done" && f.Resumed {
		key += ".resumed"
	}
	return line(key, "version", dash(f.Version), "suite", dash(f.Suite), "group", dash(f.Group), "alpn", dash(f.ALPN), "detail", shown(f.Detail), "turns", num(f.RoundTrips), "elapsed", num(f.ElapsedUs))
}

// HandshakeOutcomes lists the ways in which a handshake ends.
func HandshakeOutcomes() []string { return []string{"done", "certificate", "alert", "failed"} }

// secureKeys lists the keys of these sentences.
func secureKeys() []string {
	keys := []string{"handshake.started", "handshake.started.ticket", "handshake.exchanged.plain", "handshake.exchanged.sealed", "handshake.finished.done.resumed",
		"fragment.exchanged.plain", "fragment.exchanged.opened", "fragment.exchanged.closed", "secret.derived.computed", "secret.derived.log", "secret.derived.hidden",
		"finished.compared.equal", "finished.compared.different", "certificate.received", "alert.exchanged", "alert.exchanged.close"}
	for _, c := range CertificateChecks() {
		keys = append(keys, "certificate.checked."+c, "certificate.checked."+c+".failed")
	}
	for _, o := range HandshakeOutcomes() {
		keys = append(keys, "handshake.finished."+o)
	}
	return slices.Clip(keys)
}
