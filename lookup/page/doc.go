// Package page goes from the address bar to the page: it reads a URL, consults
// the HSTS list and the HTTP cache, sends HTTP requests over connections that
// somebody else opens, follows redirects, keeps cookies, and reports each step.
//
// # Use
//
//	browser := page.NewBrowser(clock, page.Limits{}) // remembers from one visit to the next
//	visit := browser.Visit(step, "1.1", open)        // open connects, and encrypts for https
//	defer visit.Close()
//	response, err := visit.Go(ctx, "www.example.co.kr", page.Request{})
//
// Start does what needs no network, Follow the rest: who has a connection
// already hands it over with Adopt in between.
//
// Over TLS the server chooses between HTTP/1.1 and HTTP/2 (ALPN); a visit can be
// made to speak one version. Frames and the coding of fields are read and written
// by golang.org/x/net/http2; what a client does with them is ours, so that every
// frame is a fact. FetchAll sends many requests at once: each on a stream, or each
// on a connection of its own.
//
// # Bounds
//
// Whatever a server does, a visit ends within Limits: octets read from all
// connections, octets of a body before and after unpacking, connections,
// redirects, the wait for the first octet and the whole time. Heads, fields,
// interim responses and the overhead of chunks have bounds of their own. What
// breaks the grammar of RFC 9112 is refused, never guessed at. Of HTTP/2 the frames
// that bring nothing are counted, field blocks are bounded before and after
// decoding, and a server that turns requests away is asked again twice at most.
package page
