package lookup

import "time"

// Facts of TLS (RFC 9846, RFC 5246). What is in them was seen on the wire by
// the learner's own device and read with the secrets that its TLS library
// logged: nobody else on the way can do that.

// WireField is a named run of bytes of a message that is no DNS message. A
// group is made of the fields after it that lie within its bytes.
type WireField struct {
	At    int    `json:"at"`
	Len   int    `json:"len"`
	Depth int    `json:"depth"`
	Group bool   `json:"group"`
	Name  string `json:"name"` // the RFC's: "legacy_version", "cipher_suites"
	Text  string `json:"text"` // the value, ASCII with escapes; "" where the bytes say it
}

// HandshakeStarted says that the client begins to speak TLS.
type HandshakeStarted struct {
	Socket     int       `json:"socket"`     // number of the socket in this trace, 0 where nobody counts
	ServerName string    `json:"serverName"` // that is wanted, "" for an address
	Versions   []string  `json:"versions"`   // offered, best first: "1.3", "1.2"
	ALPN       []string  `json:"alpn"`       // offered protocols (RFC 7301)
	Ticket     bool      `json:"ticket"`     // a ticket of an earlier connection is at hand
	Lesson     time.Time `json:"lesson"`     // by which certificates are judged
}

// HandshakeExchanged says that a whole handshake message crossed.
type HandshakeExchanged struct {
	From       Side        `json:"from"`
	Type       string      `json:"type"`       // "client_hello"
	Epoch      string      `json:"epoch"`      // keys it went under: "plain", "handshake", "application"
	Version    string      `json:"version"`    // known at that point, "" before ServerHello
	Fragments  []int       `json:"fragments"`  // seq of fragment.exchanged that carried it
	Message    Octets      `json:"message"`    // with its header of four bytes, decrypted
	Fields     []WireField `json:"fields"`     // of those bytes
	Transcript Octets      `json:"transcript"` // hash of all messages up to this one; empty before the hash is known, and for messages that are not in it
}

// FragmentExchanged says that a record of the record layer crossed.
type FragmentExchanged struct {
	From    Side   `json:"from"`
	Epoch   string `json:"epoch"`
	Number  int64  `json:"number"` // sequence number within the epoch (RFC 9846 §5.3), -1 in the plain one
	Type    string `json:"type"`   // as the header says, for everybody to see
	Inner   string `json:"inner"`  // what it really is; the same where nothing is hidden
	Length  int    `json:"length"` // of the fragment as the header says
	Record  Octets `json:"record"` // header and fragment, as far as they are kept
	Opened  bool   `json:"opened"` // the tag was right under the key of the log
	Nonce   Octets `json:"nonce"`
	AAD     Octets `json:"aad"`     // additional data: protected, not hidden
	Plain   Octets `json:"plain"`   // content, as far as it is kept
	Size    int    `json:"size"`    // of the content
	Padding int    `json:"padding"` // zeros after the inner type
	Tag     int    `json:"tag"`     // octets of the authentication tag, 0 in the plain epoch
	Secret  string `json:"secret"`  // that the key comes from
}

// SecretDerived is one step of the key schedule (RFC 9846 §7.1, RFC 5246 §8.1).
type SecretDerived struct {
	Name    string `json:"name"`    // "server_handshake_traffic_secret"
	From    string `json:"from"`    // the secret that it comes from
	Label   string `json:"label"`   // "s hs traffic"; "" where it is made by extraction
	Through string `json:"through"` // last message of the transcript that goes in, "" for none
	Hash    Octets `json:"hash"`    // of that transcript
	Source  string `json:"source"`  // "computed", "log" or "hidden": inside the library, nobody is told
	Value   Octets `json:"value"`
	Key     Octets `json:"key"` // what protects records, of traffic secrets
	IV      Octets `json:"iv"`
}

// FinishedCompared says whether the code of a Finished message is the one that
// the transcript and the secret give.
type FinishedCompared struct {
	From   Side   `json:"from"`
	Secret string `json:"secret"`
	Hash   Octets `json:"hash"` // of the transcript before the message
	Sent   Octets `json:"sent"`
	Own    Octets `json:"own"` // computed here
	Equal  bool   `json:"equal"`
}

// CertificateReceived is one certificate of the server's chain, the server's own
// first.
type CertificateReceived struct {
	Index     int       `json:"index"`
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names"` // subject alternative names: DNS names and addresses
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	Serial    string    `json:"serial"`    // hexadecimal
	Key       string    `json:"key"`       // "ECDSA P-256"
	Signature string    `json:"signature"` // "ECDSA-SHA256"
	CA        bool      `json:"ca"`
	Usages    []string  `json:"usages"`
	DER       Octets    `json:"der"`
}

// CertificateChecked is one check of the chain, made here on the bytes that
// crossed.
type CertificateChecked struct {
	Check  string `json:"check"`  // see CertificateChecks
	Index  int    `json:"index"`  // of the certificate
	Passed bool   `json:"passed"` //
	Wanted string `json:"wanted"` // what it is held against: a name, an instant, an issuer
	Found  string `json:"found"`
}

// CertificateChecks lists the checks in their order.
func CertificateChecks() []string {
	return []string{"name", "notBefore", "notAfter", "usage", "algorithm", "issuer", "signature", "anchor", "possession"}
}

// AlertExchanged says that one end told the other what is wrong, or that it
// closes (RFC 9846 §6).
type AlertExchanged struct {
	From        Side   `json:"from"`
	Level       string `json:"level"`
	Code        int    `json:"code"`
	Description string `json:"description"` // "bad_certificate"
	Epoch       string `json:"epoch"`
}

// HandshakeFinished says what the handshake came to. It is reported whatever
// happened.
type HandshakeFinished struct {
	Outcome    string `json:"outcome"` // "done", "certificate", "alert" or "failed"
	Version    string `json:"version"` // "1.3"
	Suite      string `json:"suite"`   // "TLS_AES_128_GCM_SHA256"
	Group      string `json:"group"`   // "X25519"
	ALPN       string `json:"alpn"`
	Resumed    bool   `json:"resumed"`
	Detail     string `json:"detail"`     // what the library says is wrong
	RoundTrips int    `json:"roundTrips"` // times the client had to wait for the server
	ElapsedUs  int64  `json:"elapsedUs"`
}

func (HandshakeStarted) fact()    {}
func (HandshakeExchanged) fact()  {}
func (FragmentExchanged) fact()   {}
func (SecretDerived) fact()       {}
func (FinishedCompared) fact()    {}
func (CertificateReceived) fact() {}
func (CertificateChecked) fact()  {}
func (AlertExchanged) fact()      {}
func (HandshakeFinished) fact()   {}

func (HandshakeFinished) lasting() {}

func (HandshakeStarted) drawnByServer()    {}
func (HandshakeExchanged) drawnByServer()  {}
func (FragmentExchanged) drawnByServer()   {}
func (SecretDerived) drawnByServer()       {}
func (FinishedCompared) drawnByServer()    {}
func (CertificateReceived) drawnByServer() {}
func (CertificateChecked) drawnByServer()  {}
func (AlertExchanged) drawnByServer()      {}
func (HandshakeFinished) drawnByServer()   {}

func (f HandshakeExchanged) octets() int  { return len(f.Message) + 24*len(f.Fields) }
func (f FragmentExchanged) octets() int   { return len(f.Record) + len(f.Plain) }
func (f CertificateReceived) octets() int { return len(f.DER) }
