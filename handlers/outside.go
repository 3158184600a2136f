package handlers

import (
	"net"
	"net/http"
	"net/netip"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

// Outside says how programs outside may ask the main room's resolver.
type Outside struct {
	DNS netip.AddrPort // the zero value for not at all
	DoH http.Handler   // of /dns-query; nil for not at all
}

// AnswersDNS reports whether there is DNS over HTTP.
func (h *Handlers) AnswersDNS() bool { return h.cfg.Outside.DoH != nil }

// DoH answers DNS messages over HTTP (RFC 8484), where that is switched on.
func (h *Handlers) DoH(w http.ResponseWriter, r *http.Request) {
	if h.cfg.Outside.DoH == nil {
		h.NotFound(w, r)
		return
	}
	h.cfg.Outside.DoH.ServeHTTP(w, r)
}

// outside is what a page says of it; nil in rooms that it does not lead to.
func (h *Handlers) outside(r *http.Request, state room.State) *templates.Outside {
	open := h.cfg.Outside
	if state.Name != room.Main || !open.DNS.IsValid() && open.DoH == nil {
		return nil
	}
	out := &templates.Outside{}
	if open.DNS.IsValid() {
		at := open.DNS.Addr()
		out.Host, out.Port = at.String(), open.DNS.Port()
		// A socket for all addresses is reached at the one that the page is.
		if at.IsUnspecified() {
			out.Host = "127.0.0.1"
			if host, _, err := net.SplitHostPort(r.Host); err == nil {
				if ip, err := netip.ParseAddr(host); err == nil {
					out.Host = ip.String()
				}
			}
		}
	}
	if open.DoH != nil {
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		out.DoH = scheme + r.Host + "/dns-query"
	}
	for _, q := range state.Outside {
		out.Queries = append(out.Queries, templates.OutsideQuery{Trace: q.Trace, Title: q.Title, Client: q.Client, At: q.At})
	}
	return out
}
