package secure

import (
	"strconv"

	"rootwalk/lookup"
)

// The key schedule as facts. What the library logs are the traffic secrets, and
// of TLS 1.2 the master secret. What they were made from stays inside the
// library; those steps are told without a value.

func handshakeSecret(from lookup.Side) string { return string(from) + "_handshake_traffic_secret" }

func (o *observer) derive(f lookup.SecretDerived) {
	if o.derived[f.Name] {
		return
	}
	o.derived[f.Name] = true
	for _, p := range []*lookup.Octets{&f.Hash, &f.Value, &f.Key, &f.IV} {
		if *p == nil {
			*p = lookup.Octets{}
		}
	}
	o.step.Report(f)
}

// schedule begins the key schedule once ServerHello has crossed.
func (o *observer) schedule() {
	if !o.known || o.scheduled {
		return
	}
	o.scheduled = true
	if !o.modern {
		return
	}
	s := o.suite
	zero := make([]byte, s.hash.Size())
	if resumed(o.transcript) {
		o.derive(lookup.SecretDerived{Name: "early_secret", From: "psk", Source: "hidden"})
	} else {
		early := s.extract(zero, zero) // without a PSK it is the same for everybody
		o.derive(lookup.SecretDerived{Name: "early_secret", From: "0", Source: "computed", Value: early})
		o.derive(lookup.SecretDerived{Name: "derived_early", From: "early_secret", Label: "derived", Hash: s.sum(), Source: "computed", Value: s.expandLabel(early, "derived", s.sum(), s.hash.Size())})
	}
	o.derive(lookup.SecretDerived{Name: "shared_secret", From: groups[o.answer.group], Source: "hidden"})
	o.derive(lookup.SecretDerived{Name: "handshake_secret", From: "shared_secret", Source: "hidden"})
}

// resumed reports whether the ServerHello at the end of a transcript took a PSK.
func resumed(transcript []byte) bool {
	for at := 0; at+4 <= len(transcript); {
		n := 4 + u24(transcript[at+1:])
		if at+n > len(transcript) {
			return false
		}
		if msg := transcript[at : at+n]; msg[0] == serverHello && !isRetry(msg) {
			return hasExtension(msg, extPreSharedKey)
		}
		at += n
	}
	return false
}

// hasExtension reports whether a ServerHello has an extension.
func hasExtension(msg []byte, kind uint16) bool {
	r := reader{b: msg}
	r.bytes(4 + 2 + 32)
	r.vector(1)
	r.bytes(2 + 1)
	all := reader{b: r.vector(2)}
	for !r.bad && !all.bad && all.at < len(all.b) {
		k := all.bytes(2)
		all.vector(2)
		if !all.bad && u16(k) == kind {
			return true
		}
	}
	return false
}

// handshakeKeys puts the keys in force that come with ServerHello.
func (o *observer) handshakeKeys() {
	hash := o.suite.sum(o.transcript)
	for _, d := range []*direction{&o.client, &o.server} {
		label := "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
		short := "c hs traffic"
		if d.from == lookup.SideServer {
			label, short = "SERVER_HANDSHAKE_TRAFFIC_SECRET", "s hs traffic"
		}
		secret := o.secrets[label]
		if secret == nil || d.keys != nil {
			continue
		}
		d.secret, d.epoch = secret, "handshake"
		d.keys = o.suite.trafficKeys(handshakeSecret(d.from), secret)
		o.derive(lookup.SecretDerived{Name: handshakeSecret(d.from), From: "handshake_secret", Label: short, Through: o.lastType, Hash: hash, Source: "log", Value: secret, Key: d.keys.key, IV: d.keys.iv})
	}
}

// applicationKeys puts the keys of the data in force, for one direction.
func (o *observer) applicationKeys(d *direction, label string) {
	secret := o.secrets[label]
	name, short := "client_application_traffic_secret_0", "c ap traffic"
	if d.from == lookup.SideServer {
		name, short = "server_application_traffic_secret_0", "s ap traffic"
	}
	d.secret, d.epoch = secret, "application"
	d.keys = o.suite.trafficKeys(name, secret)
	o.derive(lookup.SecretDerived{Name: "main_secret", From: "handshake_secret", Source: "hidden"})
	o.derive(lookup.SecretDerived{Name: name, From: "main_secret", Label: short, Through: "finished", Hash: o.throughServerFinished(), Source: "log", Value: secret, Key: d.keys.key, IV: d.keys.iv})
}

// throughServerFinished is the hash of the transcript up to the server's
// Finished, which is where application secrets are taken.
func (o *observer) throughServerFinished() []byte {
	for at := 0; at+4 <= len(o.transcript); {
		n := 4 + u24(o.transcript[at+1:])
		if at+n > len(o.transcript) {
			break
		}
		at += n
		if o.transcript[at-n] == finished {
			return o.suite.sum(o.transcript[:at])
		}
	}
	return nil
}

// renew follows a KeyUpdate (RFC 9846 §7.2).
func (o *observer) renew(d *direction) {
	if d.secret == nil || d.update >= 8 {
		return
	}
	d.update++
	d.secret = o.suite.expandLabel(d.secret, "traffic upd", nil, o.suite.hash.Size())
	was := d.keys.secret
	name := string(d.from) + "_application_traffic_secret_" + strconv.Itoa(d.update)
	d.keys = o.suite.trafficKeys(name, d.secret)
	o.derive(lookup.SecretDerived{Name: name, From: was, Label: "traffic upd", Source: "computed", Value: d.secret, Key: d.keys.key, IV: d.keys.iv})
}

// blocks makes the keys of TLS 1.2; false while the master secret is not known.
func (o *observer) blocks() bool {
	main := o.secrets["CLIENT_RANDOM"]
	if main == nil && len(o.chain) == 0 && o.former != nil {
		// Resumed: the library does not log the secret a second time.
		main = o.former
		o.secrets["CLIENT_RANDOM"] = main
	}
	if main == nil {
		return false
	}
	if o.client.next != nil {
		return true
	}
	o.client.next, o.server.next = o.suite.blockKeys(main, o.hello.random, o.answer.random)
	label, through := "master secret", "" // from the two randoms (RFC 5246 §8.1)
	var hash []byte
	if o.hello.extended && o.answer.extended { // RFC 7627 §4
		label, through, hash = "extended master secret", "client_key_exchange", o.throughKeyExchange()
	}
	o.derive(lookup.SecretDerived{Name: "shared_secret", From: "ecdhe", Source: "hidden"})
	o.derive(lookup.SecretDerived{Name: "master_secret", From: "shared_secret", Label: label, Through: through, Hash: hash, Source: "log", Value: main})
	for _, d := range []*direction{&o.client, &o.server} {
		o.derive(lookup.SecretDerived{Name: string(d.from) + "_write_key", From: "master_secret", Label: "key expansion", Source: "computed", Key: d.next.key, IV: d.next.iv})
	}
	return true
}

// throughKeyExchange is the hash of the transcript up to ClientKeyExchange; nil
// in a resumed handshake, which has none.
func (o *observer) throughKeyExchange() []byte {
	for at := 0; at+4 <= len(o.transcript); {
		n := 4 + u24(o.transcript[at+1:])
		if at+n > len(o.transcript) {
			break
		}
		at += n
		if o.transcript[at-n] == clientKeyExchange {
			return o.suite.sum(o.transcript[:at])
		}
	}
	return nil
}
