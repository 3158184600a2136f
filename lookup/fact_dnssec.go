package lookup

import "time"

// Security is what validation says about data (RFC 4033 §5).
type Security string

// The four states. The zero value means that nobody asked.
const (
	Secure        Security = "secure"        // a chain of signatures leads to it from a trust anchor
	Insecure      Security = "insecure"      // the chain proves that it ends above: nothing here is signed
	Bogus         Security = "bogus"         // it should be signed and is not, or not rightly
	Indeterminate Security = "indeterminate" // nothing says whether it should be signed
)

// Securities lists the four states.
func Securities() []Security { return []Security{Secure, Insecure, Bogus, Indeterminate} }

// ValidationAsked says what the device asks of DNSSEC: DO=1 for signatures, and
// that its resolver checks them; CD=1 for what there is, checked or not.
type ValidationAsked struct {
	Host string `json:"host"`
	DO   bool   `json:"do"`
	CD   bool   `json:"cd"`
}

// AnchorChosen says where a chain of trust begins: at the trust anchor closest
// above the name (RFC 4035 §5), or at none.
type AnchorChosen struct {
	Host string   `json:"host"`
	Name Name     `json:"name"` // whose data is to be validated
	Zone Name     `json:"zone"` // of the anchor; "" for none
	Use  string   `json:"use"`  // "trust", "negative" (validation is turned off there, RFC 7646), "none"
	Keys []uint16 `json:"keys"` // key tags of a trust anchor
}

// DigestCompared says that a DS record, or a trust anchor of that form, was
// held against the keys of its zone (RFC 4035 §5.2).
type DigestCompared struct {
	Host       string `json:"host"`
	Zone       Name   `json:"zone"`
	Source     string `json:"source"` // "ds" from the parent, "anchor" from the configuration
	KeyTag     uint16 `json:"keyTag"`
	Algorithm  string `json:"algorithm"`  // mnemonic: "ECDSAP256SHA256"
	DigestType string `json:"digestType"` // "SHA-256"
	Expected   string `json:"expected"`   // the DS digest, hexadecimal
	Computed   string `json:"computed"`   // over the key, hexadecimal; "" where there was nothing to compute
	Result     string `json:"result"`     // "equal", "different", "noKey" (no key has that tag and algorithm), "unsupported", "ignored" (a stronger digest is there, RFC 4509 §3)
}

// ZoneKey is one DNSKEY of a zone.
type ZoneKey struct {
	KeyTag    uint16 `json:"keyTag"`
	Algorithm string `json:"algorithm"`
	Flags     uint16 `json:"flags"` // 256 zone key, 257 with the SEP bit, 128 more once revoked
	Bits      int    `json:"bits"`  // size of the public key
}

// KeyMatched says that a key of the zone is the one a DS record or trust anchor
// means.
type KeyMatched struct {
	Host   string  `json:"host"`
	Zone   Name    `json:"zone"`
	Source string  `json:"source"` // "ds", "anchor"
	Key    ZoneKey `json:"key"`
}

// KeysTrusted says that all keys of a zone are trusted from now on, because
// the one that matched has signed them.
type KeysTrusted struct {
	Host  string    `json:"host"`
	Zone  Name      `json:"zone"`
	By    uint16    `json:"by"` // tag of the key that signed them; 0 from an earlier lookup
	Keys  []ZoneKey `json:"keys"`
	Until time.Time `json:"until"` // lesson time
	Known bool      `json:"known"` // remembered from an earlier lookup
}

// SignatureChecked says what became of one RRSIG record (RFC 4035 §5.3).
type SignatureChecked struct {
	Host         string    `json:"host"`
	Name         Name      `json:"name"`
	Type         Type      `json:"type"` // covered
	Signer       Name      `json:"signer"`
	KeyTag       uint16    `json:"keyTag"`
	Algorithm    string    `json:"algorithm"`
	Wildcard     Name      `json:"wildcard"` // whose record was signed, if the name came from a wildcard
	Inception    time.Time `json:"inception"`
	Expiration   time.Time `json:"expiration"`
	At           time.Time `json:"at"`           // lesson time of the check
	SignedOctets int       `json:"signedOctets"` // length of what was signed (RFC 4034 §3.1.8.1); 0 unless it came to that
	SignedSHA256 string    `json:"signedSha256"` // its SHA-256 digest, hexadecimal
	Signed       Message   `json:"signed"`       // the octets themselves, the first 1024 of them
	Result       string    `json:"result"`       // "valid", "wrong", "expired", "notYetValid", "expiredFirst", "noKey", "keyUnusable", "unsupported", "otherSigner", "malformed", "work"
}

