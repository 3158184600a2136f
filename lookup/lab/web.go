package lab

import (
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// webServer answers on ports 80 and 443 of every address of one web machine.
type webServer struct {
	sites []site
	now   func() time.Time // lesson time
}

// serve answers until the listener is closed, and returns when nothing of it runs
// any more; with a configuration, under TLS.
func (w *webServer) serve(ln net.Listener, secure *tls.Config) {
	server := http.Server{
		Handler:           w,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // what a client does wrong is the client's to say
	}
	// Over TLS ALPN decides; without it, whoever knows may begin with HTTP/2 at once
	// (RFC 9113 §3.3).
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	if secure != nil {
		server.TLSConfig = secure
		_ = server.ServeTLS(ln, "", "") // with the certificates of the configuration
		server.Close()
		return
	}
	_ = server.Serve(ln) // the listener was closed, or the machine switched off
	server.Close()
}

// ServeHTTP shows the one page every site has: which site answered, and where.
func (w *webServer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" && serveLesson(rw, r, w.now) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Allow", "GET, HEAD")
		http.Error(rw, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	local := "an unknown address"
	var here []string // the sites at the address that was asked
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		addr := a.AddrPort().Addr().Unmap()
		local = addr.String()
		for _, s := range w.sites {
			if s.web && slices.Contains(s.addrs, addr) {
				here = append(here, s.name)
			}
		}
	}
	asked := r.Host
	if host, _, err := net.SplitHostPort(asked); err == nil {
		asked = host
	}
	asked = strings.ToLower(strings.TrimSuffix(asked, "."))
	name := local
	if slices.Contains(here, asked) {
		name = asked
	} else if len(here) > 0 {
		name = here[0] // as web servers do when the Host field names nobody they know
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Server", "rootwalk-lab")
	fmt.Fprintf(rw, `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>%[1]s</title>
<h1>%[1]s</h1>
<p>A web server of the lab internet answered at <code>%[2]s</code>.</p>
<p>The Host field of the request said <code>%[3]s</code>.</p>
%[4]s</html>
`, html.EscapeString(name), html.EscapeString(local), html.EscapeString(asked), lessonList())
}
