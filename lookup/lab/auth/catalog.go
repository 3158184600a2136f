package auth

import (
	"fmt"
	"slices"
)

// Catalog is the set of zones one server holds. It never changes; a server is
// given another one with [Server.SetCatalog]. The zero value holds nothing:
// such a server refuses every question.
type Catalog struct {
	zones  map[string]*Zone // by wire name of the apex
	list   []*Zone
	deeply int // labels of the longest apex
}

// NewCatalog returns the catalog of the given zones. Two zones of the same name
// are an error.
func NewCatalog(zones ...*Zone) (*Catalog, error) {
	c := &Catalog{zones: make(map[string]*Zone, len(zones)), list: slices.Clone(zones)}
	for _, z := range zones {
		key := string(z.apex.name.wire)
		if c.zones[key] != nil {
			return nil, fmt.Errorf("zone %s is there twice", z.Origin())
		}
		c.zones[key] = z
		c.deeply = max(c.deeply, z.apex.name.labels())
	}
	return c, nil
}

// Zones lists the zones in the order they were given.
func (c *Catalog) Zones() []*Zone { return slices.Clone(c.list) }

// deepest is the zone nearest to a name, at it or above it, leaving out the
// first skip labels of the name; nil if the server has none (RFC 1034 section
// 4.3.2 step 2).
func (c *Catalog) deepest(n *name, skip int) *Zone {
	for i := max(n.labels()-c.deeply, skip); i <= n.labels(); i++ {
		if z := c.zones[string(n.suffix(i))]; z != nil {
			return z
		}
	}
	return nil
}
