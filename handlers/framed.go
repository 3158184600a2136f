package handlers

import (
	"mime"
	"net/http"
	"strings"

	"rootwalk/lookup"
)

// A page of the lab is really drawn by the visitor's browser: in a frame whose
// document and resources are the octets that a journey's trace has, at
//
//	/lookups/{id}/framed/http/www.example.co.kr/page
//
// The frame is sandboxed: its origin is opaque, so its scripts reach neither the
// page around it nor cookies nor anything of this site. Only what the lab's own
// servers said in a run of ours is shown so. Pages of the real Internet, and what
// a file says that somebody brought, are data: they are never executed.

// framedPath is the folder of a trace's framed page.
func framedPath(id string) string { return "/lookups/" + id + "/framed/" }

// measurePath is where the script of ours in that page is.
const measurePath = "measure.js"

// framedSite is a page that may be framed, with all that was fetched for it.
type framedSite struct {
	id       string
	document string                // URL
	parts    map[string]framedPart // by URL, without the fragment
}

// framedPart is a resource, whole.
type framedPart struct {
	media string
	data  []byte
}

// framed is the page of a trace that may be framed; false where there is none.
func (h *Handlers) framed(id string) (framedSite, bool) {
	rec, err := h.cfg.Rooms.Trace(id)
	if err != nil || rec.Imported() || !rec.Whole() {
		return framedSite{}, false
	}
	file := rec.File()
	if file.Network != "lab" {
		return framedSite{}, false
	}
	s := framedSite{id: id, parts: map[string]framedPart{}}
	urls, status := map[int]string{}, map[int]int{}
	for _, e := range file.Events {
		switch f := e.Fact.(type) {
		case lookup.FetchStarted:
			urls[f.N] = withoutFragment(f.URL)
		case lookup.RequestSent:
			urls[f.N] = withoutFragment(f.URL) // https where the HSTS list says so
		case lookup.HeadReceived:
			status[f.N] = f.Status
		case lookup.BodyFinished:
			if f.Whole && len(f.Data) == f.Decoded && status[f.N] == http.StatusOK {
				s.parts[urls[f.N]] = framedPart{f.Media, f.Data}
			}
		case lookup.DrawingStarted:
			if s.document = urls[f.N]; s.document == "" { // drawn again: the trace has no fetch
				s.document = withoutFragment(f.URL)
			}
		case lookup.SourceTaken:
			if len(f.Data) == f.Size {
				s.parts[withoutFragment(f.URL)] = framedPart{f.Media, f.Data}
			}
		}
	}
	document, known := s.parts[s.document]
	media, _, err := mime.ParseMediaType(document.media)
	return s, known && err == nil && media == "text/html"
}

func withoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// address is where a part is asked for; false for what is not kept.
func (s framedSite) address(url string) (string, bool) {
	if _, known := s.parts[url]; !known {
		return "", false
	}
	scheme, rest, _ := strings.Cut(url, "://")
	return framedPath(s.id) + scheme + "/" + rest, true
}

// Framed sends a part of a page that may be framed, or the script that measures
// in it.
func (h *Handlers) Framed(w http.ResponseWriter, r *http.Request) {
	s, ok := h.framed(r.PathValue("id"))
	if !ok {
		h.NotFound(w, r)
		return
	}
	path, _ := strings.CutPrefix(r.URL.EscapedPath(), framedPath(s.id))
	if path == measurePath {
		framedHeaders(w, r, s)
		h.send200(w, "text/javascript; charset=utf-8", "", h.cfg.Measure)
		return
	}
	scheme, rest, _ := strings.Cut(path, "/")
	url := scheme + "://" + rest
	if r.URL.RawQuery != "" {
		url += "?" + r.URL.RawQuery
	}
	part, ok := s.parts[url]
	if !ok {
		h.NotFound(w, r)
		return
	}
	framedHeaders(w, r, s)
	body := part.data
	if url == s.document {
		body = h.cfg.Framed(body, url, framedPath(s.id)+measurePath, s.address)
	}
	h.send200(w, part.media, "", body)
}

// framedHeaders are those of a framed page, instead of our own pages'. Its
// address alone, opened in a tab, has the same bounds as in the frame: the policy
// says sandbox. From its opaque origin everything of this site is another
// site's, so its own parts have to say that they may be used.
func framedHeaders(w http.ResponseWriter, r *http.Request, s framedSite) {
	own := policySource(r, framedPath(s.id))
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; script-src "+own+" 'unsafe-inline'; style-src "+own+" 'unsafe-inline'; img-src "+own+" data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	head.Set("Timing-Allow-Origin", "*")
	head.Set("Referrer-Policy", "no-referrer")
	head.Del("Cross-Origin-Opener-Policy") // it is about windows; with a sandbox browsers complain
}

// policySource is a folder of this site as a source of a content policy. The
// request's Host has been judged, but says what it likes behind a proxy's name.
func policySource(r *http.Request, folder string) string {
	for _, c := range r.Host {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c)) {
			return "'none'"
		}
	}
	return r.Host + folder
}

// allowFrame lets the page around the frame have it, and nothing else in a frame.
func allowFrame(w http.ResponseWriter, r *http.Request, id string) {
	const policy = "Content-Security-Policy"
	w.Header().Set(policy, w.Header().Get(policy)+"; frame-src "+policySource(r, framedPath(id)))
}
