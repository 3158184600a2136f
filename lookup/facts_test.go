package lookup

import (
	"encoding/json"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fill gives every part of v a value of its own, so that a lost or swapped
// member shows. n counts the values given.
func fill(v reflect.Value, n *int) {
	*n++
	if values, ok := closed[v.Type()]; ok {
		v.SetString(values[*n%len(values)])
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, *n%60, 500_000, time.UTC)))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(*n)})))
		return
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(*n)}), 53)))
		return
	case Type:
		v.SetUint(uint64(1000 + *n)) // also tests the TYPE1001 form
		return
	case Class:
		v.SetUint(uint64(ClassCH))
		return
	case Rcode:
		v.SetUint(uint64(*n % 24))
		return
	case Message:
		v.SetBytes([]byte{byte(*n), 1, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		return
	}
	if v.Type() == reflect.TypeFor[Octets]() {
		v.SetBytes([]byte{byte(*n), 1, 0x84})
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.String:
		v.SetString("v" + strconv.Itoa(*n) + ".example.")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint16, reflect.Uint32:
		v.SetUint(uint64(*n))
	default:
		panic("no sample value for " + v.Type().String())
	}
}

func words(t testing.TB, lang string) *Words {
	t.Helper()
	file, err := os.ReadFile("../static/i18n/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWords(lang, file)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Every sentence that a fact can ask for is there in both languages, and no
// sentence is there for nothing.
func TestEveryLineHasWordsInBothLanguages(t *testing.T) {
	want := LineKeys()
	for i, k := range want {
		want[i] = "line." + k
	}
	slices.Sort(want)
	if twice := slices.Compact(slices.Clone(want)); len(twice) != len(want) {
		t.Error("LineKeys names a key twice")
	}
	for _, lang := range []string{"en", "ko"} {
		var have []string
		for _, k := range words(t, lang).Keys() {
			if strings.HasPrefix(k, "line.") {
				have = append(have, k)
			}
		}
		for _, k := range want {
			if _, ok := slices.BinarySearch(have, k); !ok {
				t.Errorf("%s: no words for %s", lang, k)
			}
		}
		for _, k := range have {
			if _, ok := slices.BinarySearch(want, k); !ok {
				t.Errorf("%s: %s is the line of no fact", lang, k)
			}
		}
	}
}

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	en, ko := words(t, "en"), words(t, "ko")
	for _, k := range en.Keys() {
		if !ko.Has(k) {
			t.Errorf("ko: no words for %s", k)
		}
	}
	for _, k := range ko.Keys() {
		if !en.Has(k) {
			t.Errorf("en: no words for %s", k)
		}
	}
}

// Every fact says its line with a key of the list, and every blank of the
// sentence gets a value: no brace is left over.
func TestEveryFactSaysItsLine(t *testing.T) {
	said := map[string]bool{}
	keys := LineKeys()
	en, ko := words(t, "en"), words(t, "ko")
	for _, example := range Examples() {
		for _, f := range variants(example) {
			l := f.Line()
			if !slices.Contains(keys, l.Key) {
				t.Errorf("%s says %q, which LineKeys does not list", Kind(f), l.Key)
			}
			said[l.Key] = true
			for _, w := range []*Words{en, ko} {
				if s := w.Line(l); strings.ContainsAny(s, "{}") || s == "line."+l.Key || s == "" {
					t.Errorf("%s %s: %q", w.Lang(), l.Key, s)
				}
			}
		}
	}
	for _, k := range keys {
		if !said[k] {
			t.Errorf("no fact says %q", k)
		}
	}
}

// variants are all forms of a fact that choose a different sentence: every
// value of its closed members and of the words its comments list.
func variants(example Fact) []Fact {
	n := 0
	v := reflect.New(reflect.TypeOf(example)).Elem()
	fill(v, &n)
	out := []Fact{}
	with := func(set func(v reflect.Value)) {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		set(c)
		out = append(out, c.Interface().(Fact))
	}
	spoken := func(path string, values ...string) {
		for _, s := range values {
			with(func(v reflect.Value) {
				for name := range strings.SplitSeq(path, ".") {
					v = v.FieldByName(name)
				}
				v.SetString(s)
			})
		}
	}
	ended := func(outcomes ...string) { // with a Stop, and as it was recorded without one
		for _, o := range outcomes {
			with(func(v reflect.Value) {
				v.FieldByName("Outcome").SetString(o)
				v.FieldByName("Reason").SetString("")
			})
		}
		spoken("Reason", StopReasons()...)
	}
	switch example.(type) {
	case LookupFinished, ResolutionFinished:
		spoken("Outcome", texts(Outcomes())...)
	case ResolutionStarted:
		with(func(reflect.Value) {})
		spoken("Client", "")
	case ResponseSent:
		with(func(v reflect.Value) { v.FieldByName("Truncated").SetBool(true) })
		for _, o := range Outcomes() {
			with(func(v reflect.Value) {
				v.FieldByName("Truncated").SetBool(false)
				v.FieldByName("Outcome").SetString(string(o))
			})
		}
	case LimitReached:
		spoken("Limit", texts(LimitOutcomes())...)
	case TraceTruncated:
		spoken("Limit", "events", "bytes")
	case HostsSearched:
		with(func(reflect.Value) {})
		with(func(v reflect.Value) { v.FieldByName("Found").SetLen(0) })
	case CacheOpened:
		for _, size := range []int{0, 1, 2} {
			with(func(v reflect.Value) {
				s := v.FieldByName("Snapshot")
				s.FieldByName("Entries").SetLen(size)
				s.FieldByName("Dropped").SetInt(0)
			})
		}
	case CacheHit:
		spoken("Use", "answer", "alias", "servers", "address", "denial", "failure", "stale")
	case CacheStored:
		spoken("Entry.Kind", closed[reflect.TypeFor[CacheKind]()]...)
	case ServersListed:
		spoken("Source", "hints", "cache", "referral")
	case ServerChosen:
		spoken("Reason", "only", "fastest", "untried", "explore", "retry", "next", "seed")
	case QuerySent:
		for _, try := range []int64{1, 2} {
			for _, by := range []Role{RoleStub, RoleResolver} {
				with(func(v reflect.Value) {
					v.FieldByName("By").SetString(string(by))
					v.FieldByName("Try").SetInt(try)
					v.FieldByName("Zone").SetString("")
					v.FieldByName("Message").SetBytes([]byte{0, 1, 1, 0})
				})
			}
		}
		with(func(v reflect.Value) { v.FieldByName("By").SetString(string(RoleStub)); v.FieldByName("Try").SetInt(1) })
	case MessageEdited:
		with(func(reflect.Value) {})
		with(func(v reflect.Value) { v.FieldByName("Edits").SetLen(0); v.FieldByName("Prefix").SetInt(-1) })
	case QueryFailed:
		spoken("Reason", "refused", "unreachable", "reset", "closed", "other")
	case QueryBlocked:
		spoken("Reason", "special", "multicast", "unallocated", "embedded", "own", "metadata", "port", "family", "connects", "bytes", "time", "serverRate", "zoneRate")
	case AnswerReceived:
		spoken("By", string(RoleStub), string(RoleResolver))
	case LameReceived:
		spoken("Reason", "notAuthoritative", "upward", "refused")
	case ResponseRejected:
		spoken("Reason", "id", "question", "case", "cookie", "address", "notResponse", "malformed", "opcode")
	case EdnsDropped:
		spoken("Reason", "formErr", "notImp", "badVers", "silence")
	case RecordDiscarded:
		spoken("Reason", "outOfZone", "notAsked", "notGlue", "unusable", "tooMany")
	case ValidationAsked:
		for _, cd := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("CD").SetBool(cd) })
		}
	case DenialSynthesised:
		spoken("Outcome", "nxdomain", "nodata")
	case AnchorChosen:
		spoken("Use", "trust", "negative", "none")
	case DigestCompared:
		spoken("Result", "equal", "different", "noKey", "unsupported", "ignored")
	case KeyMatched:
		spoken("Source", "ds", "anchor")
	case KeysTrusted:
		for _, known := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Known").SetBool(known) })
		}
	case SignatureChecked:
		spoken("Result", "valid", "wrong", "expired", "notYetValid", "expiredFirst", "noKey", "keyUnusable", "unsupported", "otherSigner", "malformed", "work")
	case DenialChecked:
		spoken("Result", "optOut", "unproved", "iterations", "work")
		for _, claim := range []string{"nxdomain", "nodata", "wildcard", "unsigned"} {
			with(func(v reflect.Value) {
				v.FieldByName("Result").SetString("proved")
				v.FieldByName("Claim").SetString(claim)
			})
		}
	case DelegationJudged:
		spoken("Result", "signed", "unsigned", "noCut", "bogus")
	case ChainJudged:
		for verdict, reasons := range JudgedReasons {
			for _, reason := range reasons {
				with(func(v reflect.Value) {
					v.FieldByName("Verdict").SetString(string(verdict))
					v.FieldByName("Reason").SetString(reason)
				})
			}
		}
	case ModeChosen:
		spoken("Mode", "nonrecursive", "iterative")
	case SearchPlanned:
		spoken("Reason", "absolute", "fewDots", "enoughDots")
	case TargetsOrdered:
		spoken("Rule", "priority", "implicit", "alias", "noMail", "noService", "none")
	case RaceDecided:
		spoken("Reason", "both", "ipv6First", "delayOver", "onlyIPv4", "onlyIPv6", "none")
	case CopiesListed:
		spoken("Cause", "change", "notify", "asked", "timer", "expiry", "stranger")
	case ZoneChanged:
		with(func(reflect.Value) {})
		with(func(v reflect.Value) { v.FieldByName("From").Set(v.FieldByName("To")) })
	case NotifySent, SerialAsked:
		for _, try := range []int64{1, 2} {
			with(func(v reflect.Value) { v.FieldByName("Try").SetInt(try) })
		}
	case NotifyReceived:
		for _, accepted := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Accepted").SetBool(accepted) })
		}
	case TimerDue:
		spoken("Timer", "refresh", "retry", "expire")
	case TimerSet:
		spoken("Timer", "refresh", "retry")
	case RefreshStarted:
		spoken("Cause", "notify", "refresh", "retry", "asked")
	case RefreshFinished:
		spoken("Outcome", "current", "updated", "replaced", "unreachable", "refused", "failed")
	case SerialReceived:
		for _, rcode := range []uint64{0, 5} {
			with(func(v reflect.Value) { v.FieldByName("Rcode").SetUint(rcode) })
		}
	case SerialCompared:
		spoken("Order", closed[reflect.TypeFor[SerialOrder]()]...)
	case TransferRequested:
		for _, t := range []Type{TypeAXFR, TypeIXFR} {
			with(func(v reflect.Value) { v.FieldByName("Type").SetUint(uint64(t)) })
		}
	case TransferReceived:
		for _, last := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Last").SetBool(last) })
		}
	case TransferFailed:
		spoken("Reason", "unreachable", "broken", "malformed", "outOfStep", "tooBig", "unusable")
	case CallMade:
		spoken("Call", Calls()...)
	case CallReturned:
		set := func(call, errno string, result int64) {
			with(func(v reflect.Value) {
				v.FieldByName("Call").SetString(call)
				v.FieldByName("Errno").SetString(errno)
				v.FieldByName("Result").SetInt(result)
			})
		}
		set("read", "", 3)
		set("read", "", 0)
		set("read", "ECONNRESET", -1)
	case PacketSent:
		for _, again := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Again").SetBool(again) })
		}
	case StateCompared:
		for _, equal := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Equal").SetBool(equal) })
		}
	case HandshakeStarted:
		for _, ticket := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Ticket").SetBool(ticket) })
		}
	case HandshakeExchanged:
		spoken("Epoch", "plain", "handshake")
	case FragmentExchanged:
		set := func(opened bool, secret string) {
			with(func(v reflect.Value) {
				v.FieldByName("Opened").SetBool(opened)
				v.FieldByName("Secret").SetString(secret)
			})
		}
		set(false, "")
		set(true, "master_secret")
		set(false, "master_secret")
	case SecretDerived:
		spoken("Source", "computed", "log", "hidden")
	case FinishedCompared:
		for _, equal := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Equal").SetBool(equal) })
		}
	case CertificateChecked:
		for _, check := range CertificateChecks() {
			for _, passed := range []bool{false, true} {
				with(func(v reflect.Value) {
					v.FieldByName("Check").SetString(check)
					v.FieldByName("Passed").SetBool(passed)
				})
			}
		}
	case AlertExchanged:
		spoken("Description", "bad_certificate", "close_notify")
	case HandshakeFinished:
		for _, outcome := range HandshakeOutcomes() {
			for _, resumed := range []bool{false, true} {
				with(func(v reflect.Value) {
					v.FieldByName("Outcome").SetString(outcome)
					v.FieldByName("Resumed").SetBool(resumed)
				})
			}
		}
	case LegStarted:
		spoken("Leg", texts(Legs())...)
	case LegFinished:
		ended("done", "failed", "unneeded")
	case DialRefused:
		spoken("Rule", DialRules()...)
	case JourneyFinished:
		spoken("Outcome", "done", "failed")
	case UrlRead:
		spoken("Assumed", "", "https")
	case FetchStarted:
		spoken("Why", "typed", "redirect", "resource")
	case FetchFinished:
		ended("done", "redirect", "cached", "failed")
	case HstsConsulted:
		for _, source := range []string{"", "header", "preload"} {
			with(func(v reflect.Value) {
				v.FieldByName("Source").SetString(source)
				v.FieldByName("Upgraded").SetBool(source != "")
			})
		}
	case HstsStored:
		for _, below := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Subdomains").SetBool(below) })
		}
	case HstsIgnored:
		spoken("Reason", "plain", "address", "malformed")
	case RequestSent:
		for _, nth := range []int64{1, 2} {
			with(func(v reflect.Value) { v.FieldByName("Nth").SetInt(nth) })
		}
	case HeadReceived:
		spoken("Framing", "none", "length", "chunked", "close", "frames")
	case FrameExchanged:
		for _, t := range FrameTypes() {
			for _, ack := range []bool{false, true} {
				with(func(v reflect.Value) {
					v.FieldByName("Type").SetString(t)
					v.FieldByName("Ack").SetBool(ack && (t == "SETTINGS" || t == "PING"))
				})
			}
		}
		with(func(v reflect.Value) {
			v.FieldByName("Type").SetString("WINDOW_UPDATE")
			v.FieldByName("Ack").SetBool(false)
			v.FieldByName("Stream").SetInt(0)
		})
	case StreamEntered:
		spoken("State", StreamStates()...)
	case ServiceIgnored:
		spoken("Reason", "plain", "malformed")
	case ServiceRead:
		spoken("Reason", "upgraded", "used", "spare", "protocol", "alias", "unavailable", "chain", "bare", "none")
	case ServiceChosen:
		spoken("Reason", "followed", "protocol")
	case AttemptStarted:
		spoken("Why", "first", "delay", "failed", "hint", "found")
	case AttemptFinished:
		spoken("Outcome", "won", "failed", "abandoned")
	case RunStarted:
		spoken("Run", Runs()...)
	case RunMeasured:
		spoken("Outcome", "done", "failed")
	case SessionEnded:
		spoken("Reason", SessionReasons()...)
	case ChunkReceived:
		for _, size := range []int64{0, 5} {
			with(func(v reflect.Value) { v.FieldByName("Size").SetInt(size) })
		}
	case BodyFinished:
		for _, coding := range []string{"", "gzip"} {
			with(func(v reflect.Value) {
				v.FieldByName("Coding").SetString(coding)
				v.FieldByName("Whole").SetBool(true)
			})
		}
		for _, reason := range []string{"cut", "tooBig", "bomb", "malformed", "timeout"} {
			with(func(v reflect.Value) {
				v.FieldByName("Whole").SetBool(false)
				v.FieldByName("Reason").SetString(reason)
			})
		}
	case RedirectFollowed:
		spoken("Rule", "same", "seeOther", "postToGet")
	case RedirectStopped:
		spoken("Reason", "loop", "tooMany", "scheme", "malformed", "missing")
	case CookieStored:
		for _, gone := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Gone").SetBool(gone) })
		}
		with(func(v reflect.Value) {
			v.FieldByName("Gone").SetBool(false)
			v.FieldByName("Until").Set(reflect.ValueOf(time.Time{}))
		})
	case CookieRefused:
		spoken("Reason", "malformed", "foreign", "suffix", "plain", "prefix", "tooBig")
	case StoreConsulted:
		spoken("Verdict", "none", "fresh", "stale")
	case StoreFilled:
		for _, sec := range []int64{0, 60} {
			with(func(v reflect.Value) { v.FieldByName("LifetimeSec").SetInt(sec) })
		}
	case StoreSkipped:
		spoken("Reason", "method", "status", "noStore", "vary", "size")
	case TreeCompared:
		for _, equal := range []bool{false, true} {
			with(func(v reflect.Value) { v.FieldByName("Equal").SetBool(equal) })
		}
	case ConstructMissed:
		spoken("What", missedWhats...)
	case BoundReached:
		spoken("Bound", drawBounds...)
	case SheetParsed:
		spoken("Origin", sheetOrigins...)
	case ImageMeasured:
		spoken("Source", "attributes", "png", "none")
	case ResourceHeld:
		spoken("Held", heldThings...)
	case ScriptScheduled:
		spoken("Rule", scriptRules...)
	case ChangeMade:
		spoken("PageChange.Kind", changeKinds...)
	case StageFinished:
		spoken("Stage", drawStages...)
		with(func(v reflect.Value) { v.FieldByName("Ran").SetBool(false) })
	case DrawingFinished:
		spoken("Outcome", drawnOutcomes...)
	case TransferFellBack:
		spoken("Reason", "whole", "again")
	default:
		with(func(reflect.Value) {})
	}
	return out
}

func TestUnknownKindIsRefused(t *testing.T) {
	var e Event
	if err := json.Unmarshal([]byte(`{"seq":0,"kind":"cache.lost","fact":{}}`), &e); err == nil {
		t.Error("an unknown kind was read")
	}
}
