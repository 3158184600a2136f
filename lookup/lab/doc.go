// Package lab is the lab internet: a small Internet inside this process, with
// routers, delays, real packets and real protocols, where a lookup can really
// happen without leaving the machine.
package lab
