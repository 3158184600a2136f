package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"rootwalk/lookup"
	"rootwalk/lookup/lab"
	"rootwalk/lookup/lab/auth"
)

func TestHoldingsAreWhatTheServersOfTheZoneHave(t *testing.T) {
	l, err := lab.New(lab.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	check := func(name lookup.Name, rrtype lookup.Type, want ...string) {
		t.Helper()
		var got []string
		for _, h := range l.Holdings(lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}) {
			var data []string
			for _, r := range h.Records {
				data = append(data, r.Data)
			}
			got = append(got, fmt.Sprintf("%s %s primary=%v %s %d [%s]", h.Server.Name.Short(), h.Zone, h.Primary, h.Kind, h.TTLSec, strings.Join(data, " ")))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s %s:\n got %v\nwant %v", name, rrtype, got, want)
		}
	}
	check("www.example.co.kr.", lookup.TypeA, "ns1.example.co.kr example.co.kr. primary=true positive 300 [203.0.113.10]", "ns2.example.co.kr example.co.kr. primary=false positive 300 [203.0.113.10]")
	check("WWW.example.CO.kr.", lookup.TypeMX, "ns1.example.co.kr example.co.kr. primary=true nodata 300 []", "ns2.example.co.kr example.co.kr. primary=false nodata 300 []")
	check("wwww.example.co.kr.", lookup.TypeA, "ns1.example.co.kr example.co.kr. primary=true nxdomain 300 []", "ns2.example.co.kr example.co.kr. primary=false nxdomain 300 []")
	if h := l.Holdings(lookup.Question{Name: "nosuchtld.", Type: lookup.TypeA, Class: lookup.ClassIN}); len(h) != 13 || h[0].Zone != "." || h[0].Kind != lookup.CacheNxdomain {
		t.Errorf("a name below the root: %+v", h)
	}

	// One server gets another version of the zone: the two differ.
	text, _ := lab.ZoneFile("example.co.kr.")
	z, err := auth.ParseZone("changed", strings.NewReader(strings.Replace(text, "300     A       203.0.113.10", "300 A 203.0.113.99", 1)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := auth.NewCatalog(z)
	if err != nil {
		t.Fatal(err)
	}
	l.NameServer("ns1.example.co.kr").SetCatalog(c)
	check("www.example.co.kr.", lookup.TypeA, "ns1.example.co.kr example.co.kr. primary=true positive 300 [203.0.113.99]", "ns2.example.co.kr example.co.kr. primary=false positive 300 [203.0.113.10]")
}
