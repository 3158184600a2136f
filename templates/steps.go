package templates

import (
	"maps"
	"strconv"
	"strings"

	"rootwalk/lookup"
)

// step is one balloon of the list of steps in words.
type step struct {
	*Balloon
	Title, Why string
}

// steps are the balloons of a page's view in its language.
func steps(p Page) []step {
	if p.View == nil {
		return nil
	}
	out := make([]step, len(p.View.Balloons))
	for i := range p.View.Balloons {
		b := &p.View.Balloons[i]
		params := stepParams(p, b)
		out[i] = step{b, p.first(stepKeys("step."+b.Kind+".title", p.View, b), params), p.first(stepKeys("step."+b.Kind+".why", p.View, b), params)}
	}
	return out
}

// first is the text of the first key that there is.
func (p Page) first(keys []string, params map[string]string) string {
	return p.Words.With(firstKey(p.Words, keys), params)
}

func firstKey(w *lookup.Words, keys []string) string {
	for _, k := range keys {
		if w.Has(k) {
			return k
		}
	}
	return keys[len(keys)-1]
}

// stepKeys are the keys for one text of a balloon, from the most particular to
// the plainest: the same order as in static/js/steps.js.
func stepKeys(base string, v *View, b *Balloon) []string {
	who := "resolver"
	switch b.Host {
	case hostDevice:
		who = "stub"
		if strings.Contains(b.From+" "+b.To, "zone:") {
			who = "self" // it walks without a resolver
		}
	case hostOutside:
		who = "outside"
	}
	other := b.From
	if b.Kind == "query" || b.From == b.Host {
		other = b.To
	}
	if b.Kind == "verdict" && strings.HasSuffix(base, ".why") {
		return []string{"line." + b.Line.Key, base} // its reason says it all
	}
	where := ""
	if plate := v.Plate(other); plate != nil {
		where = string(plate.Role)
	}
	var keys []string
	for _, variant := range stepVariants(v, b) {
		keys = append(keys, base+"."+who+"."+variant, base+"."+variant)
	}
	return append(keys, base+"."+who+"."+where, base+"."+who, base+"."+where, base)
}

// stepVariants are what sets a balloon apart from others of its kind, the most
// telling first.
func stepVariants(v *View, b *Balloon) []string {
	end := b.Line.Key[strings.LastIndexByte(b.Line.Key, '.')+1:]
	var out []string
	if v.Balloons[0].Kind == "edited" {
		out = append(out, "edited")
	}
	switch b.Kind {
	case "edited":
		out = append(out, end)
	case "query":
		if b.Host == hostDevice && v.DNSSEC != nil && v.DNSSEC.Asked != "" {
			out = append(out, "dnssec."+v.DNSSEC.Asked)
		}
		if checks(v, b) {
			switch b.TagText {
			case "DNSKEY?":
				out = rooted(out, "dnssec.keys", b.Line.Params["name"])
			case "DS?":
				out = append(out, "dnssec.ds")
			}
		}
		if b.Transport == "tcp" || b.Transport == "https" {
			out = append(out, b.Transport)
		}
		if end == "again" {
			out = append(out, "again")
		}
		if minimised(v, b) {
			out = append(out, "minimised")
		}
		if name, sent := b.Line.Params["name"]; sent && v.Question != nil && !strings.EqualFold(name, v.Question.Name.Short()) {
			out = append(out, "restart")
		}
	case "cache":
		if strings.HasPrefix(b.Line.Key, "cache.hit.") {
			if b.Line.Params["cache"] == cacheBrowser {
				out = append(out, cacheBrowser)
			}
			out = append(out, end)
		}
		out = append(out, b.Outcome)
	case "referral":
		if b.Outcome == "noglue" {
			out = append(out, "noglue")
		}
		if lookup.Name(b.Line.Params["child"]+".").CountLabels()-lookup.Name(b.Line.Params["zone"]+".").CountLabels() > 1 {
			out = append(out, "far")
		}
	case "check":
		out = append(rooted(out, b.Line.Key, b.Line.Params["zone"]), b.Outcome)
	case "verdict":
		out = append(out, b.Outcome)
	case "answer", "nodata", "nxdomain":
		if checks(v, b) && strings.HasPrefix(b.TagText, "DNSKEY ") {
			out = append(out, "dnssec.keys")
		}
		if b.Outcome == "ad" {
			out = append(out, "dnssec.ad")
		}
		if asks(b.Host) && v.Counts.Resolver == 0 {
			out = append(out, "cached")
		}
	case "lame", "rejected", "unreachable", "limit", "blocked":
		out = append(out, end)
	case "errand":
		out = append(out, b.Line.Key)
	case "failure":
		if b.Host == hostDevice && v.DNSSEC != nil && v.DNSSEC.Verdict == lookup.Bogus {
			out = append(out, "dnssec.bogus")
		}
		out = append(out, strings.ToLower(b.TagText))
	}
	return out
}

