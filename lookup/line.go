package lookup

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Line is a fact as a sentence to be: Key names a text in the word files
// ("line." + Key in static/i18n), Params fill its blanks. The same rules exist
// once more in the browser (static/js/line.js), and a golden test holds the two
// together. Values are raw: seconds and microseconds are formatted by
// the language, names lose their final dot here.
type Line struct {
	Key    string
	Params map[string]string
}

func line(key string, pairs ...string) Line {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return Line{key, m}
}

func num[T ~int | ~int64 | ~uint16 | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }

// maxShown is how much of one record's data a sentence takes: a TXT record may
// have 64 KiB.
const maxShown = 80

// shown is as much of a record's data as a sentence takes, in characters.
func shown(data string) string {
	if len(data) <= maxShown {
		return data
	}
	if r := []rune(data); len(r) > maxShown {
		return string(r[:maxShown-1]) + "…"
	}
	return data
}

// counted joins n texts for one blank; past four the rest are counted: "+3".
func counted(n int, text func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i == 4 {
			b.WriteString(" +" + strconv.Itoa(n-4))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(i))
	}
	return b.String()
}

// data is the data of records, for one blank: "203.0.113.10, 203.0.113.11".
func data(records []Record) string {
	return counted(len(records), func(i int) string { return shown(records[i].Data) })
}

// last is the part of an answer that has the type asked for: what a person
// wants to see of a chain.
func last(records []Record) []Record {
	if len(records) == 0 {
		return nil
	}
	end := records[len(records)-1]
	from := len(records) - 1
	for from > 0 && records[from-1].Type == end.Type && records[from-1].Name.Equal(end.Name) {
		from--
	}
	return records[from:]
}

func serverNames(servers []NameServer) string {
	return counted(len(servers), func(i int) string { return servers[i].Name.Short() })
}

func addrs(list []netip.Addr) string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// label is what a server is called in a sentence: its name, or its address.
func (s Server) label() string {
	if s.Name == "" {
		return s.Addr.Addr().String()
	}
	return s.Name.Short()
}

func (f LookupStarted) Line() Line {
	return line("lookup.started", "host", f.Host, "question", f.Question.String(), "network", f.Network)
}

func (f LookupFinished) Line() Line {
	return line("lookup.finished."+string(f.Outcome), "host", f.Host, "question", f.Question.String(), "name", f.Question.Name.Short(), "type", f.Question.Type.String(),
		"data", data(last(f.Records)), "rcode", f.Rcode.String(), "stub", num(f.StubQueries), "resolver", num(f.ResolverQueries), "elapsed", num(f.ElapsedUs))
}

func (f QueryArrived) Line() Line {
	return line("query.arrived", "host", f.Host, "client", f.Client, "question", f.Question.String(), "name", f.Question.Name.Short(), "type", f.Question.Type.String(),
		"transport", transportLabel(f.Transport), "bytes", num(len(f.Message)))
}

func (f ResponseSent) Line() Line {
	return line("response.sent."+f.Result(), "host", f.Host, "client", f.Client, "question", f.Question.String(), "name", f.Question.Name.Short(), "type", f.Question.Type.String(),
		"transport", transportLabel(f.Transport), "data", data(last(f.Records)), "rcode", f.Rcode.String(), "queries", num(f.Queries), "elapsed", num(f.ElapsedUs), "bytes", num(len(f.Message)))
}

// transportLabel is what a person calls a transport: over HTTP it is DoH,
// whether or not the last stretch of the way was encrypted.
func transportLabel(transport string) string {
	if transport == "https" {
		return "DoH"
	}
	return strings.ToUpper(transport)
}

func (f HostsSearched) Line() Line {
	if len(f.Found) > 0 {
		return line("hosts.searched.found", "host", f.Host, "name", f.Name.Short(), "data", data(f.Found))
	}
	return line("hosts.searched.empty", "host", f.Host, "name", f.Name.Short())
}

