package lab

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Lessons are the pages that every web site of the lab has beside its start
// page: each shows one thing of HTTP. "GET /" lists them.
var lessons = []struct{ path, about string }{
	{"/redirect/301", "moved for good"},
	{"/redirect/302", "found elsewhere"},
	{"/redirect/303", "see other: what follows is GET"},
	{"/redirect/307", "for now elsewhere, with the same method"},
	{"/redirect/308", "for good elsewhere, with the same method"},
	{"/chain/5", "five redirects one after the other"},
	{"/loop", "redirects in a circle"},
	{"/elsewhere", "a redirect to another scheme"},
	{"/secure", "from http to https"},
	{"/chunked", "a body in chunks"},
	{"/gzip", "a body that is packed"},
	{"/cookie", "a cookie"},
	{"/cached", "good for a minute, then to be asked about"},
	{"/unkept", "not to be kept"},
	{"/slow", "half a second until the first octet"},
	{"/missing", "nothing there"},
	{"/page", "a page with a style sheet, a picture and a script"},
	{"/other", "reached at another port too (over https)"},
	{"/gallery", "a page with twelve pictures"},
}

// serveLesson answers for a lesson's path; false for all others.
func serveLesson(rw http.ResponseWriter, r *http.Request, now func() time.Time) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	head := rw.Header()
	// Dates are of lesson time: what is fresh is judged by it.
	head.Set("Date", now().UTC().Format(http.TimeFormat))
	html := func(title, text string) {
		head.Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(rw, lessonPage(title, text))
	}
	switch first {
	case "redirect":
		status, err := strconv.Atoi(rest)
		if err != nil || status != 301 && status != 302 && status != 303 && status != 307 && status != 308 {
			return false
		}
		head.Set("Location", "/landed")
		head.Set("Cache-Control", "no-store") // or a browser would not ask again
		rw.WriteHeader(status)
	case "landed":
		io.Copy(io.Discard, http.MaxBytesReader(rw, r.Body, 4096))
		head.Set("Cache-Control", "no-store")
		html("landed", "The method was "+r.Method+".")
	case "chain":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 || n > 50 {
			return false
		}
		head.Set("Location", "/landed")
		if n > 1 {
			head.Set("Location", "/chain/"+strconv.Itoa(n-1))
		}
		rw.WriteHeader(http.StatusFound)
	case "loop":
		head.Set("Location", "/loop/"+map[bool]string{true: "a", false: "b"}[rest == "b"])
		rw.WriteHeader(http.StatusFound)
	case "elsewhere":
		head.Set("Location", "ftp://"+r.Host+"/")
		rw.WriteHeader(http.StatusFound)
	case "secure":
		if r.TLS == nil {
			head.Set("Location", "https://"+r.Host+"/secure")
			rw.WriteHeader(http.StatusMovedPermanently)
			return true
		}
		head.Set("Strict-Transport-Security", "max-age=86400; includeSubDomains")
		html("secure", "From now on this host is reached over https only.")
	case "chunked":
		head.Set("Content-Type", "text/plain; charset=utf-8")
		for i := range 4 {
			fmt.Fprintf(rw, "chunk %d of 4\n", i+1)
			rw.(http.Flusher).Flush()
		}
	case "gzip":
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, lessonPage("gzip", strings.Repeat("The same words again and again pack well. ", 60)))
		z.Close()
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Content-Encoding", "gzip")
		head.Set("Vary", "Accept-Encoding")
		rw.Write(b.Bytes())
	case "cookie":
		head.Set("Cache-Control", "no-store")
		if c, err := r.Cookie("visits"); err == nil {
			n, _ := strconv.Atoi(c.Value)
			n = min(max(n, 0), 1000)
			http.SetCookie(rw, &http.Cookie{Name: "visits", Value: strconv.Itoa(n + 1), Path: "/", MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
			html("cookie", fmt.Sprintf("You have been here %d times before.", n))
			return true
		}
		http.SetCookie(rw, &http.Cookie{Name: "visits", Value: "1", Path: "/", MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.SetCookie(rw, &http.Cookie{Name: "everyone", Value: "1", Domain: "kr"}) // refused: a public suffix
		html("cookie", "You have not been here before.")
	case "cached":
		head.Set("Cache-Control", "max-age=60")
		head.Set("ETag", `"one"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			rw.WriteHeader(http.StatusNotModified)
			return true
		}
		html("cached", "This may be shown for a minute without asking.")
	case "unkept":
		head.Set("Cache-Control", "no-store")
		html("unkept", "This is asked for each time.")
	case "slow":
		select {
		case <-time.After(500 * time.Millisecond):
		case <-r.Context().Done():
			return true
		}
		head.Set("Cache-Control", "no-store")
		html("slow", "The server took half a second to think.")
	case "missing":
		http.Error(rw, "there is nothing here", http.StatusNotFound)
	case "page":
		return servePage(rw, r, rest)
	case "draw":
		if !serveDrawn(rw, r, rest) {
			head.Del("Date")
			return false
		}
	case "other":
		head.Set("Alt-Svc", fmt.Sprintf(`h2=":%d"; ma=60`, OtherPort))
		head.Set("Cache-Control", "no-store")
		port := "an unknown port"
		if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			port = "port " + strconv.Itoa(a.Port)
		}
		html("other", "You have come to "+port+". For a minute this site is at another one, too.")
	case "gallery":
		return serveGallery(rw, rest)
	default:
		head.Del("Date")
		return false
	}
	return true
}

// servePage is a page of several resources.
func servePage(rw http.ResponseWriter, r *http.Request, part string) bool {
	head := rw.Header()
	head.Set("Cache-Control", "max-age=300")
	switch part {
	case "":
		head.Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(rw, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>a page of several resources</title>
<link rel="stylesheet" href="/page/style.css">
<script src="/page/script.js"></script>
</head>
<body>
<h1>A page of several resources</h1>
<p class="lead">Its style sheet stops the first drawing, its script stops the reading of what follows.</p>
<p class="hidden">This is in the document, but not in what is drawn.</p>
<img src="/page/picture.svg" width="120" height="60" alt="two boxes and a line between them">
</body>
</html>
`)
	case "style.css":
		head.Set("Content-Type", "text/css; charset=utf-8")
		io.WriteString(rw, "body { margin: 2em; font: 16px/1.5 sans-serif; color: #222 }\n.lead { color: #555 }\n.hidden { display: none }\n")
	case "script.js":
		head.Set("Content-Type", "text/javascript; charset=utf-8")
		io.WriteString(rw, "document.addEventListener('DOMContentLoaded', () => document.body.classList.add('ready'));\n")
	case "picture.svg":
		head.Set("Content-Type", "image/svg+xml")
		io.WriteString(rw, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60"><path d="M10 20h30v20H10zM80 20h30v20H80zM40 30h40" fill="none" stroke="#222"/></svg>`+"\n")
	default:
		head.Del("Cache-Control")
		return false
	}
	return true
}

// galleryPictures is how many pictures the gallery has.
const galleryPictures = 12

// serveGallery is a page of many pictures, each of some fifteen thousand octets.
func serveGallery(rw http.ResponseWriter, part string) bool {
	rw.Header().Set("Cache-Control", "max-age=300")
	if part == "" {
		var b strings.Builder
		for i := range galleryPictures {
			fmt.Fprintf(&b, "<img src=\"/gallery/%d.svg\" width=\"60\" height=\"60\" alt=\"curve %[1]d\">\n", i+1)
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>gallery</title>\n<h1>Twelve pictures</h1>\n%s</html>\n", b.String())
		return true
	}
	n, err := strconv.Atoi(strings.TrimSuffix(part, ".svg"))
	if err != nil || n < 1 || n > galleryPictures || !strings.HasSuffix(part, ".svg") {
		rw.Header().Del("Cache-Control")
		return false
	}
	rw.Header().Set("Content-Type", "image/svg+xml")
	rw.Write(picture(n))
	return true
}

// picture draws a curve of many points (Lissajous).
func picture(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000"><path fill="none" stroke="#222" stroke-width="4" d="M`)
	for i := range 1800 {
		a := float64(i) / 1800 * 2 * math.Pi
		fmt.Fprintf(&b, "%.0f %.0f ", 500+450*math.Sin(float64(n)*a), 500+450*math.Sin(float64(n+1)*a))
	}
	b.WriteString(`"/></svg>` + "\n")
	return b.Bytes()
}

func lessonPage(title, text string) string {
	return fmt.Sprintf("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%[1]s</title>\n<h1>%[1]s</h1>\n<p>%[2]s</p>\n</html>\n", html.EscapeString(title), html.EscapeString(text))
}

// lessonList is what the start page of a site says about its lessons.
func lessonList() string {
	var b strings.Builder
	b.WriteString("<ul>\n")
	for _, l := range lessons {
		fmt.Fprintf(&b, "<li><a href=\"%[1]s\">%[1]s</a>: %[2]s</li>\n", html.EscapeString(l.path), html.EscapeString(l.about))
	}
	for _, d := range drawnPages {
		fmt.Fprintf(&b, "<li><a href=\"/draw/%[1]s\">/draw/%[1]s</a> (<a href=\"/draw/ko/%[1]s\" lang=\"ko\">한국어</a>): %[2]s</li>\n", d.name, html.EscapeString(d.about))
	}
	b.WriteString("</ul>\n")
	return b.String()
}
