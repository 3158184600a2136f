package lab

import (
	"rootwalk/lookup"
	"rootwalk/lookup/lab/hosting"
)

// managedZones are the zones whose secondaries' timers run from the start; of
// the others, once they are changed.
var managedZones = map[string]bool{"copies.example.": true, "example.co.kr.": true}

// transferMessage is how many octets of records a message of a transfer takes in
// the lab: little, so that a small zone travels as several.
const transferMessage = 300

// Operator looks after the zones of the lab's name servers from now on; the
// caller closes it before the lab. Of every zone the first server in the plan is
// the primary. Signed zones travel without their signatures: every server of the lab
// signs with the zone's keys. slow multiplies waiting times, where links are slow.
func (l *Lab) Operator(clock *lookup.LessonClock, slow float64) (*hosting.Operator, error) {
	c := hosting.Config{Clock: clock, Client: l.device.host, Slow: slow, MessageSize: transferMessage, Serve: l.keys.secured, File: ZoneFile, DS: l.keys.digests}
	at := map[string]int{}
	for _, s := range l.plan {
		name, server := lookup.Name(s.name+"."), l.servers[s.name]
		c.Sites = append(c.Sites, hosting.Site{Name: name, Server: server, Host: l.hosts[s.machine], Addrs: s.addrs()})
		for _, z := range server.Catalog().Zones() {
			i, known := at[z.Origin()]
			if !known {
				i = len(c.Zones)
				at[z.Origin()] = i
				c.Zones = append(c.Zones, hosting.Hosted{Zone: z.Plain(), Managed: managedZones[z.Origin()]})
			}
			c.Zones[i].Servers = append(c.Zones[i].Servers, name)
		}
	}
	return hosting.New(c)
}
