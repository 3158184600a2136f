package templates

import (
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
)

// trustTrace is a trace of the facts given.
func trustTrace(facts ...lookup.Fact) *View {
	events := make([]lookup.Event, len(facts))
	for i, f := range facts {
		events[i] = lookup.Event{Seq: i, Fact: f}
	}
	return Fold(events)
}

// A chain has the links that facts tell of, in their order, and no other.
func TestChainOfTrust(t *testing.T) {
	at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	sig := func(name lookup.Name, rrtype lookup.Type, result string) lookup.SignatureChecked {
		return lookup.SignatureChecked{Host: "R1", Name: name, Type: rrtype, Signer: "example.", KeyTag: 1, Result: result, Inception: at.Add(-time.Hour), Expiration: at.Add(time.Hour), At: at}
	}
	anchor := lookup.AnchorChosen{Host: "R1", Name: "www.example.", Zone: ".", Use: "trust", Keys: []uint16{1}}
	digest := func(source string, zone lookup.Name, result string) lookup.DigestCompared {
		return lookup.DigestCompared{Host: "R1", Zone: zone, Source: source, Result: result}
	}
	judged := func(v lookup.Security, reason string) lookup.ChainJudged {
		return lookup.ChainJudged{Host: "R1", Name: "www.example.", Type: lookup.TypeA, Verdict: v, Reason: reason, At: "example.", EDE: -1}
	}
	keys := func(zone lookup.Name, known bool) lookup.KeysTrusted {
		return lookup.KeysTrusted{Host: "R1", Zone: zone, By: 1, Keys: []lookup.ZoneKey{{KeyTag: 1, Flags: 257}}, Known: known}
	}
	denial := lookup.DenialChecked{Host: "R1", Zone: ".", Name: "example.", Type: lookup.TypeDS, Claim: "unsigned", Method: "NSEC", Result: "proved", Spans: []lookup.DenialSpan{}}
	for _, c := range []struct {
		name  string
		facts []lookup.Fact
		want  string
	}{
		{"secure", []lookup.Fact{anchor, digest("anchor", ".", "equal"), sig(".", typeDNSKEY, "valid"), keys(".", false), sig("example.", lookup.TypeDS, "valid"), digest("ds", "example.", "equal"),
			sig("example.", typeDNSKEY, "valid"), keys("example.", false), sig("www.example.", lookup.TypeA, "valid"), judged(lookup.Secure, "")},
			"anchor holds, keys holds, ds holds, keys holds, data holds"},
		{"one of two digests fits", []lookup.Fact{anchor, digest("anchor", ".", "equal"), digest("anchor", ".", "noKey"), judged(lookup.Secure, "")}, "anchor holds"},
		{"a second signature holds", []lookup.Fact{anchor, sig("www.example.", lookup.TypeA, "expired"), sig("www.example.", lookup.TypeA, "valid"), judged(lookup.Secure, "")}, "anchor holds, data holds"},
		{"known", []lookup.Fact{anchor, keys(".", true), keys(".", true), judged(lookup.Secure, "")}, "anchor holds, keys known"},
		{"another key's digest", []lookup.Fact{anchor, keys(".", true), sig("example.", lookup.TypeDS, "valid"), digest("ds", "example.", "different"), judged(lookup.Bogus, "digestWrong")}, "anchor holds, keys known, ds broken"},
		{"no signature", []lookup.Fact{anchor, lookup.SignatureMissing{Host: "R1", Zone: ".", Name: "www.example.", Type: lookup.TypeA}, judged(lookup.Bogus, "unsigned")}, "anchor holds, missing broken"},
		{"unsigned below", []lookup.Fact{anchor, sig("example.", typeNSEC, "valid"), denial, lookup.DelegationJudged{Host: "R1", Zone: ".", Child: "example.", Result: "unsigned"}, judged(lookup.Insecure, "unsignedZone")},
			"anchor holds, unsigned ends"},
		{"no zone begins there", []lookup.Fact{anchor, denial, lookup.DelegationJudged{Host: "R1", Zone: ".", Child: "example.", Result: "noCut"}, judged(lookup.Secure, "")}, "anchor holds"},
		{"a chain without a broken link gets one", []lookup.Fact{anchor, judged(lookup.Bogus, "unreachable")}, "anchor holds, broken broken"},
		{"no anchor", []lookup.Fact{lookup.AnchorChosen{Host: "R1", Name: "www.example.", Use: "none", Keys: []uint16{}}, judged(lookup.Indeterminate, "noAnchor")}, "anchor ends"},
	} {
		all := chains(trustTrace(c.facts...))
		if len(all) != 1 || all[0].Judged == nil {
			t.Errorf("%s: %d chains", c.name, len(all))
			continue
		}
		var got []string
		for _, l := range all[0].Rows {
			got = append(got, l.Kind+" "+l.State)
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
	// The verdict on a trace is the worst of its chains, and one that goes on has none.
	all := chains(trustTrace(anchor, judged(lookup.Insecure, "unsignedZone"), anchor, judged(lookup.Secure, ""), anchor))
	if worst := overall(all); len(all) != 3 || worst == nil || worst.Judged.Verdict != lookup.Insecure || all[2].Judged != nil {
		t.Errorf("%d chains, overall %+v", len(all), worst)
	}
	if overall(chains(nil)) != nil || overall(chains(trustTrace(anchor))) != nil {
		t.Error("a verdict without a fact")
	}
}

// Hashes lie on the circle where they are in the order of hashes.
func TestCircleOfHashes(t *testing.T) {
	if a, b := angle("00000000000000000000000000000000"), angle("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"); a != 0 || b < 6.28 {
		t.Errorf("%v %v", a, b)
	}
	if angle("g0000000000000000000000000000000") < 3.14 || angle("no hash") != 0 {
		t.Error("half way is not half way")
	}
	for _, d := range [][2]string{{"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "35mthgpgcu1qg68fab165klnsnk3dpvl"}, {"v5mthgpgcu1qg68fab165klnsnk3dpvl", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"}} {
		spans := spansOf(&lookup.DenialChecked{Method: "NSEC3", Spans: []lookup.DenialSpan{{From: d[0], To: d[1], Hash: d[0], Use: "covers", OptOut: true}}})
		if len(spans) != 1 || !strings.Contains(spans[0].Arc, " 0 0 1 ") || spans[0].Key != "trust.span.covers.optOut" {
			t.Errorf("%+v: a short arc, also round the end", spans)
		}
	}
}
