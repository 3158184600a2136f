package draw

import (
	"strings"
	"time"

	"rootwalk/lookup"
)

// unknown is the time of what is not known.
const unknown = time.Duration(-1)

func us(t time.Duration) int64 {
	if t < 0 {
		return -1
	}
	return t.Microseconds()
}

// when is the time at which the first n octets of a resource were there.
func (s *Source) when(n int) time.Duration {
	for _, a := range s.Arrivals {
		if a.To >= n {
			return a.At
		}
	}
	if k := len(s.Arrivals); k > 0 {
		return s.Arrivals[k-1].At
	}
	return unknown
}

// ended is the time at which a resource was there or had failed.
func (s *Source) ended() time.Duration {
	if s == nil || !s.Asked {
		return unknown
	}
	return s.Ended
}

// script is a script of the page, as the parser treats it (HTML Standard §4.12.1).
type script struct {
	node int
	rule string
	url  string
	src  *Source
}

// scriptOf reads what a script element says about when it runs.
func (p *Page) scriptOf(id int) script {
	n := p.tree.at(id)
	s := script{node: id, rule: "inline"}
	src, external := n.attr("src")
	_, async := n.attr("async")
	_, deferred := n.attr("defer")
	if external {
		s.url = p.absolute(src)
		s.src = p.in.find(s.url)
	}
	switch kind := strings.ToLower(strings.TrimSpace(n.get("type"))); {
	case kind == "module" && async:
		s.rule = "async"
	case kind == "module":
		s.rule = "module"
	case kind != "" && !strings.Contains(kind, "javascript") && !strings.Contains(kind, "ecmascript"):
		s.rule = "data"
	case !external:
	case async:
		s.rule = "async"
	case deferred:
		s.rule = "defer"
	default:
		s.rule = "blocking"
	}
	return s
}

// isSheet reports whether a link is a style sheet that this page loads.
func isSheet(n *node) bool {
	return n.tag == "link" && n.has("rel", "stylesheet") && !n.has("rel", "alternate") && n.get("href") != ""
}

type waiting struct {
	node  int
	src   *Source
	found time.Duration
	there time.Duration
	first bool // the first drawing waits for it
}

