package main

import (
	"context"
	"fmt"

	"rootwalk/lookup"
	"rootwalk/lookup/page/secure"
)

func init() { legs[lookup.LegEncrypt] = encrypt }

// protocols are what a browser of ours offers by ALPN (RFC 7301).
var protocols = []string{"http/1.1"}

// encrypt puts TLS around the connection, if the address wants it. Certificates
// are judged on lesson time: in the lab by its own root, elsewhere by those of
// the system.
func encrypt(ctx context.Context, j *journey) (string, error) {
	if j.to.Scheme != "https" {
		return "", errUnneeded
	}
	c := secure.Config{Step: j.step, Socket: j.socket.Descriptor().Socket, ServerName: secure.NameOf(j.to.Host), ALPN: protocols, Now: j.clock.Now, Tickets: j.tickets}
	if j.lab != nil {
		roots, err := j.lab.Roots()
		if err != nil {
			return "", err
		}
		c.Roots = roots
	}
	conn, err := secure.Client(ctx, j.conn, c)
	if err != nil {
		return "", err
	}
	j.conn, j.alpn = conn, conn.ConnectionState().NegotiatedProtocol
	return fmt.Sprintf("TLS %s", map[uint16]string{0x0303: "1.2", 0x0304: "1.3"}[conn.ConnectionState().Version]), nil
}
