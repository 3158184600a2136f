// Package sign signs the lab's zones (RFC 4035 §2), rightly or with one of the
// faults that lessons are about.
//
// The same records, options and seed give the same octets in every run: keys
// are derived from the seed and signatures have no random part (RFC 6979 for
// ECDSA; Ed25519 and RSA never have one). The private keys are worthless by design; nothing but
// lessons and tests may be signed with them.
//
// Everything here is a function of its arguments and safe for concurrent use.
package sign