func (f ResolutionStarted) Line() Line {
	if f.Client == "" {
		return line("resolution.started.hidden", "host", f.Host, "question", f.Question.String())
	}
	return line("resolution.started", "host", f.Host, "client", f.Client, "question", f.Question.String())
}

func (f ResolutionFinished) Line() Line {
	return line("resolution.finished."+string(f.Outcome), "host", f.Host, "question", f.Question.String(), "name", f.Question.Name.Short(), "type", f.Question.Type.String(),
		"data", data(last(f.Records)), "rcode", f.Rcode.String(), "queries", num(f.Queries), "elapsed", num(f.ElapsedUs))
}

func (f ResolutionJoined) Line() Line {
	return line("resolution.joined", "host", f.Host, "question", f.Question.String())
}

func (f LimitReached) Line() Line {
	return line("limit.reached."+string(f.Limit), "host", f.Host, "max", num(f.Max), "name", f.Name.Short())
}

func (f TraceTruncated) Line() Line {
	return line("trace.truncated."+f.Limit, "max", num(f.Max))
}

func (f CacheOpened) Line() Line {
	n := len(f.Snapshot.Entries) + f.Snapshot.Dropped
	switch n {
	case 0:
		return line("cache.opened.empty", "cache", f.Snapshot.Cache)
	case 1:
		return line("cache.opened.one", "cache", f.Snapshot.Cache)
	}
	return line("cache.opened.many", "cache", f.Snapshot.Cache, "count", num(n))
}

func (f CacheMissed) Line() Line {
	return line("cache.missed", "cache", f.Cache, "name", f.Name.Short(), "type", f.Type.String())
}

func (f CacheHit) Line() Line {
	return line("cache.hit."+f.Use, "cache", f.Cache, "name", f.Entry.Name.Short(), "type", f.Entry.Type.String(), "data", data(f.Entry.Records),
		"left", num(f.LeftSec), "age", num(f.AgeSec), "from", f.Entry.From.label())
}

func (f CacheExpired) Line() Line {
	return line("cache.expired", "cache", f.Cache, "name", f.Name.Short(), "type", f.Type.String(), "ttl", num(f.TTLSec), "age", num(f.AgeSec))
}

func (f CacheStored) Line() Line {
	return line("cache.stored."+string(f.Entry.Kind), "cache", f.Cache, "name", f.Entry.Name.Short(), "type", f.Entry.Type.String(), "data", data(f.Entry.Records),
		"ttl", num(f.Entry.TTLSec), "rank", string(f.Entry.Credibility), "from", f.Entry.From.label())
}

func (f CacheKept) Line() Line {
	return line("cache.kept", "cache", f.Cache, "name", f.Name.Short(), "type", f.Type.String(), "have", string(f.Have), "offered", string(f.Offered))
}

func (f CacheEvicted) Line() Line {
	return line("cache.evicted", "cache", f.Cache, "name", f.Name.Short(), "type", f.Type.String(), "max", num(f.Max))
}

func (f PrefetchStarted) Line() Line {
	return line("prefetch.started", "host", f.Host, "question", f.Question.String(), "left", num(f.LeftSec))
}

func (f QuestionMinimised) Line() Line {
	return line("question.minimised", "host", f.Host, "zone", f.Zone.Short(), "question", f.Question.String(), "asked", f.Asked.String())
}

func (f RootPrimed) Line() Line {
	return line("root.primed", "host", f.Host, "count", num(len(f.Servers)), "servers", serverNames(f.Servers), "ttl", num(f.TTLSec))
}

func (f EdnsDropped) Line() Line {
	return line("edns.dropped."+f.Reason, "host", f.Host, "server", f.Server.label())
}

func (f ServersListed) Line() Line {
	return line("servers.listed."+f.Source, "host", f.Host, "name", f.Name.Short(), "zone", f.Zone.Short(), "count", num(len(f.Servers)), "servers", serverNames(f.Servers))
}

