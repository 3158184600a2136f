package hosting

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/lab/auth"
)

// maxRecordText bounds each part of a lookup.RecordText, in octets.
const maxRecordText = 4096

func ttlText(ttl uint32) string { return strconv.FormatUint(uint64(ttl), 10) }

// Records lists the records of a zone in the order of its file.
func (o *Operator) Records(zone lookup.Name) ([]lookup.ZoneRecord, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(zone)
	if err != nil {
		return nil, err
	}
	l := layoutOf(h.name, o.text(h), h.copies[0].zone)
	if l == nil {
		return nil, nil
	}
	var rrs []dns.RR
	for _, r := range l.records {
		rrs = append(rrs, r.rr)
	}
	out := make([]lookup.ZoneRecord, 0, len(rrs))
	for i, r := range reportedUpTo(rrs, maxShownRecords) {
		out = append(out, lookup.ZoneRecord{Record: r, Key: recordKey(rrs[i]), Line: l.records[i].first + 1, Last: l.records[i].last + 1})
	}
	return out, nil
}

// EditRecord adds a record, takes one away, or puts one in the place of another,
// in the zone's file: everything else there stays as it is. A TTL is that of the whole
// RRset (RFC 2181 section 5.2), so its other records get it too. The error is a
// *lookup.ZoneMistake with the field that is wrong.
func (o *Operator) EditRecord(e lookup.RecordEdit) (Run, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h, err := o.zone(e.Zone)
	if err != nil {
		return Run{}, err
	}
	l := layoutOf(h.name, o.text(h), h.copies[0].zone)
	if l == nil {
		return Run{}, ErrUnknownRecord
	}
	var old []int
	if e.Old != "" {
		i := l.find(e.Old)
		if i < 0 {
			return Run{}, ErrUnknownRecord
		}
		old = append(old, i)
	}
	var fresh []dns.RR
	what := ""
	if e.New != nil {
		rr, err := l.read(*e.New)
		if err != nil {
			return Run{}, err
		}
		fresh = append(fresh, rr)
		what = lookup.Name(rr.Header().Name).Short() + " " + dns.Type(rr.Header().Rrtype).String()
		// The others of its RRset follow its TTL.
		for i, r := range l.records {
			g, f := r.rr.Header(), rr.Header()
			if g.Rrtype == f.Rrtype && strings.EqualFold(g.Name, f.Name) && g.Ttl != f.Ttl && (len(old) == 0 || old[0] != i) {
				same := dns.Copy(r.rr)
				same.Header().Ttl = f.Ttl
				old, fresh = append(old, i), append(fresh, same)
			}
		}
	} else if len(old) > 0 {
		h := l.records[old[0]].rr.Header()
		what = lookup.Name(h.Name).Short() + " " + dns.Type(h.Rrtype).String()
	}
	if len(old)+len(fresh) == 0 {
		return Run{}, ErrUnknownRecord
	}
	do := "record"
	switch {
	case e.New == nil:
		do = "recordGone"
	case e.Old == "":
		do = "recordNew"
	}
	return o.alter(Edited{Do: do, Zone: h.name, What: what}, func() (*run, error) { return o.rewrite(h, l, old, fresh, !e.Keep, true) })
}

// rewrite puts records in the place of others in a zone's file, as a part of an
// edit. The lock is held.
func (o *Operator) rewrite(h *hosted, l *layout, old []int, fresh []dns.RR, raise, tell bool) (*run, error) {
	keys := make([]string, len(old))
	for i, k := range old {
		keys[i] = recordKey(l.records[k].rr)
	}
	if !l.put(old, fresh) { // lines that are several records, or none: written plainly, one is one
		if l = readLayout(h.name, write(h.copies[0].zone)); l == nil {
			return nil, ErrUnknownRecord
		}
		old = old[:0]
		for _, key := range keys {
			i := l.find(key)
			if i < 0 {
				return nil, ErrUnknownRecord
			}
			old = append(old, i)
		}
		if !l.put(old, fresh) {
			return nil, ErrUnknownRecord
		}
	}
	r, err := o.edit(h, l.text(), raise, tell)
	if wrong, ok := err.(*lookup.ZoneMistake); ok {
		wrong.Line = 0 // of a file that nobody has seen
		wrong.Field = fieldOf(wrong.Code)
	}
	return r, err
}

