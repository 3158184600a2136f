package handlers

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

// cookieAge is how long a chosen language or theme is remembered.
const cookieAge = 365 * 24 * 60 * 60 // seconds

var languages = language.NewMatcher([]language.Tag{language.English, language.Korean})

// lang is the language of a visit: chosen in the address, that of the form that
// was sent, remembered, or what the browser prefers (RFC 9110 §12.5.4).
func (h *Handlers) lang(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); h.cfg.Words[l] != nil {
		return l
	}
	if l := r.PostForm.Get("lang"); h.cfg.Words[l] != nil { // the language of the page with the form
		return l
	}
	if c, err := r.Cookie("lang"); err == nil && h.cfg.Words[c.Value] != nil {
		return c.Value
	}
	tag, _ := language.MatchStrings(languages, r.Header.Get("Accept-Language"))
	if base, _ := tag.Base(); base.String() == "ko" && h.cfg.Words["ko"] != nil {
		return "ko"
	}
	return "en"
}

func theme(r *http.Request) string {
	t := r.URL.Query().Get("theme")
	if t == "" {
		if c, err := r.Cookie("theme"); err == nil {
			t = c.Value
		}
	}
	if t == "light" || t == "dark" {
		return t
	}
	return ""
}

// depth is how much a visit wants to see: "basic", "expert", or "" for all.
func depth(r *http.Request) string {
	d := r.URL.Query().Get("depth")
	if d == "" {
		if c, err := r.Cookie("depth"); err == nil {
			d = c.Value
		}
	}
	if d == "basic" || d == "expert" {
		return d
	}
	return ""
}

// remember keeps a language, theme or depth that was chosen in the address.
func (h *Handlers) remember(w http.ResponseWriter, r *http.Request) {
	set := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: cookieAge, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	if l := r.URL.Query().Get("lang"); h.cfg.Words[l] != nil {
		set("lang", l)
	}
	if d := r.URL.Query().Get("depth"); d == "basic" || d == "expert" {
		set("depth", d)
	}
	if t := r.URL.Query().Get("theme"); t == "light" || t == "dark" {
		set("theme", t)
	}
}

// roomName is the room that a request is about: from a form that has been
// read, or from the address. It reads no body, unlike FormValue, which would
// take in files of any size, with GET too.
func roomName(r *http.Request) string {
	if name := r.PostForm.Get("room"); name != "" {
		return name
	}
	if name := r.URL.Query().Get("room"); name != "" {
		return name
	}
	return room.Main
}

// page is what all pages have.
func (h *Handlers) page(r *http.Request, roomName string) templates.Page {
	p := templates.Page{
		Words: h.cfg.Words[h.lang(r)], Theme: theme(r), Room: roomName, Path: localPath(r.URL), Assets: h.cfg.Assets(mainEntry),
		Form: templates.Form{Examples: examples},
	}
	p.Other = h.cfg.Words[p.OtherLang()]
	p.Depth = depth(r)
	if r.URL.Query().Get("mode") == "projector" {
		p.Mode = "projector"
	}
	return p
}

// localPath is an address inside this site; anything else becomes the start
// page, so that no form can be made to lead away.
func localPath(u *url.URL) string {
	p := u.EscapedPath()
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.Contains(p, "\\") {
		return "/"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}

// wantsJSON reports whether a client would rather have JSON than a page.
func wantsJSON(r *http.Request) bool {
	if strings.HasSuffix(r.URL.Path, ".json") || isJSON(r.Header.Get("Content-Type")) {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

// examples are names worth trying in the lab, each for another reason. A test
// of the program looks every one of them up.
var examples = []templates.Example{
	{Name: "www.example.co.kr", Type: "A", Note: "example.plain"},
	{Name: "wwww.example.co.kr", Type: "A", Note: "example.nxdomain"},
	{Name: "www.nodata.example", Type: "AAAA", Note: "example.nodata"},
	{Name: "www.rotate.example", Type: "A", Note: "example.rotate"},
	{Name: "www.chain.example", Type: "A", Note: "example.chain"},
	{Name: "mx.example", Type: "MX", Note: "example.mx"},
	{Name: "www.sidewalk.org", Type: "A", Note: "example.sidewalk"},
	{Name: "www.lame.test", Type: "A", Note: "example.lame"},
	{Name: "t4k.big.test", Type: "TXT", Note: "example.tcp"},
	{Name: "five.short.test", Type: "A", Note: "example.short"},
	{Name: "한글.kr", Type: "A", Note: "example.idn"},
	{Name: "10.113.0.203.in-addr.arpa", Type: "PTR", Note: "example.ptr"},
	{Name: "types.example", Type: "TYPE65400", Note: "example.type"},
}
