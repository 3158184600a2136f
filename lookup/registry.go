package lookup

import (
	"encoding/json"
	"fmt"
	"reflect"
	"unicode"
)

// registry lists every fact once, in the order in which a learner meets them.
// Wire kinds, decoding, generated types, schema and completeness tests all
// come from here.
var registry = []Fact{
	LookupStarted{}, LookupFinished{}, TraceTruncated{},
	QueryArrived{}, ResponseSent{},
	MessageEdited{},
	HostsSearched{},
	CacheOpened{}, CacheMissed{}, CacheHit{}, CacheExpired{}, CacheStored{}, CacheKept{}, CacheEvicted{}, PrefetchStarted{},
	ResolutionStarted{}, ResolutionFinished{}, ResolutionJoined{}, LimitReached{},
	ServersListed{}, RootPrimed{}, ServerChosen{}, QuestionMinimised{}, EdnsDropped{},
	QuerySent{}, QueryTimedOut{}, QueryFailed{}, QueryBlocked{}, ConnectionOpened{}, ConnectionReused{},
	ReferralReceived{}, AnswerReceived{}, AliasReceived{}, NodataReceived{}, NxdomainReceived{},
	TruncationReceived{}, FailureReceived{}, LameReceived{}, ResponseRejected{},
	RecordDiscarded{},
	AddressReversed{}, ModeChosen{}, SearchPlanned{}, SearchTried{}, SearchMissed{},
	TargetsOrdered{}, TargetWanted{}, TargetFound{}, RaceBegun{}, RacePaused{}, RaceDecided{}, ExperimentPrepared{},
	AliasFollowed{}, AddressWanted{}, AddressFound{}, AddressMissing{},
	ValidationAsked{}, AnchorChosen{}, DigestCompared{}, KeyMatched{}, KeysTrusted{}, SignatureChecked{}, SignatureMissing{},
	DenialChecked{}, DenialSynthesised{}, DelegationJudged{}, ChainJudged{},
	CopiesListed{}, ZoneChanged{}, NotifySent{}, NotifyReceived{}, NotifyAnswered{}, NotifyUnanswered{}, TimerDue{}, RefreshStarted{}, SerialAsked{}, SerialReceived{}, SerialUnanswered{},
	SerialCompared{}, TransferRequested{}, TransferReceived{}, TransferRefused{}, TransferFailed{}, TransferFellBack{}, DiffApplied{}, ZoneReplaced{}, TimerSet{}, RefreshFinished{}, ZoneExpired{},
	AttemptStarted{}, AttemptFinished{},
	JourneyStarted{}, LegStarted{}, LegFinished{}, JourneyFinished{}, DialRefused{},
	UrlRead{}, FetchStarted{}, FetchFinished{}, HstsConsulted{}, HstsStored{}, HstsForgotten{}, HstsIgnored{}, RequestSent{}, HeadReceived{}, ChunkReceived{}, BodyArrived{}, BodyFinished{},
	PrefaceSent{}, FrameExchanged{}, StreamEntered{}, SessionEnded{}, RunStarted{}, RunMeasured{}, HoleFilled{},
	ServiceStored{}, ServicesForgotten{}, ServiceIgnored{}, ServiceChosen{}, ServiceFailed{}, ServiceRead{},
	RedirectFollowed{}, RedirectStopped{}, CookieStored{}, CookieRefused{}, CookiesSent{}, StoreConsulted{}, StoreFilled{}, StoreRefreshed{}, StoreSkipped{},
	DescriptorOpened{}, DescriptorClosed{}, CallMade{}, CallReturned{}, PacketSent{}, PacketArrived{}, PacketLost{}, StateEntered{}, StateCompared{}, BuffersMeasured{},
	HandshakeStarted{}, FragmentExchanged{}, HandshakeExchanged{}, SecretDerived{}, FinishedCompared{}, CertificateReceived{}, CertificateChecked{}, AlertExchanged{}, HandshakeFinished{},
	DrawingStarted{}, SourceTaken{}, TokensRead{}, TreeGrown{}, TreeCompared{}, ScriptScheduled{}, ResourceHeld{}, MomentsReckoned{}, SheetParsed{}, StylesComputed{}, ImageMeasured{}, BoxesMade{}, BoxesPlaced{}, PaintOrdered{}, LayersFormed{},
	ConstructMissed{}, BoundReached{}, ChangeMade{}, StageFinished{}, DrawingFinished{},
}

var (
	kindOf = map[reflect.Type]string{}
	typeOf = map[string]reflect.Type{}
)

func init() {
	for _, f := range registry {
		t := reflect.TypeOf(f)
		k := kindFromName(t.Name())
		if typeOf[k] != nil {
			panic("lookup: two facts of kind " + k)
		}
		kindOf[t], typeOf[k] = k, t
	}
}

// kindFromName turns QueryTimedOut into "query.timedOut": the noun, a dot,
// and what became true of it.
func kindFromName(name string) string {
	r := []rune(name)
	cut := 1
	for cut < len(r) && !unicode.IsUpper(r[cut]) {
		cut++
	}
	if cut == len(r) {
		panic("lookup: fact " + name + " needs a noun and a participle")
	}
	noun, rest := r[:cut], r[cut:]
	return string(unicode.ToLower(noun[0])) + string(noun[1:]) + "." + string(unicode.ToLower(rest[0])) + string(rest[1:])
}

// Kind is the name of a fact's type on the wire: "referral.received".
func Kind(f Fact) string { return kindOf[reflect.TypeOf(f)] }

// Kinds lists every kind, in registry order.
func Kinds() []string {
	out := make([]string, len(registry))
	for i, f := range registry {
		out[i] = Kind(f)
	}
	return out
}

// Examples returns a zero value of every fact, in registry order, for code
// generators and for tests that want to see them all.
func Examples() []Fact { return append([]Fact(nil), registry...) }

// decodeFact reads one fact of the given kind.
func decodeFact(kind string, data []byte) (Fact, error) {
	t := typeOf[kind]
	if t == nil {
		return nil, fmt.Errorf("no fact has the kind %q", Printable(kind))
	}
	p := reflect.New(t)
	if err := json.Unmarshal(data, p.Interface()); err != nil {
		return nil, fmt.Errorf("fact %s: %w", kind, err)
	}
	return p.Elem().Interface().(Fact), nil
}