// checks reports whether a balloon is about a question that a resolver asks for
// the sake of a check.
func checks(v *View, b *Balloon) bool {
	return v.DNSSEC != nil && v.DNSSEC.Asked != "unchecked" && !asks(b.Host)
}

// rooted adds a variant, before it the one for the root if that is the zone: the
// root has a name in words only.
func rooted(out []string, variant, zone string) []string {
	if zone == "." {
		out = append(out, variant+".root")
	}
	return append(out, variant)
}

// minimised says whether a query tells the server less than the whole name
// (RFC 9156): it asks for a name above one that is sought.
func minimised(v *View, b *Balloon) bool {
	name, sent := b.Line.Params["name"]
	name = strings.ToLower(name)
	above := false
	for _, n := range v.Names {
		sought := strings.ToLower(n.Name.Short())
		if sought == name {
			return false
		}
		above = above || strings.HasSuffix(sought, "."+name)
	}
	return sent && name != "." && above
}

// stepParams are the values for the blanks of a balloon's texts.
func stepParams(p Page, b *Balloon) map[string]string {
	params := map[string]string{
		"from": plateLabel(p, b.From), "to": plateLabel(p, b.To),
		"stub": strconv.Itoa(p.View.Counts.Stub), "resolver": strconv.Itoa(p.View.Counts.Resolver),
	}
	maps.Copy(params, b.Line.Params)
	return params
}

// plateLabel is what a plate is called in a sentence: "root server".
func plateLabel(p Page, id string) string {
	plate := p.View.Plate(id)
	if plate == nil {
		return ""
	}
	if plate.Host == hostOutside {
		return p.T("who.outside")
	}
	return p.T("who."+string(plate.Role), "host", plate.Host, "zone", plate.Zone.Short())
}

// tagOf is what stands on a message's tag.
func tagOf(p Page, b *Balloon) string {
	if b.TagKey == "" {
		return b.TagText
	}
	return p.T(b.TagKey, "type", b.TagText, "rcode", b.TagText)
}

// isCheck reports whether a step is one of validation.
func isCheck(kind string) bool { return kind == "check" || kind == "verdict" }

// trustHref leads to the place of a check in the chain of trust.
func trustHref(p Page, s step) string {
	return detailHref(p, "trust") + "#" + zoneID(s.Zone)
}

// zoneID is the place of a zone on the sheet of the chain of trust.
func zoneID(zone lookup.Name) string { return "zone:" + string(zone.Canonical()) }

// trustKey says what is there: of what is bogus, also how to get it unchecked.
func trustKey(s step) string {
	if s.Kind == "verdict" && s.Outcome == string(lookup.Bogus) {
		return "step.trust.bogus"
	}
	return "step.trust"
}

// bringsRecords reports whether the message of a step brings records.
func bringsRecords(s step) bool {
	switch s.Kind {
	case "answer", "alias", "referral", "nodata", "nxdomain", "lame":
		return s.Message >= 0
	}
	return false
}
