package static

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Parts are the families of words, by the first part of their keys, that are
// sent only to pages which ask for them: as i18n/en/faults.json beside the
// common i18n/en.json. All of them lie in one file a language here.
var Parts = []string{"caches", "dnssec", "errand", "frame", "keys", "predict", "provenance", "reach", "share", "terms"}

// factLines are the facts, by the first part of their kinds, whose words are
// sent only with a trace that has such facts (js/word-parts.js): as parts of
// these names.
var factLines = map[string][]string{
	"dnssec": {"validation", "anchor", "digest", "key", "keys", "signature", "denial", "delegation", "chain"},
	"errand": {"mode", "search", "targets", "target", "race", "experiment"},
}

// factSteps are the steps, by kind, that such facts open.
var factSteps = map[string][]string{"dnssec": {"check", "verdict", "trust"}, "errand": {"errand"}}

// serverOnly are families that no script reads: they are on pages already.
var serverOnly = []string{"belief", "bits", "chains", "connect", "delegation", "draw", "encrypt", "faults", "glossary", "hierarchy", "journey", "moves", "print", "request", "spoof", "transfer", "trust", "whatif", "zone", "zones"}

// serverLines are the facts, by the first part of their kinds, whose sentences
// no script says.
var serverLines = []string{
	"copies", "diff", "notify", "refresh", "serial", "timer", "transfer", "zone",
	"buffers", "call", "descriptor", "dial", "journey", "leg", "packet", "state", "stopped",
	"attempt", "body", "chunk", "cookie", "cookies", "fetch", "frame", "head", "hole", "hsts", "preface", "redirect", "request", "run", "service", "services", "session", "store", "stream", "url",
	"alert", "certificate", "finished", "fragment", "handshake", "secret",
	"bound", "boxes", "change", "construct", "drawing", "image", "layers", "moments", "paint", "resource", "script", "sheet", "source", "stage", "styles", "tokens", "tree",
}

// Family is the first part of a key. What is said of certain facts only is
// together: "transfer" of sentences that the server alone says, "dnssec" and
// "errand" of words that come with a trace that needs them.
func Family(key string) string {
	first, rest, _ := strings.Cut(key, ".")
	noun, _, _ := strings.Cut(rest, ".")
	if first == "line" && slices.Contains(serverLines, noun) {
		return "transfer"
	}
	for part := range factLines {
		if first == "line" && slices.Contains(factLines[part], noun) || first == "step" && slices.Contains(factSteps[part], noun) || (first == "step" || first == "block") && strings.Contains(key, "."+part+".") {
			return part
		}
	}
	return first
}

// addWords puts the word files of one language into a table, divided.
func addWords(t map[string]*asset, name string) {
	var all map[string]string
	if err := json.Unmarshal(File(name), &all); err != nil {
		panic("static: " + name + ": " + err.Error()) // the words were checked when the program was built
	}
	common := map[string]string{}
	parts := map[string]map[string]string{}
	for _, p := range Parts {
		parts[p] = map[string]string{}
	}
	for key, text := range all {
		f := Family(key)
		switch {
		case slices.Contains(serverOnly, f):
		case parts[f] != nil:
			parts[f][key] = text
		default:
			common[key] = text
		}
	}
	put := func(name string, words map[string]string) {
		b, err := json.Marshal(words) // in the order of the keys
		if err != nil {
			panic("static: " + err.Error())
		}
		t[name] = newAsset(name, b)
	}
	put(name, common)
	for p, words := range parts {
		put(path.Join(strings.TrimSuffix(name, ".json"), p+".json"), words)
	}
}
