package lab

import "time"

// Interfere puts something between the learner's home and its provider: what
// drop says is lost on the way out of the home, and every packet takes delay
// longer, each way. A nil drop loses nothing. It replaces faults of that link.
func (l *Lab) Interfere(delay time.Duration, drop func(frame []byte) bool) {
	k := l.links[accessSegment]
	i := k.port.Tx()
	i.Delay, i.Drop = k.base+delay, drop
	k.port.SetTx(i)
	i = k.port.Rx()
	i.Delay = k.base + delay
	k.port.SetRx(i)
}

// Lose has what drop says be lost on the way into the home, once a provider's
// packets are on the link. It replaces faults of that direction.
func (l *Lab) Lose(drop func(frame []byte) bool) {
	k := l.links[accessSegment]
	i := k.port.Rx()
	i.Drop = drop
	k.port.SetRx(i)
}
