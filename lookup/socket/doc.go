// Package socket lets programs use sockets and records what happens, in three
// places at once: the calls of the program, the packets on the wire, and the
// state of the connection at both ends.
//
// # Use
//
//	registry := socket.NewRegistry(tap)                  // one for a lab; nil where there are no frames
//	rec := socket.Record(socket.Config{Step: step, Registry: registry, Addrs: device})
//	defer rec.Close()
//	browser := rec.Program(lookup.SideClient, "device", socket.NewTable())
//	conn, err := browser.Dial(ctx, network, "tcp4", "203.0.113.10:80")
//
// conn is a net.Conn: TLS and HTTP run on it as on any other. A server whose
// listener is wrapped by Registry.Listener records its side into the same trace,
// as long as somebody records the other side of the connection.
//
// # What is derived
//
// States come from packets alone: see machine. At quiet moments, and when a
// recorder closes, they are held against what the stack says (StateCompared).
// Where no frames can be seen, as on the real Internet, states are what the
// system tells, and what must have been between is said to be inferred.
//
// The two differ where the stack is wrong. One case is known: gVisor takes an end
// in LAST-ACK that has to send its FIN again back to FIN-WAIT-1, and the ACK of it
// to FIN-WAIT-2, where RFC 9293 §3.10.7.4 has it CLOSED. The facts say both.
//
// # Concurrency and bounds
//
// Everything may be used by several goroutines. Facts are in the order in which
// things happened as far as one place can see it. A recorder reports at most
// MaxPackets packets and MaxCalls calls; packets that change a state are always
// reported. Registry holds nothing of a connection after its recorder closed.
package socket
