package export

import (
	"bytes"
	"encoding/hex"
	"strings"

	"rootwalk/lookup"
)

// keyLabels are the labels of SSLKEYLOGFILE by the names of the secrets that a
// trace tells (RFC 9850; RFC 9846 §7.1, RFC 5246 §8.1).
var keyLabels = map[string]string{
	"client_handshake_traffic_secret":     "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	"server_handshake_traffic_secret":     "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"client_application_traffic_secret_0": "CLIENT_TRAFFIC_SECRET_0",
	"server_application_traffic_secret_0": "SERVER_TRAFFIC_SECRET_0",
	"master_secret":                       "CLIENT_RANDOM",
}

// Where the random of a ClientHello is, in the message with its header of four
// octets (RFC 9846 §4.1.2).
const (
	randomAt  = 6
	randomEnd = randomAt + 32
)

// KeyLog is the TLS key log of a trace, a line a secret, in the format of
// SSLKEYLOGFILE: with it Wireshark opens what was captured. It is made from
// the facts alone: of each handshake the random of its ClientHello, and the
// secrets that the TLS library logged. Empty where nothing was encrypted.
func KeyLog(events []lookup.Event) []byte {
	var b bytes.Buffer
	randoms := map[lookup.StepID]lookup.Octets{} // of the handshake that a step is at
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.HandshakeStarted:
			delete(randoms, e.Step)
		case lookup.HandshakeExchanged:
			if f.Type == "client_hello" && randoms[e.Step] == nil && len(f.Message) >= randomEnd {
				randoms[e.Step] = f.Message[randomAt:randomEnd]
			}
		case lookup.SecretDerived:
			label, random := keyLabels[f.Name], randoms[e.Step]
			if f.Source != "log" || label == "" || random == nil || len(f.Value) == 0 {
				continue
			}
			b.WriteString(strings.Join([]string{label, hex.EncodeToString(random), hex.EncodeToString(f.Value)}, " ") + "\n")
		}
	}
	return b.Bytes()
}
