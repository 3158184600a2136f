package main

import (
	"bytes"
	"slices"
	"testing"

	"rootwalk/lookup"
)

// What many believe about encrypted and plain requests, refuted by a journey in the
// lab: M31 and M32 of lookup.Beliefs. Those about sockets are refuted by scripts
// (lookup/socket).
func TestJourneysRefuteWhatManyBelieve(t *testing.T) {
	refuted := func(events []lookup.Event, key string) bool {
		return slices.ContainsFunc(lookup.Refutations(events), func(r lookup.Refutation) bool { return r.Key == key })
	}
	ran := map[string][]lookup.Event{}
	for _, b := range lookup.Beliefs() {
		if b.URL == "" {
			continue
		}
		t.Run(b.Key, func(t *testing.T) {
			if ran[b.URL] == nil {
				ran[b.URL] = openURL(t, b.URL)
			}
			events := slices.Clone(ran[b.URL])
			if !refuted(events, b.Key) {
				t.Fatalf("%s does not refute it", b.URL)
			}
			// With one fact otherwise, it is not refuted.
			secret := lookup.Octets(nil)
			for i, e := range events {
				switch f := e.Fact.(type) {
				case lookup.SecretDerived:
					secret = slices.MaxFunc([]lookup.Octets{secret, f.Value, f.Key}, func(a, b lookup.Octets) int { return len(a) - len(b) })
				case lookup.FragmentExchanged:
					switch {
					case b.Key == "M31" && secret != nil: // a key on the wire
						f.Record = append(bytes.Clone(f.Record), secret...)
					case b.Key == "M32name":
						f.Record = bytes.ReplaceAll(f.Record, []byte("example"), []byte("exxmple"))
					}
					events[i].Fact = f
				case lookup.HstsConsulted:
					f.Upgraded = true
					events[i].Fact = f
				}
			}
			if refuted(events, b.Key) {
				t.Error("refuted whatever the facts say")
			}
		})
	}
}

// The journey shows the descriptors of one program: 0, 1 and 2, a file, a pipe, the
// UDP socket of the lookup, and when that is closed the TCP socket under the same
// number. The kernel's numbers are shown by the test in namespaces.
func TestDescriptorsOfAJourney(t *testing.T) {
	type open struct {
		of string
		fd int
	}
	var got []open
	for _, e := range openURL(t, "http://www.example.co.kr/") {
		if f, ok := e.Fact.(lookup.DescriptorOpened); ok && f.Side == lookup.SideClient {
			if f.Real {
				t.Errorf("%s %d is said to be the system's", f.Of, f.FD)
			}
			got = append(got, open{f.Of, f.FD})
		}
	}
	want := []open{{"stdin", 0}, {"stdout", 1}, {"stderr", 2}, {"file", 3}, {"pipe", 4}, {"pipe", 5}, {"udp", 6}, {"tcp", 6}}
	if !slices.Equal(got, want) {
		t.Errorf("opened %v, want %v", got, want)
	}
}
