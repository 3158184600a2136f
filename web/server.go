package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rootwalk/handlers"
)

// Limits of every connection and request.
const (
	readHeaderTime = 5 * time.Second
	readTime       = 15 * time.Second
	writeTime      = 30 * time.Second // not for sockets: they are hijacked
	idleTime       = 60 * time.Second
	requestTime    = 20 * time.Second
	maxHeader      = 16 << 10
	kernelBuffer   = 64 << 10 // of a connection: a stuck browser must not hide megabytes there
	closeTime      = 1500 * time.Millisecond
)

// Server is the site on one listener.
type Server struct {
	http *http.Server
	h    *handlers.Handlers
	own  *origins
	done chan error
}

// Config says how the site is reached.
type Config struct {
	Hosts []string // names besides its address under which it may be reached

	// Cert, if set, has the site speak HTTPS and nothing else.
	Cert *tls.Certificate
	// HSTS tells browsers never to come without TLS again (RFC 6797). It is
	// for a certificate that they trust: with HSTS nobody can click a warning
	// away (§12.1).
	HSTS bool
}

// Serve begins to serve on l and returns at once. makeHandlers gets the check
// of origins that follows from the configuration.
func Serve(l net.Listener, c Config, makeHandlers func(origin func(string) bool) *handlers.Handlers) *Server {
	own := newOrigins(l.Addr(), c.Hosts)
	h := makeHandlers(own.allows)
	s := &Server{h: h, own: own, done: make(chan error, 1)}
	site := routes(h, own)
	if c.Cert != nil && c.HSTS {
		site = strictTransport(site)
	}
	s.http = &http.Server{
		Handler:           site,
		ReadHeaderTimeout: readHeaderTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if over, ok := c.(*tls.Conn); ok {
				c = over.NetConn()
			}
			if t, ok := c.(*net.TCPConn); ok {
				_ = t.SetWriteBuffer(kernelBuffer)
			}
			return ctx
		},
	}
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(true)
	serve := s.http.Serve
	switch {
	case c.Cert != nil:
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*c.Cert}, MinVersion: tls.VersionTLS12}
		s.http.Protocols.SetHTTP2(true)
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	case h.AnswersDNS():
		// dig speaks DNS over HTTP/2 only, without TLS by prior knowledge
		// (RFC 9113 §3.3). Browsers never do; nothing else needs it.
		s.http.Protocols.SetUnencryptedHTTP2(true)
	}
	go func() {
		err := serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		s.done <- err
	}()
	return s
}

// Done yields the error that ended serving, or nil after Close.
func (s *Server) Done() <-chan error { return s.done }

// Close ends live connections, lets running requests finish for a moment, and
// then ends everything. It takes at most closeTime and a little.
func (s *Server) Close() error {
	s.h.Close() // Shutdown does not know of hijacked connections
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}
