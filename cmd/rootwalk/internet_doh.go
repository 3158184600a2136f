package main

import (
	"context"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/message"
)

// sealedResolver is DNS over HTTPS (RFC 8484) at the first resolver of a lab. It is
// started when somebody goes there.
type sealedResolver struct {
	mu     sync.Mutex
	server *http.Server
	over   bool
	done   sync.WaitGroup
}

// sealedSize is what a response may have, as the device says (RFC 6891 §6.2.3).
const sealedSize = 1232

// SealedQuery is the address of a question asked over HTTPS at R1: by its own
// address, which its certificate has, as nobody can be asked for a name before
// there is a resolver.
func (in *labInternet) SealedQuery(q lookup.Question) (string, error) {
	b, err := message.PackQuery(0, q, true, sealedSize) // the same ID each time, for the caches of HTTP (RFC 8484 §4.1)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "https", Host: in.lab.ResolverAddr(labResolvers[0]).String(), Path: dohPath, RawQuery: "dns=" + base64.RawURLEncoding.EncodeToString(b)}
	return u.String(), nil
}

const dohPath = "/dns-query"

// unseal starts the server if a journey goes to it.
func (in *labInternet) unseal(to lookup.Address) error {
	if to.Host != in.lab.ResolverAddr(labResolvers[0]).String() || to.Port != lab.HTTPSPort {
		return nil
	}
	s := &in.sealed
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil || s.over {
		return nil
	}
	host := labResolvers[0]
	ln, err := in.lab.Resolver(host).Listen(context.Background(), "tcp", netip.AddrPortFrom(in.lab.ResolverAddr(host), lab.HTTPSPort).String())
	if err != nil {
		return err
	}
	s.server = &http.Server{
		Handler: http.HandlerFunc(in.serveSealed), TLSConfig: in.lab.SecureConfig("http/1.1"),
		ReadHeaderTimeout: 5 * time.Second, WriteTimeout: in.slowly(10 * time.Second), IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	s.done.Go(func() {
		_ = s.server.ServeTLS(in.sockets.Listener(host, ln), "", "") // until it is closed
		ln.Close()
	})
	return nil
}

// serveSealed hands a request to the resolver, if its program runs.
func (in *labInternet) serveSealed(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != dohPath {
		http.NotFound(w, r)
		return
	}
	in.faults.Lock()
	l := in.listeners[0]
	in.faults.Unlock()
	if l == nil {
		http.Error(w, "the resolver is not running", http.StatusServiceUnavailable)
		return
	}
	l.ServeHTTP(w, r)
}

// close ends the server and waits for it.
func (s *sealedResolver) close() {
	s.mu.Lock()
	s.over = true
	if s.server != nil {
		s.server.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

var _ room.Sealed = (*labInternet)(nil)
