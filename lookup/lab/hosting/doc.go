// Package hosting looks after the zones of a lab while it runs: which name
// server has which zone, one as the primary and others as secondaries, and how
// the copies follow each other over the network.
//
// An [Operator] stands for everybody who runs name servers in the lab. It
// changes zones at their primaries; from there the new version travels as it
// does on the Internet: NOTIFY (RFC 1996), a question for the SOA record, the
// comparison of serials (RFC 1982), and IXFR (RFC 1995) or AXFR (RFC 5936) over
// TCP, all of it real packets between the servers' own addresses. Where nobody
// notifies, the timers of the SOA record do (RFC 1034 section 4.3.5): refresh,
// retry and expire run on lesson time, so that skipping the clock makes
// secondaries ask, and in the end give up.
//
// A zone that nobody has touched has the same file on all its servers, and no
// timer of it runs; a managed one does all of the above. A zone is managed if
// the configuration says so, and from its first change on.
//
// Everything exported is safe for concurrent use. What an Operator starts it
// ends: Close waits for it. Everything is bounded: tries, waiting times, octets,
// messages and records of a transfer, the changes that a primary remembers.
package hosting
