// Package room is where people meet around one internet: a lab of its own (or
// a view of the real one), its clock and caches, the lookups that were run
// there, and the viewers that follow them.
//
// [Rooms] opens a room's [Internet] on first use and closes it when nobody has
// been there for a while. A lookup in a [Room] makes a [Recording]: the trace
// with its encoded frames, each encoded once however many people watch. A
// [Viewer] is one connected page: it has a cursor in every recording that it
// follows, so live, replay and resume are the same code, and a viewer that
// does not read costs nobody else anything.
//
// Everything here may be used by several goroutines. [Rooms.Close] ends all
// lookups and all viewers and waits for them.
package room