// SignatureMissing says that an RRset came without any signature where its
// zone has to sign.
type SignatureMissing struct {
	Host string `json:"host"`
	Zone Name   `json:"zone"`
	Name Name   `json:"name"`
	Type Type   `json:"type"`
}

// DenialSpan is one NSEC or NSEC3 record as a proof uses it: it stands at a
// name, and says that there is nothing up to the next.
type DenialSpan struct {
	From   string `json:"from"`   // owner: a name, or the hash label of an NSEC3
	To     string `json:"to"`     // the next name or hash
	Name   Name   `json:"name"`   // the name that this says something about
	Hash   string `json:"hash"`   // its hash, for NSEC3
	Use    string `json:"use"`    // "matches": the name is there, with these types only; "covers": it is not there
	OptOut bool   `json:"optOut"` // unsigned delegations may hide in the span (RFC 5155 §6)
	Types  []Type `json:"types"`  // of a match
}

// DenialChecked says whether NSEC or NSEC3 records prove an absence (RFC 4035
// §5.4, RFC 5155 §8).
type DenialChecked struct {
	Host       string       `json:"host"`
	Zone       Name         `json:"zone"`
	Name       Name         `json:"name"`
	Type       Type         `json:"type"`
	Claim      string       `json:"claim"`  // "nxdomain", "nodata", "wildcard" (no closer name than the wildcard), "unsigned" (no DS)
	Method     string       `json:"method"` // "NSEC", "NSEC3", "" for neither
	Spans      []DenialSpan `json:"spans"`
	Encloser   Name         `json:"encloser"`   // the closest encloser, if the proof has one (RFC 5155 §1.3)
	Iterations int          `json:"iterations"` // additional ones, of NSEC3
	Result     string       `json:"result"`     // "proved", "optOut", "unproved", "iterations", "work"
}

// DenialSynthesised says that a question was answered without asking anybody:
// NSEC or NSEC3 records that came with other answers prove the absence here too
// (RFC 8198). The checks of that proof follow.
type DenialSynthesised struct {
	Host     string   `json:"host"`
	Question Question `json:"question"`
	Zone     Name     `json:"zone"`
	Outcome  Outcome  `json:"outcome"` // nxdomain or nodata
	LeftSec  uint32   `json:"leftSec"` // how long the records still hold
}

// DelegationJudged says what a parent says about a name below it: whether a
// zone begins there and whether it is signed.
type DelegationJudged struct {
	Host   string `json:"host"`
	Zone   Name   `json:"zone"` // the parent
	Child  Name   `json:"child"`
	Result string `json:"result"` // "signed" (a DS RRset), "unsigned" (proof that there is none), "noCut" (no zone begins here), "bogus"
}

// ChainJudged is the end of a validation: the verdict, and why.
type ChainJudged struct {
	Host    string   `json:"host"`
	Name    Name     `json:"name"`
	Type    Type     `json:"type"`
	Verdict Security `json:"verdict"`
	Reason  string   `json:"reason"` // "" for secure; else one of the reasons of package dnssec
	At      Name     `json:"at"`     // the name the reason is about
	EDE     int      `json:"ede"`    // extended DNS error for the client (RFC 8914), -1 for none
}

func (ValidationAsked) fact()   {}
func (AnchorChosen) fact()      {}
func (DigestCompared) fact()    {}
func (KeyMatched) fact()        {}
func (KeysTrusted) fact()       {}
func (SignatureChecked) fact()  {}
func (SignatureMissing) fact()  {}
func (DenialChecked) fact()     {}
func (DenialSynthesised) fact() {}
func (DelegationJudged) fact()  {}
func (ChainJudged) fact()       {}

func (f ValidationAsked) Line() Line {
	key := "validation.asked.checked"
	if f.CD {
		key = "validation.asked.unchecked"
	}
	return line(key, "host", f.Host)
}

func (f AnchorChosen) Line() Line {
	return line("anchor.chosen."+f.Use, "host", f.Host, "name", f.Name.Short(), "zone", f.Zone.Short(), "tags", tags(f.Keys))
}

func (f DigestCompared) Line() Line {
	return line("digest.compared."+f.Result, "host", f.Host, "zone", f.Zone.Short(), "tag", num(f.KeyTag), "algorithm", f.Algorithm, "digest", f.DigestType,
		"expected", head(f.Expected), "computed", head(f.Computed))
}

func (f KeyMatched) Line() Line {
	return line("key.matched."+f.Source, "host", f.Host, "zone", f.Zone.Short(), "tag", num(f.Key.KeyTag), "algorithm", f.Key.Algorithm)
}