// reckon works out, from the times at which octets came, what had to wait for what. The
// parser is thought to read each octet when it came, and scripts to take no time.
func (p *Page) reckon(step lookup.Step) {
	if !step.Recording() || len(p.in.Document.Arrivals) == 0 {
		return
	}
	doc := &p.in.Document
	last := doc.when(len(doc.Data))
	parser := doc.when(1)
	m := lookup.MomentsReckoned{FirstUs: us(parser), ReadUs: us(last), RenderUs: -1}
	var sheets []waiting
	var deferred []script
	body := unknown
	all := last
	held := 0
	hold := func(f lookup.ResourceHeld) {
		if held++; held <= p.limits.Told/4 {
			step.Report(f)
		}
	}
	for id := rootID + 1; id < len(p.tree.nodes); id++ {
		n := &p.tree.nodes[id]
		if n.kind != elementNode {
			continue
		}
		end := n.to
		if n.first != 0 && n.tag == "script" {
			end = p.tree.nodes[n.first].to
		}
		at := last
		if end >= 0 {
			at = doc.when(end)
		}
		found := max(parser, at)
		switch {
		case n.tag == "body":
			if end < 0 && n.first != 0 && p.tree.nodes[n.first].from >= 0 {
				found = max(parser, doc.when(p.tree.nodes[n.first].to))
			}
			body = found
		case isSheet(n):
			if v, has := n.attr("media"); has && !parseMedia(v).holds(p.width, p.height) {
				break // it comes, but nothing waits for it
			}
			// One that the parser meets in the body lets what is there be drawn.
			w := waiting{node: id, src: p.in.find(p.absolute(n.get("href"))), found: found, first: body == unknown}
			if w.there = w.src.ended(); w.there == unknown {
				break
			}
			sheets = append(sheets, w)
			if w.first && w.there > found {
				hold(lookup.ResourceHeld{N: w.src.N, URL: w.src.URL, Kind: "style", Node: id, Held: "rendering", Rule: "style", FromUs: us(found), ToUs: us(w.there)})
			}
		case n.tag == "script":
			parser = p.reckonScript(step, id, found, sheets, &deferred, &all, hold)
		}
	}
	parsed := max(parser, last)
	m.ParsedUs = us(parsed)
	if body != unknown {
		render := body
		for _, w := range sheets {
			if w.first {
				render = max(render, w.there)
			}
		}
		m.RenderUs = us(render)
	}
	ready := parsed
	for _, w := range sheets {
		all = max(all, w.there)
	}
	for _, s := range deferred {
		f := lookup.ScriptScheduled{URL: s.url, Node: s.node, Rule: s.rule, FoundUs: us(parsed), ThereUs: -1, RunUs: -1}
		there := parsed
		if s.src != nil {
			f.N = s.src.N
			f.ThereUs = us(s.src.ended())
			if there = s.src.ended(); there == unknown {
				there = ready
			}
		}
		f.FoundUs = us(p.foundAt(s.node))
		if ready > there && ready > parsed {
			hold(lookup.ResourceHeld{N: f.N, URL: s.url, Kind: "script", Node: s.node, Held: "script", Rule: "deferOrder", Whom: s.node, FromUs: us(max(there, parsed)), ToUs: us(ready)})
		}
		ready = max(ready, there)
		for _, w := range sheets {
			ready = max(ready, w.there)
		}
		if s.src != nil || s.url == "" {
			f.RunUs = us(ready)
		}
		step.Report(f)
	}
	m.DeferredUs = us(ready)
	all = max(all, ready)
	for i := range p.in.Others {
		if o := &p.in.Others[i]; o.Asked {
			all = max(all, o.Ended)
		}
	}
	m.LoadedUs = us(all)
	step.Report(m)
}

// foundAt is when the tag of a node was there.
func (p *Page) foundAt(id int) time.Duration {
	if n := p.tree.at(id); n.to >= 0 {
		return p.in.Document.when(n.to)
	}
	return unknown
}

// reckonScript tells one script and returns when the parser goes on.
func (p *Page) reckonScript(step lookup.Step, id int, found time.Duration, sheets []waiting, deferred *[]script, all *time.Duration, hold func(lookup.ResourceHeld)) time.Duration {
	s := p.scriptOf(id)
	f := lookup.ScriptScheduled{URL: s.url, Node: id, Rule: s.rule, FoundUs: us(found), ThereUs: us(found), RunUs: -1}
	there := found
	if s.url != "" {
		f.ThereUs = -1
		if there = s.src.ended(); there != unknown {
			f.N, f.ThereUs = s.src.N, us(there)
		}
	}
	switch s.rule {
	case "defer", "module":
		*deferred = append(*deferred, s)
		return found
	case "data":
		step.Report(f)
		return found
	case "async":
		if there != unknown {
			f.RunUs = us(max(found, there))
			*all = max(*all, there)
		}
		step.Report(f)
		return found
	}
	run := max(found, there)
	rule := "script"
	for _, w := range sheets {
		if w.there > found {
			hold(lookup.ResourceHeld{N: w.src.N, URL: w.src.URL, Kind: "style", Node: w.node, Held: "script", Rule: "styleBefore", Whom: id, FromUs: us(found), ToUs: us(w.there)})
		}
		if w.there > run {
			run, rule = w.there, "styleBefore"
		}
	}
	if there != unknown {
		f.RunUs = us(run)
	}
	step.Report(f)
	if run > found {
		hold(lookup.ResourceHeld{N: f.N, URL: s.url, Kind: "script", Node: id, Held: "parser", Rule: rule, FromUs: us(found), ToUs: us(run)})
	}
	return run
}
