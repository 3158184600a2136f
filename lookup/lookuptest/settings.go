package lookuptest

import (
	"errors"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/iterative"
	"rootwalk/lookup/transport"
)

// set takes one of the commands that say how a world is made.
func (c *WorldConfig) set(words []string) error {
	if words[0] == "order" {
		c.StubServer = words[1:]
		return nil
	}
	if len(words) != 3 {
		return errUsage
	}
	engine, way := c.Resolver, c.Transport
	change := func(edit func(r *iterative.Config)) {
		c.Resolver = func(r *iterative.Config) {
			if engine != nil {
				engine(r)
			}
			edit(r)
		}
	}
	send := func(edit func(t *transport.Config)) {
		c.Transport = func(t *transport.Config) {
			if way != nil {
				way(t)
			}
			edit(t)
		}
	}
	on := words[2] == "on"
	d, notTime := time.ParseDuration(words[2])
	switch words[1] {
	case "aggressive":
		c.Aggressive = on
	case "negative-anchor":
		name, err := lookup.ParseName(words[2])
		if err != nil {
			return err
		}
		c.NegativeAnchors = append(c.NegativeAnchors, name)
	case "browser":
		c.Browser = on
	case "qname-min":
		change(func(r *iterative.Config) { r.Minimise = iterative.Minimisation(words[2]) })
	case "priming":
		change(func(r *iterative.Config) { r.Priming = on })
	case "prefetch":
		change(func(r *iterative.Config) { r.Prefetch = on })
	case "ip4":
		change(func(r *iterative.Config) { r.NoIPv4 = !on })
	case "ip6":
		change(func(r *iterative.Config) { r.NoIPv6 = !on })
	case "mix-case":
		send(func(t *transport.Config) { t.MixedCase = on })
	case "cookies":
		send(func(t *transport.Config) { t.Cookies = on })
	case "keep-tcp":
		send(func(t *transport.Config) { t.KeepTCP = d })
		return notTime
	case "stale":
		change(func(r *iterative.Config) { r.ServeStale, r.StaleAfter = true, time.Minute })
		c.StaleFor = d
		return notTime
	default:
		return errors.New("no such setting")
	}
	return nil
}