func (f KeysTrusted) Line() Line {
	key := "keys.trusted"
	if f.Known {
		key += ".known"
	} else {
		key += ".signed"
	}
	list := make([]uint16, 0, len(f.Keys))
	for _, k := range f.Keys {
		list = append(list, k.KeyTag)
	}
	return line(key, "host", f.Host, "zone", f.Zone.Short(), "by", num(f.By), "tags", tags(list))
}

func (f SignatureChecked) Line() Line {
	return line("signature.checked."+f.Result, "host", f.Host, "name", f.Name.Short(), "type", f.Type.String(), "signer", f.Signer.Short(), "tag", num(f.KeyTag),
		"algorithm", f.Algorithm, "inception", moment(f.Inception), "expiration", moment(f.Expiration), "at", moment(f.At))
}

func (f SignatureMissing) Line() Line {
	return line("signature.missing", "host", f.Host, "zone", f.Zone.Short(), "name", f.Name.Short(), "type", f.Type.String())
}

func (f DenialChecked) Line() Line {
	key := "denial.checked." + f.Result
	if f.Result == "proved" {
		key += "." + f.Claim
	}
	return line(key, "host", f.Host, "zone", f.Zone.Short(), "name", f.Name.Short(), "type", f.Type.String(), "method", f.Method, "iterations", num(f.Iterations))
}

func (f DenialSynthesised) Line() Line {
	return line("denial.synthesised."+string(f.Outcome), "host", f.Host, "question", f.Question.String(), "zone", f.Zone.Short(), "left", num(f.LeftSec))
}

func (f DelegationJudged) Line() Line {
	return line("delegation.judged."+f.Result, "host", f.Host, "zone", f.Zone.Short(), "child", f.Child.Short())
}

func (f ChainJudged) Line() Line {
	key := "chain.judged." + string(f.Verdict)
	if f.Reason != "" {
		key += "." + f.Reason
	}
	return line(key, "host", f.Host, "name", f.Name.Short(), "type", f.Type.String(), "at", f.At.Short())
}

// tags is a list of key tags for one blank. Past four the rest are counted.
func tags(list []uint16) string {
	out := ""
	for i, t := range list {
		if i == 4 {
			return out + " +" + num(len(list)-4)
		}
		if i > 0 {
			out += ", "
		}
		out += num(t)
	}
	return out
}

// head is the beginning of a long hexadecimal text, enough to compare two by
// eye.
func head(hex string) string {
	if len(hex) > 12 {
		return hex[:12] + "…"
	}
	return hex
}

// moment is a time as a sentence shows it: UTC, to the second.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// JudgedReasons are the reasons that each verdict of a ChainJudged may have,
// those of package dnssec; a secure one has none.
var JudgedReasons = map[Security][]string{
	Secure:        {""},
	Insecure:      {"unsignedZone", "optOut", "algorithm", "digestType", "iterations", "negativeAnchor"},
	Indeterminate: {"noAnchor", "signatures"},
	Bogus: {"expired", "notYetValid", "expiredFirst", "signatureWrong", "unsigned", "keyMissing", "keyUnusable", "digestWrong", "proofMissing", "algorithm",
		"iterations", "unreachable", "work", "malformed", "signerElsewhere", "synthesisMismatch"},
}

// securityKeys are the line keys of the facts of this file.
func securityKeys() []string {
	keys := []string{"signature.missing"}
	with := func(prefix string, ends ...string) {
		for _, e := range ends {
			keys = append(keys, prefix+"."+e)
		}
	}
	with("validation.asked", "checked", "unchecked")
	with("anchor.chosen", "trust", "negative", "none")
	with("digest.compared", "equal", "different", "noKey", "unsupported", "ignored")
	with("key.matched", "ds", "anchor")
	with("keys.trusted", "signed", "known")
	with("signature.checked", "valid", "wrong", "expired", "notYetValid", "expiredFirst", "noKey", "keyUnusable", "unsupported", "otherSigner", "malformed", "work")
	with("denial.checked", "proved.nxdomain", "proved.nodata", "proved.wildcard", "proved.unsigned", "optOut", "unproved", "iterations", "work")
	with("denial.synthesised", "nxdomain", "nodata")
	with("delegation.judged", "signed", "unsigned", "noCut", "bogus")
	for _, v := range Securities() {
		for _, r := range JudgedReasons[v] {
			if r == "" {
				with("chain.judged", string(v))
			} else {
				with("chain.judged."+string(v), r)
			}
		}
	}
	return keys
}
