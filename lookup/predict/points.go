package predict

import (
	"slices"
	"strconv"

	"rootwalk/lookup"
)

func zonePlate(z lookup.Name) string { return "zone:" + string(z.Canonical()) }

func zoneOption(key string, z lookup.Name, wrong string) option {
	return option{key: key, params: map[string]string{"zone": z.Short()}, plate: zonePlate(z), wrong: wrong}
}

// look is asked before a cache is looked into: the device's where it has, or
// had, the answer, else the resolver's.
func (w *watcher) look(e lookup.Event) *point {
	host, first := "", false
	switch x := e.Fact.(type) {
	case lookup.HostsSearched:
		host = x.Host
	case lookup.CacheMissed:
		host = x.Cache
	case lookup.CacheHit:
		host = x.Cache
	case lookup.CacheExpired:
		host = x.Cache
	}
	if host == w.device {
		first = e.Step != w.entry && w.knows(host) && w.once("cache "+host)
	} else {
		first = e.Step == w.entry && host == w.host && w.once("cache "+host)
	}
	if !first {
		return nil
	}
	p := &point{kind: "cache", key: "cache", params: map[string]string{"host": host, "name": w.question.Name.Short(), "type": w.question.Type.String()}}
	if host == w.device {
		p.key = "cache.device"
		p.options = []option{
			{key: "hit.device", plate: host, wrong: "M08"},
			{key: "miss.device", wrong: "M11", plate: w.resolverPlate()},
			zoneOption("zone.device", lookup.Root, "M03"),
		}
	} else {
		wrong := "M35"
		if w.knows(host) {
			wrong = "M08"
		}
		p.options = append([]option{{key: "hit", plate: host, wrong: wrong}}, w.starts(host)...)
	}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.HostsSearched:
			if host == w.device && len(x.Found) > 0 {
				p.right, p.why = &p.options[0], "cache.hosts"
			}
		case lookup.CacheHit:
			if x.Cache == host && (x.Use == "answer" || x.Use == "alias" || x.Use == "denial" || x.Use == "failure" || x.Use == "stale") {
				p.right, p.why = &p.options[0], "cache.hit"
			}
		case lookup.QuerySent:
			if host == w.device && x.Host == host {
				p.right, p.why = &p.options[1], "cache.miss.device"
			}
		case lookup.ServersListed:
			if x.Host != host {
				break
			}
			o := zoneOption("zone", x.Zone, "")
			p.right, p.why = &o, "cache.zone"
			if x.Source == "hints" {
				o.key, p.why = "hints", "cache.hints"
			}
		case lookup.ResolutionFinished, lookup.LookupFinished:
			p.shown = -1
			return true
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// knows reports whether a cache had an entry for the question when the lookup
// began, whatever has become of its TTL.
func (w *watcher) knows(cache string) bool {
	return slices.ContainsFunc(w.opened[cache].Entries, func(e lookup.CacheEntry) bool {
		return e.Name.Equal(w.question.Name) && e.Type == w.question.Type
	})
}

func (w *watcher) resolverPlate() string {
	if w.host != "" {
		return w.host
	}
	return "R1"
}

// starts are the places where a walk could begin: the closest zones whose
// servers the cache knows, the top-level domain, the root.
func (w *watcher) starts(host string) []option {
	out := []option{zoneOption("hints", lookup.Root, "M02")}
	known := 0
	for n := w.question.Name; n != lookup.Root && n != ""; n = n.Parent() {
		top := n.Parent() == lookup.Root
		has := slices.ContainsFunc(w.opened[host].Entries, func(e lookup.CacheEntry) bool {
			return e.Type == lookup.TypeNS && e.Kind == lookup.CachePositive && e.Name.Equal(n)
		})
		if has && known < 2 || top {
			known++
			wrong := "M02"
			if !has {
				wrong = "M34"
			}
			out = append(out, zoneOption("zone", n, wrong))
		}
	}
	return out
}

// afterwards is asked when something has come, or not come, that leaves open
// what the asker does next.
func (w *watcher) afterwards(e lookup.Event) *point {
	switch x := w.last.(type) {
	case lookup.ReferralReceived:
		if _, listed := e.Fact.(lookup.ServersListed); !listed {
			return nil
		}
		return w.next(x)
	case lookup.TruncationReceived:
		return w.transport(x)
	case lookup.QueryTimedOut:
		return w.lost("timeout", x.Party, x.Server)
	case lookup.QueryFailed:
		return w.lost("unreachable", x.Party, x.Server)
	case lookup.LameReceived:
		return w.lost("lame", x.Party, x.Server)
	case lookup.FailureReceived:
		return w.lost("failure", x.Party, x.Server)
	}
	return nil
}

// next is asked after a referral: whom does the resolver ask now?
func (w *watcher) next(r lookup.ReferralReceived) *point {
	if !w.once("next " + string(r.Child.Canonical())) {
		return nil
	}
	p := &point{kind: "next", key: "next", params: map[string]string{"host": r.Host, "zone": r.Zone.Short(), "child": r.Child.Short(), "name": r.Question.Name.Short()}}
	if r.Zone == lookup.Root {
		p.key = "next.root"
	}
	child := zoneOption("server", r.Child, "M05")
	p.options = []option{child, zoneOption("root", lookup.Root, "M02"), {key: "tell", plate: w.device, params: map[string]string{"zone": r.Child.Short()}, wrong: "M04"}}
	if deeper := below(r.Question.Name, r.Child); deeper != "" {
		p.options = append(p.options, zoneOption("server", deeper, "M14"))
	}
	without := len(r.Servers) > 0 && !slices.ContainsFunc(r.Servers, func(s lookup.NameServer) bool { return len(s.Addrs) > 0 })
	if without {
		p.options = append(p.options, option{key: "address", params: map[string]string{"name": r.Servers[0].Name.Short()}, wrong: "M05"})
	}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.ServerChosen:
			o := zoneOption("server", x.Zone, "")
			if x.Zone == lookup.Root {
				o.key = "root"
			}
			p.right, p.why = &o, "next.zone"
		case lookup.AddressWanted:
			o := option{key: "address", params: map[string]string{"name": x.Server.Short()}}
			for k := range p.options { // it may begin with another of the servers
				if p.options[k].key == "address" {
					p.options[k].params = o.params
				}
			}
			p.right, p.why = &o, "next.address"
		case lookup.ResolutionFinished, lookup.LookupFinished:
			return true
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// below is the name one label below a zone towards a name; "" if there is none.
func below(name, zone lookup.Name) lookup.Name {
	if !name.Below(zone) {
		return ""
	}
	for name.Parent() != "" && !name.Parent().Equal(zone) {
		name = name.Parent()
	}
	return name
}

// transport is asked after a truncated response.
func (w *watcher) transport(t lookup.TruncationReceived) *point {
	if !w.once("transport") {
		return nil
	}
	server := t.Server.Name.Short()
	p := &point{kind: "transport", key: "transport", params: map[string]string{"host": t.Host, "server": server}}
	p.options = []option{
		{key: "tcp", params: map[string]string{"name": server}, wrong: "M17"},
		{key: "udp", params: map[string]string{"name": server}, wrong: "M16"},
		{key: "part", wrong: "M18"},
		{key: "other", params: map[string]string{"zone": t.Zone.Short()}, wrong: "M06"},
	}
	if t.By == lookup.RoleStub {
		p.options = p.options[:3]
	}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.ConnectionOpened:
			p.right = &p.options[0]
		case lookup.QueryFailed:
			if x.Transport == "tcp" {
				p.right = &p.options[0]
			}
		case lookup.QuerySent:
			switch {
			case x.Transport == "tcp":
				p.right = &p.options[0]
			case x.Server == t.Server:
				p.right = &p.options[1]
			}
		case lookup.ServerChosen:
			p.right = &p.options[len(p.options)-1]
		case lookup.ResolutionFinished, lookup.LookupFinished:
			return true
		}
		p.shown, p.why = i, "transport"
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// lost is asked when a query has ended without a response of use.
func (w *watcher) lost(how string, by lookup.Party, server lookup.Server) *point {
	if by.By == lookup.RoleStub {
		return w.lostByDevice(how, by, server)
	}
	if !w.once("after " + how + " " + string(w.listed.Zone)) {
		return nil
	}
	name := server.Name.Short()
	p := &point{kind: "after", key: "after." + how, params: map[string]string{"host": by.Host, "server": name, "zone": w.listed.Zone.Short()}}
	again := option{key: "again", params: map[string]string{"name": name}, plate: zonePlate(w.listed.Zone), wrong: "M18"}
	if how != "timeout" {
		again.wrong = "M06"
	}
	giveUp := option{key: "giveup", plate: w.device, wrong: "M06"}
	p.options = []option{again, giveUp, zoneOption("root", lookup.Root, "M02")}
	if len(w.listed.Servers) > 1 {
		p.options = append(p.options, option{key: "other", params: map[string]string{"zone": w.listed.Zone.Short()}, plate: zonePlate(w.listed.Zone), wrong: "M06"})
	}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.ServerChosen:
			if x.Zone == w.listed.Zone && !x.Server.Name.Equal(server.Name) {
				p.right, p.why = &option{key: "other", params: map[string]string{"zone": x.Zone.Short()}, plate: zonePlate(x.Zone)}, "after.other"
			} else {
				p.right, p.why = &again, "after.again"
			}
		case lookup.QuerySent:
			p.right, p.why = &again, "after.again"
		case lookup.AddressWanted:
			p.right, p.why = &option{key: "address", params: map[string]string{"name": x.Server.Short()}}, "next.address"
		case lookup.ResolutionFinished:
			p.right, p.why = &giveUp, "after.giveup"
		case lookup.LookupFinished:
			return true
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// lostByDevice is asked when the device's resolver says nothing of use.
func (w *watcher) lostByDevice(how string, by lookup.Party, server lookup.Server) *point {
	if !w.once("device " + how) {
		return nil
	}
	name := server.Name.Short()
	p := &point{kind: "after", key: "after.device." + how, params: map[string]string{"host": by.Host, "server": name}}
	p.options = []option{
		{key: "again", params: map[string]string{"name": name}, plate: name, wrong: "M18"},
		{key: "giveup.device", plate: by.Host, wrong: "M12"},
		zoneOption("walk", lookup.Root, "M03"),
	}
	decided := w.ahead(func(i int, e lookup.Event) bool {
		switch x := e.Fact.(type) {
		case lookup.QuerySent:
			if x.By != lookup.RoleStub {
				return false
			}
			if x.Server == server {
				p.right, p.why = &p.options[0], "after.again"
			} else {
				other := x.Server.Name.Short()
				p.right, p.why = &option{key: "resolver", params: map[string]string{"name": other}, plate: other}, "after.resolver"
			}
		case lookup.LookupFinished:
			p.right, p.why = &p.options[1], "after.giveup.device"
		}
		p.shown = i
		return p.right != nil
	})
	if !decided {
		return w.wait()
	}
	return p
}

// reply is asked before the first response, and before those of servers that
// could know the name itself.
func (w *watcher) reply(e lookup.Event, r lookup.Reply) *point {
	deep := r.Zone.CountLabels() >= 2
	if w.replies > 0 && !deep {
		return nil
	}
	q := r.Question
	name, rrtype := q.Name.Short(), q.Type.String()
	p := &point{kind: "reply", key: "reply", params: map[string]string{"server": r.Server.Name.Short(), "zone": r.Zone.Short(), "name": name, "type": rrtype}, shown: e.Seq}
	data := option{key: "data", params: map[string]string{"type": rrtype, "name": name}, wrong: "M02"}
	nodata := option{key: "nodata", params: map[string]string{"type": rrtype, "name": name}, wrong: "M12"}
	nx := option{key: "nxdomain", params: map[string]string{"name": name}, wrong: "M12"}
	child := below(q.Name, r.Zone)
	if child == "" {
		child = q.Name
	}
	referral := option{key: "referral", params: map[string]string{"zone": child.Short()}, wrong: "M14"}
	recurse := option{key: "recurse", params: map[string]string{"zone": child.Short()}, wrong: "M04"}
	if deep {
		data.wrong = "M11"
		p.options = []option{data, nodata, nx, referral}
	} else {
		p.options = []option{data, referral, recurse, nx}
		if r.Zone == lookup.Root {
			p.key = "reply.root"
		}
	}
	switch x := e.Fact.(type) {
	case lookup.AnswerReceived:
		p.right, p.why = &data, "reply.data"
	case lookup.AliasReceived:
		p.right, p.why = &option{key: "alias", params: map[string]string{"name": name}}, "reply.alias"
	case lookup.ReferralReceived:
		referral.params = map[string]string{"zone": x.Child.Short()}
		for i := range p.options {
			if k := p.options[i].key; k == "referral" || k == "recurse" {
				p.options[i].params = referral.params
			}
		}
		p.right, p.why = &referral, "reply.referral"
		p.params["child"] = x.Child.Short()
	case lookup.NodataReceived:
		p.right, p.why = &nodata, "reply.nodata"
	case lookup.NxdomainReceived:
		p.right, p.why = &nx, "reply.nxdomain"
	default:
		return nil // a part, a failure: no answer that anybody could foresee
	}
	if !w.once("reply " + string(r.Zone.Canonical()) + " " + string(q.Name.Canonical())) {
		return nil
	}
	return p
}

// ttl is asked before the device hears its answer: how long may it keep it?
func (w *watcher) ttl(e lookup.Event) *point {
	x, ok := e.Fact.(lookup.AnswerReceived)
	if !ok || len(x.Records) == 0 || w.answer == nil || !w.once("ttl") {
		return nil
	}
	last := x.Records[len(x.Records)-1]
	p := &point{kind: "ttl", key: "ttl", params: map[string]string{"host": x.Server.Name.Short(), "name": last.Name.Short(), "type": last.Type.String()}, shown: e.Seq, why: "ttl.full"}
	seconds := func(n uint32, wrong string) option {
		return option{key: "ttl", params: map[string]string{"ttl": strconv.FormatUint(uint64(n), 10)}, wrong: wrong}
	}
	right := seconds(last.TTLSec, "")
	p.right = &right
	p.params["full"] = strconv.FormatUint(uint64(w.answer.TTLSec), 10)
	p.options = []option{right, seconds(0, "M11")}
	if last.TTLSec != w.answer.TTLSec {
		p.why = "ttl.left"
		p.options = append(p.options, seconds(w.answer.TTLSec, "M33"))
	}
	for i := len(w.ttls) - 1; i >= 0 && len(p.options) < 4; i-- { // other TTLs of this very walk
		if o := seconds(w.ttls[i], "M08"); !slices.ContainsFunc(p.options, o.same) {
			p.options = append(p.options, o)
		}
	}
	if len(p.options) < 3 {
		p.options = append(p.options, seconds(last.TTLSec*2, "M08"))
	}
	return p
}