// read makes a record of what was filled in.
func (l *layout) read(t lookup.RecordText) (dns.RR, error) {
	for field, text := range map[string]string{"name": t.Name, "ttl": t.TTL, "type": t.Type, "data": t.Data} {
		if len(text) > maxRecordText || strings.ContainsAny(text, "\r\n") {
			return nil, &lookup.ZoneMistake{Code: "field.long", Field: field, Text: "one line, and no more than 4096 octets"}
		}
	}
	typ, err := lookup.ParseType(t.Type)
	if err != nil || strings.TrimSpace(t.Type) == "" {
		return nil, &lookup.ZoneMistake{Code: "type", Params: map[string]string{"token": lookup.Printable(t.Type)}, Field: "type", Text: "no such type"}
	}
	name := strings.TrimSpace(t.Name)
	if name == "" {
		name = "@"
	}
	if strings.ContainsAny(name, " \t;()\"$") {
		return nil, &lookup.ZoneMistake{Code: "owner", Params: map[string]string{"token": lookup.Printable(name)}, Field: "name", Text: "this is no name"}
	}
	if name != "@" {
		if parsed, err := lookup.ParseName(name); err == nil && strings.HasSuffix(name, ".") && !parsed.In(l.zone) {
			return nil, &lookup.ZoneMistake{Code: "outside", Params: map[string]string{"name": string(parsed), "zone": string(l.zone)}, Field: "name", Text: "the name lies outside the zone"}
		}
	}
	data := strings.TrimSpace(t.Data)
	if data == "" {
		return nil, &lookup.ZoneMistake{Code: "data.missing", Params: map[string]string{"type": typ.String()}, Field: "data", Text: "no data"}
	}
	ttl := strings.TrimSpace(t.TTL)
	if ttl != "" {
		n, err := strconv.ParseUint(ttl, 10, 64)
		switch {
		case err != nil:
			return nil, &lookup.ZoneMistake{Code: "ttl", Params: map[string]string{"token": lookup.Printable(ttl)}, Field: "ttl", Text: "a TTL is a number of seconds"}
		case n > 1<<31-1:
			return nil, &lookup.ZoneMistake{Code: "ttl.large", Params: map[string]string{"ttl": ttl}, Field: "ttl", Text: "the TTL is too large"}
		}
	}
	text := "$ORIGIN " + string(l.zone) + "\n$TTL 300\n" + name + " " + ttl + " IN " + typ.String() + " " + data + "\n"
	p := dns.NewZoneParser(strings.NewReader(text), "", "record")
	p.SetIncludeAllowed(false)
	rr, ok := p.Next()
	if !ok {
		err := fileError(auth.RecordMistake(p.Err()))
		err.Line, err.Field = 0, fieldOf(err.Code)
		return nil, err
	}
	if extra, more := p.Next(); more || p.Err() != nil || extra != nil {
		return nil, &lookup.ZoneMistake{Code: "garbage", Params: map[string]string{"token": lookup.Printable(data)}, Field: "data", Text: "something follows the data"}
	}
	rr = normal(rr)
	if ttl == "" {
		for _, r := range l.records {
			if g := r.rr.Header(); g.Rrtype == rr.Header().Rrtype && strings.EqualFold(g.Name, rr.Header().Name) {
				rr.Header().Ttl = g.Ttl
			}
		}
	}
	return rr, nil
}

// fieldOf is the field of a record that a mistake is about.
func fieldOf(code string) string {
	switch code {
	case "owner", "outside", "relative", "alias.alone", "alias.second", "dname.below", "cut.below", "cut.data", "names":
		return "name"
	case "ttl", "ttl.large", "ttl.differs", "ttl.missing":
		return "ttl"
	case "type", "soa.second", "soa.first", "class", "ns.none":
		return "type"
	}
	return "data"
}
