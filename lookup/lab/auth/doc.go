// Package auth is an authoritative name server: it answers from zones it holds
// and never asks anybody else.
//
// A [Zone] is parsed from a master file (RFC 1035 section 5) and never changes
// afterwards, so any number of servers in any number of labs share it. A
// [Catalog] is the set of zones one server holds. A [Server] answers queries
// from its catalog, either as a function from bytes to bytes ([Server.Answer])
// or on the sockets it is given ([Server.ServePacket], [Server.ServeStream]).
//
// The algorithm is that of RFC 1034 section 4.3.2 with what later RFCs made of
// it: negative answers (2308), wildcards (4592), DNAME (6672), EDNS (6891),
// what NXDOMAIN means (8020), short answers to ANY (8482), glue in referrals
// (9471). The order of the records and the way large answers shrink follow NSD,
// against which the tests compare it query for query.
//
// Everything exported is safe for concurrent use. No query, however malformed,
// makes the server panic, and its work for one is bounded by the sizes of the
// message and of the longest alias chain it is willing to follow.
package auth