func (f ServerChosen) Line() Line {
	var srtt int64
	for _, c := range f.Candidates {
		if c.Addr == f.Server.Addr.Addr() && c.Name.Equal(f.Server.Name) {
			srtt = c.SRTTUs
		}
	}
	return line("server.chosen."+f.Reason, "host", f.Host, "zone", f.Zone.Short(), "server", f.Server.label(), "addr", f.Server.Addr.Addr().String(),
		"count", num(len(f.Candidates)), "srtt", num(srtt))
}

func (f QuerySent) Line() Line {
	key := "query.sent." + string(f.By)
	switch {
	case f.Try > 1:
		key += ".again"
	case f.By == RoleStub && (f.Zone != "" || len(f.Message) < 3 || f.Message[2]&1 == 0):
		key += ".plain" // not RD=1 to a resolver, as a stub's query is
	}
	return line(key, "host", f.Host, "server", f.Server.label(), "addr", f.Server.Addr.Addr().String(), "question", f.Question.String(), "name", f.Question.Name.Short(),
		"type", f.Question.Type.String(), "zone", f.Zone.Short(), "transport", strings.ToUpper(f.Transport), "try", num(f.Try), "bytes", num(len(f.Message)))
}

func (f QueryTimedOut) Line() Line {
	return line("query.timedOut", "host", f.Host, "server", f.Server.label(), "try", num(f.Try), "waited", num(f.WaitedUs))
}

func (f QueryFailed) Line() Line {
	return line("query.failed."+f.Reason, "host", f.Host, "server", f.Server.label(), "transport", strings.ToUpper(f.Transport), "waited", num(f.WaitedUs))
}

func (f QueryBlocked) Line() Line {
	return line("query.blocked."+f.Reason, "host", f.Host, "server", f.Server.label(), "addr", f.Server.Addr.Addr().String(), "port", num(f.Server.Addr.Port()), "text", shown(f.Text))
}

func (f ConnectionOpened) Line() Line {
	return line("connection.opened", "host", f.Host, "server", f.Server.label(), "elapsed", num(f.ElapsedUs))
}

func (f ConnectionReused) Line() Line {
	return line("connection.reused", "host", f.Host, "server", f.Server.label(), "idle", num(f.IdleUs))
}

// line of a reply: what every response sentence may use.
func (r Reply) line(key string, pairs ...string) Line {
	l := line(key, pairs...)
	l.Params["host"], l.Params["server"], l.Params["rtt"] = r.Host, r.Server.label(), num(r.RTTUs)
	l.Params["question"], l.Params["name"], l.Params["type"] = r.Question.String(), r.Question.Name.Short(), r.Question.Type.String()
	l.Params["rcode"], l.Params["zone"], l.Params["bytes"] = r.Rcode.String(), r.Zone.Short(), num(len(r.Message))
	return l
}

func (f ReferralReceived) Line() Line {
	return f.line("referral.received", "child", f.Child.Short(), "servers", serverNames(f.Servers))
}

func (f AnswerReceived) Line() Line {
	return f.line("answer.received."+string(f.By), "data", data(last(f.Records)))
}

func (f AliasReceived) Line() Line {
	return f.line("alias.received", "owner", f.Owner.Short(), "target", f.Target.Short(), "via", f.Via.String())
}

func (f NodataReceived) Line() Line {
	return f.line("nodata.received", "negative", num(f.NegativeSec))
}

func (f NxdomainReceived) Line() Line {
	return f.line("nxdomain.received", "denied", f.Denied.Short(), "negative", num(f.NegativeSec))
}

func (f TruncationReceived) Line() Line { return f.line("truncation.received") }

func (f FailureReceived) Line() Line { return f.line("failure.received") }

func (f LameReceived) Line() Line { return f.line("lame.received." + f.Reason) }

func (f ResponseRejected) Line() Line {
	return line("response.rejected."+f.Reason, "host", f.Host, "from", f.From.String(), "bytes", num(len(f.Message)))
}

func (f RecordDiscarded) Line() Line {
	return line("record.discarded."+f.Reason, "host", f.Host, "server", f.Server.label(), "name", f.Record.Name.Short(), "type", f.Record.Type.String(), "data", shown(f.Record.Data))
}

