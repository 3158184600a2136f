package lookup

import "strings"

// The sentences of HTTP. They are said by the server only.

func (f UrlRead) Line() Line {
	key := "url.read.typed"
	if f.Assumed != "" {
		key = "url.read.assumed"
	}
	return line(key, "typed", shown(f.Typed), "url", shown(f.URL), "assumed", f.Assumed, "host", shown(f.Host), "port", num(f.Port))
}

func (f FetchStarted) Line() Line {
	return line("fetch.started."+f.Why, "n", num(f.N), "url", shown(f.URL), "method", shown(f.Method))
}

func (f FetchFinished) Line() Line {
	return f.Stop.line("fetch.finished."+f.Outcome, "n", num(f.N), "url", shown(f.URL), "status", num(f.Status), "detail", shown(f.Detail), "total", num(f.TotalUs), "first", num(f.FirstUs))
}

func (f HstsConsulted) Line() Line {
	key := "hsts.consulted.unknown"
	if f.Upgraded {
		key = "hsts.consulted." + f.Source
	}
	return line(key, "host", f.Host.Short(), "entry", f.Entry.Short(), "url", shown(f.URL))
}

func (f HstsStored) Line() Line {
	key := "hsts.stored.host"
	if f.Subdomains {
		key = "hsts.stored.below"
	}
	return line(key, "host", f.Host.Short(), "until", f.Until.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (f HstsForgotten) Line() Line { return line("hsts.forgotten", "host", f.Host.Short()) }

func (f HstsIgnored) Line() Line {
	return line("hsts.ignored."+f.Reason, "host", shown(f.Host), "value", shown(f.Value))
}

func (f RequestSent) Line() Line {
	key := "request.sent.first"
	if f.Nth > 1 {
		key = "request.sent.again"
	}
	return line(key, "method", shown(f.Method), "url", shown(f.URL), "version", f.Version, "conn", num(f.Conn), "nth", num(f.Nth), "bytes", num(len(f.Head)+f.Body))
}

func (f HeadReceived) Line() Line {
	return line("head.received."+f.Framing, "version", f.Version, "status", num(f.Status), "phrase", shown(f.Phrase), "conn", num(f.Conn), "length", num(f.Length))
}

func (f ChunkReceived) Line() Line {
	key := "chunk.received.some"
	if f.Size == 0 {
		key = "chunk.received.last"
	}
	return line(key, "size", num(f.Size), "of", num(f.Of))
}

func (f BodyArrived) Line() Line {
	return line("body.arrived", "size", num(f.Size), "of", num(f.Of))
}

func (f BodyFinished) Line() Line {
	key := "body.finished.whole"
	switch {
	case !f.Whole:
		key = "body.finished." + f.Reason
	case f.Coding != "":
		key = "body.finished.decoded"
	}
	return line(key, "wire", num(f.Wire), "decoded", num(f.Decoded), "coding", shown(f.Coding), "media", shown(f.Media))
}

func (f RedirectFollowed) Line() Line {
	return line("redirect.followed."+f.Rule, "status", num(f.Status), "from", shown(f.From), "to", shown(f.To), "before", f.Before, "after", f.After, "nth", num(f.Nth))
}

func (f RedirectStopped) Line() Line {
	return line("redirect.stopped."+f.Reason, "status", num(f.Status), "location", shown(f.Location), "limit", num(f.Limit))
}

func (f CookieStored) Line() Line {
	key := "cookie.stored.session"
	switch {
	case f.Gone:
		key = "cookie.stored.gone"
	case !f.Until.IsZero():
		key = "cookie.stored.until"
	}
	return line(key, "name", shown(f.Name), "domain", shown(f.Domain), "path", shown(f.Path), "until", f.Until.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (f CookieRefused) Line() Line {
	return line("cookie.refused."+f.Reason, "field", shown(f.Field))
}

func (f CookiesSent) Line() Line {
	return line("cookies.sent", "names", shown(strings.Join(f.Names, ", ")))
}

func (f StoreConsulted) Line() Line {
	return line("store.consulted."+f.Verdict, "url", shown(f.URL), "age", num(f.AgeSec), "lifetime", num(f.LifetimeSec), "rule", f.Rule)
}

func (f StoreFilled) Line() Line {
	key := "store.filled.for"
	if f.LifetimeSec == 0 {
		key = "store.filled.asking"
	}
	return line(key, "url", shown(f.URL), "lifetime", num(f.LifetimeSec), "size", num(f.Size))
}

func (f StoreRefreshed) Line() Line {
	return line("store.refreshed", "url", shown(f.URL), "lifetime", num(f.LifetimeSec), "saved", num(f.Saved))
}

func (f StoreSkipped) Line() Line { return line("store.skipped."+f.Reason, "url", shown(f.URL)) }

// pageKeys lists the keys of these sentences.
func pageKeys() []string {
	var keys []string
	for _, k := range []struct {
		fact string
		ends []string
	}{
		{"url.read", []string{"typed", "assumed"}},
		{"fetch.started", []string{"typed", "redirect", "resource"}},
		{"fetch.finished", []string{"done", "redirect", "cached", "failed"}},
		{"hsts.consulted", []string{"unknown", "header", "preload"}},
		{"hsts.stored", []string{"host", "below"}},
		{"hsts.ignored", []string{"plain", "address", "malformed"}},
		{"request.sent", []string{"first", "again"}},
		{"head.received", []string{"none", "length", "chunked", "close", "frames"}},
		{"chunk.received", []string{"some", "last"}},
		{"body.finished", []string{"whole", "decoded", "cut", "tooBig", "bomb", "malformed", "timeout"}},
		{"redirect.followed", []string{"same", "seeOther", "postToGet"}},
		{"redirect.stopped", []string{"loop", "tooMany", "scheme", "malformed", "missing"}},
		{"cookie.stored", []string{"session", "until", "gone"}},
		{"cookie.refused", []string{"malformed", "foreign", "suffix", "plain", "prefix", "tooBig"}},
		{"store.consulted", []string{"none", "fresh", "stale"}},
		{"store.filled", []string{"for", "asking"}},
		{"store.skipped", []string{"method", "status", "noStore", "vary", "size"}},
	} {
		for _, end := range k.ends {
			keys = append(keys, k.fact+"."+end)
		}
	}
	return append(keys, "hsts.forgotten", "body.arrived", "cookies.sent", "store.refreshed")
}
