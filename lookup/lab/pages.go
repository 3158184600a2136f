package lab

import (
	"embed"
	"net/http"
	"path"
	"strings"
	"time"
)

// Pages of different shapes, in both languages, for watching how a page is drawn. They
// lie below /draw/ of every web site, in Korean below /draw/ko/.
//
//go:embed pages
var drawn embed.FS

// drawnPages are the documents: text alone, a long article with a style sheet and
// pictures, a script that blocks the parser, scripts that do not, a slow style sheet.
var drawnPages = []struct{ name, about string }{
	{"text", "words alone: no style sheet, no picture, no script"},
	{"article", "a long article with a style sheet and two pictures"},
	{"blocking", "a script that the parser waits for"},
	{"deferred", "scripts with defer and async"},
	{"slow", "a style sheet that takes a third of a second"},
}

// drawnDelays are how long the server takes for some of the resources.
var drawnDelays = map[string]time.Duration{
	"slow.css": 330 * time.Millisecond, "clock.js": 150 * time.Millisecond, "count.js": 60 * time.Millisecond, "beacon.js": 20 * time.Millisecond, "curve.svg": 40 * time.Millisecond,
}

// A document of more than drawnPiece octets comes in pieces, so that it can be seen to
// grow.
const (
	drawnPiece = 640
	drawnPause = 15 * time.Millisecond
)

var drawnMedia = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
}

// serveDrawn answers for what lies below /draw/; false for what does not.
func serveDrawn(rw http.ResponseWriter, r *http.Request, rest string) bool {
	name := "pages/" + rest
	if !strings.Contains(rest, ".") {
		if !strings.Contains(rest, "/") {
			rest = "en/" + rest
		}
		name = "pages/" + rest + ".html"
	}
	data, err := drawn.ReadFile(path.Clean(name))
	media := drawnMedia[path.Ext(name)]
	if err != nil || media == "" {
		return false
	}
	head := rw.Header()
	head.Set("Content-Type", media)
	head.Set("Cache-Control", "no-store") // it is to come each time
	if !sleep(r, drawnDelays[path.Base(name)]) {
		return true
	}
	for path.Ext(name) == ".html" && len(data) > drawnPiece {
		rw.Write(data[:drawnPiece])
		rw.(http.Flusher).Flush()
		data = data[drawnPiece:]
		if !sleep(r, drawnPause) {
			return true
		}
	}
	rw.Write(data)
	return true
}

// sleep waits unless the client goes away.
func sleep(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
