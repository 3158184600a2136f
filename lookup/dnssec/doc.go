// Package dnssec follows the chain of trust (RFC 4033-4035): from a trust
// anchor over DS and DNSKEY records to the signatures of an answer, or to the
// proof that there is none.
//
// It is a library without a network. The small steps are functions of records
// and time: [Judge.Set] checks the signatures of one RRset, [Judge.Keys]
// decides which keys of a zone to trust, [Judge.Delegation] what a parent says
// about its child, [Judge.Denial] whether NSEC or NSEC3 records prove an
// absence. [Validator] joins them into a chain, and asks for the DS and DNSKEY
// records that it lacks through a [Fetcher].
//
// A verdict is one of the four of RFC 4033 §5, with a reason that also has a
// code for the client (RFC 8914). Every comparison, signature and proof on the
// way is reported as a fact.
//
// Time is always given by the caller: it is lesson time. All work is counted in a
// [Budget], so that hostile zones (CVE-2023-50387, CVE-2023-50868) cost little.
// Nothing here panics on any record.
//
// An [Anchors] and a [Validator] are safe for concurrent use, a Judge and a
// Budget belong to one lookup.
package dnssec
