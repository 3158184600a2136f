package lab

import (
	"slices"
	"testing"
)

func TestZonesParse(t *testing.T) {
	all, err := Zones()
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]int{}
	for _, s := range nameServers {
		for _, z := range s.zoneNames() {
			if all[z] == nil {
				t.Errorf("%s serves %s, which has no zone file", s.name, z)
			}
			served[z]++
		}
	}
	// halfdead, closed and lame are one-server zones on purpose: their other
	// server is what is broken.
	broken := []string{"halfdead.test.", "closed.test.", "lame.test."}
	for name := range all {
		want := 2
		if slices.Contains(broken, name) {
			want = 1
		}
		if served[name] < want {
			t.Errorf("%s is on %d servers, want at least %d (RFC 2182)", name, served[name], want)
		}
	}
}