func (f AliasFollowed) Line() Line {
	return line("alias.followed", "host", f.Host, "from", f.From.Short(), "to", f.To.Short(), "via", f.Via.String())
}

func (f AddressWanted) Line() Line {
	return line("address.wanted", "host", f.Host, "zone", f.Zone.Short(), "server", f.Server.Short(), "type", f.Type.String())
}

func (f AddressFound) Line() Line {
	return line("address.found", "host", f.Host, "server", f.Server.Short(), "addrs", addrs(f.Addrs))
}

func (f AddressMissing) Line() Line {
	return line("address.missing", "host", f.Host, "server", f.Server.Short(), "outcome", string(f.Outcome))
}

// LineKeys lists every key that Line can return, for the test that holds the
// word files complete.
func LineKeys() []string {
	keys := []string{"lookup.started", "query.arrived", "hosts.searched.found", "hosts.searched.empty", "resolution.started", "resolution.started.hidden", "resolution.joined", "prefetch.started", "question.minimised", "root.primed", "trace.truncated.events", "trace.truncated.bytes",
		"cache.opened.empty", "cache.opened.one", "cache.opened.many", "cache.missed", "cache.expired", "cache.kept", "cache.evicted",
		"query.timedOut", "connection.opened", "connection.reused", "referral.received", "alias.received", "nodata.received", "nxdomain.received", "truncation.received",
		"failure.received", "alias.followed", "address.wanted", "address.found", "address.missing"}
	with := func(prefix string, ends ...string) {
		for _, e := range ends {
			keys = append(keys, prefix+"."+e)
		}
	}
	for _, o := range Outcomes() {
		with("lookup.finished", string(o))
		with("resolution.finished", string(o))
	}
	with("response.sent", "answer", "nodata", "nxdomain", "truncation", "failure")
	for _, o := range LimitOutcomes() {
		with("limit.reached", string(o))
	}
	with("cache.hit", "answer", "alias", "servers", "address", "denial", "failure", "stale")
	with("cache.stored", string(CachePositive), string(CacheNodata), string(CacheNxdomain), string(CacheFailure))
	with("edns.dropped", "formErr", "notImp", "badVers", "silence")
	with("servers.listed", "hints", "cache", "referral")
	keys = append(keys, "message.edited", "message.edited.same")
	with("server.chosen", "only", "fastest", "untried", "explore", "retry", "next", "seed")
	with("query.sent", "stub", "stub.again", "stub.plain", "resolver", "resolver.again")
	with("query.failed", "refused", "unreachable", "reset", "closed", "other")
	with("query.blocked", "special", "multicast", "unallocated", "embedded", "own", "metadata", "port", "family", "connects", "bytes", "time", "serverRate", "zoneRate")
	with("answer.received", "stub", "resolver")
	with("lame.received", "notAuthoritative", "upward", "refused")
	with("response.rejected", "id", "question", "case", "cookie", "address", "notResponse", "malformed", "opcode")
	with("record.discarded", "outOfZone", "notAsked", "notGlue", "unusable", "tooMany")
	return slices.Concat(keys, securityKeys(), chainKeys(), transferKeys(), socketKeys(), pageKeys(), frameKeys(), runKeys(), attemptKeys(), serviceKeys(), secureKeys(), drawKeys(), stopKeys())
}

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return append([]Outcome{OutcomeAnswer, OutcomeNodata, OutcomeNxdomain, OutcomeReferral, OutcomeServfail, OutcomeRefused, OutcomeFailed, OutcomeUnreachable, OutcomeCanceled}, LimitOutcomes()...)
}

// LimitOutcomes lists the outcomes that come from a bound of the resolver.
func LimitOutcomes() []Outcome {
	return []Outcome{OutcomeTimeLimit, OutcomeQueryLimit, OutcomeReferralLimit, OutcomeAliasLimit, OutcomeAliasLoop, OutcomeSideWalkLimit, OutcomeByteLimit, OutcomeRateLimit, OutcomeRecordLimit, OutcomeDependencyLoop}
}
