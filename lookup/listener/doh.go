package listener

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// mediaType is what DNS messages are over HTTP (RFC 8484 §6).
const mediaType = "application/dns-message"

// ServeHTTP answers a query over HTTP: GET with the message as base64url in
// the parameter dns, or POST with the message as its body (RFC 8484 §4.1).
// Whatever the resolver says is a success of HTTP's, also SERVFAIL; statuses
// from 400 up are about the request.
//
// It takes no part in cookies or origins; a page of another site may not use
// it, as far as its browser tells.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !l.enter() {
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	defer l.wg.Done()
	client, _ := netip.ParseAddrPort(r.RemoteAddr)
	client = netip.AddrPortFrom(client.Addr().Unmap(), client.Port())
	if site := r.Header.Get("Sec-Fetch-Site"); !l.permits(client.Addr()) || site == "cross-site" || site == "same-site" {
		http.Error(w, "not for you", http.StatusForbidden)
		return
	}
	if ok, _ := l.web.take(client.Addr()); !ok {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many queries", http.StatusTooManyRequests)
		return
	}
	query, status := readQuery(w, r)
	if status != http.StatusOK {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD, POST")
		}
		http.Error(w, http.StatusText(status)+": send a DNS message of at most 4 KiB as "+mediaType+", or in the parameter dns as base64url (RFC 8484)", status)
		return
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too busy", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	sent := false
	l.answer(ctx, query, client, overHTTPS, func(response []byte) error {
		sent = true
		h := w.Header()
		h.Set("Content-Type", mediaType)
		h.Set("Content-Length", strconv.Itoa(len(response)))
		h.Set("Cache-Control", "max-age="+strconv.FormatUint(uint64(freshSec(response)), 10))
		if r.Method == http.MethodHead {
			return nil
		}
		_, err := w.Write(response)
		return err
	})
	if !sent {
		http.Error(w, "no answer could be made", http.StatusInternalServerError)
	}
}

// enter counts a request in, so that Close waits for it; false once closed.
func (l *Listener) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.wg.Add(1)
	return true
}

// readQuery is the DNS message of a request, or the status that says what is
// wrong with it.
func readQuery(w http.ResponseWriter, r *http.Request) ([]byte, int) {
	var query []byte
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		values := r.URL.Query()["dns"]
		if len(values) != 1 {
			return nil, http.StatusBadRequest
		}
		if len(values[0]) > base64.RawURLEncoding.EncodedLen(maxQuery) {
			return nil, http.StatusRequestEntityTooLarge
		}
		// Without padding (RFC 8484 §6) or bits left over; the decoder would
		// pass over ends of lines.
		if strings.ContainsAny(values[0], "\r\n") {
			return nil, http.StatusBadRequest
		}
		query, err = base64.RawURLEncoding.Strict().DecodeString(values[0])
	case http.MethodPost:
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != mediaType {
			return nil, http.StatusUnsupportedMediaType
		}
		query, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuery))
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, http.StatusRequestEntityTooLarge
		}
	default:
		return nil, http.StatusMethodNotAllowed
	}
	if err != nil || !isQuery(query) {
		return nil, http.StatusBadRequest
	}
	return query, http.StatusOK
}

// freshSec is for how many seconds an HTTP cache may keep a response: the
// lowest TTL in it, of a denial also the SOA record's MINIMUM (RFC 8484 §5.1,
// RFC 2308 §5). A failure may not be kept.
func freshSec(response []byte) uint32 {
	var m dns.Msg
	if m.Unpack(response) != nil || m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError || len(m.Answer)+len(m.Ns) == 0 {
		return 0
	}
	fresh := ^uint32(0)
	for _, rr := range append(m.Answer, m.Ns...) {
		fresh = min(fresh, rr.Header().Ttl)
		if soa, ok := rr.(*dns.SOA); ok {
			fresh = min(fresh, soa.Minttl)
		}
	}
	return fresh
}
