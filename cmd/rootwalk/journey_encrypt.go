package main

import (
	"context"
	"fmt"
	"net"

	"rootwalk/lookup"
	"rootwalk/lookup/page"
	"rootwalk/lookup/page/secure"
)

func init() { legs[lookup.LegEncrypt] = encrypt }

// encrypt puts TLS around the connection, if the address wants it. Certificates
// are judged on lesson time: in the lab by its own root, elsewhere by those of
// the system.
func encrypt(ctx context.Context, j *journey) (string, error) {
	if j.to.Scheme != "https" {
		return "", errUnneeded
	}
	conn, err := j.secured(ctx, j.step, j.conn, j.socket.Descriptor().Socket, j.to.Host)
	for err != nil && j.another(ctx, err) { // not the origin that is there
		j.conn.Close()
		j.conn = nil
		if _, err = connect(ctx, j); err == nil {
			conn, err = j.secured(ctx, j.step, j.conn, j.socket.Descriptor().Socket, j.to.Host)
		}
	}
	if err != nil {
		return "", err
	}
	j.conn, j.alpn = conn, conn.ConnectionState().NegotiatedProtocol
	return fmt.Sprintf("TLS %s", map[uint16]string{0x0303: "1.2", 0x0304: "1.3"}[conn.ConnectionState().Version]), nil
}

// secured speaks TLS with a host over a connection.
func (j *journey) secured(ctx context.Context, step lookup.Step, conn net.Conn, number int, host string) (*secure.Conn, error) {
	c := secure.Config{Step: step, Socket: number, ServerName: secure.NameOf(host), ALPN: page.Protocols(j.version), Now: j.clock.Now, Tickets: j.tickets}
	if j.lab != nil {
		roots, err := j.lab.Roots()
		if err != nil {
			return nil, err
		}
		c.Roots = roots
	}
	within, cancel := context.WithTimeout(ctx, j.limits.Secure)
	defer cancel()
	secured, err := secure.Client(within, conn, c)
	switch {
	case err == nil:
		return secured, nil
	case within.Err() != nil && ctx.Err() == nil:
		err = page.Stopped("secureTime", j.limits.Secure, err)
	case j.pages.Stop(err).Reason == "other":
		err = page.Stopped("secure", 0, err)
	}
	return nil, err
}
