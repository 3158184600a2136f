package templates

import (
	"encoding/json"
	"testing"

	"rootwalk/lookup"
)

// moved are two servers of a zone: the primary has another address since a
// moment ago, the secondary does not know it yet.
func moved(q lookup.Question) []lookup.Holding {
	record := func(data string) []lookup.Record {
		return []lookup.Record{{Name: q.Name, Type: q.Type, Class: q.Class, TTLSec: 300, Data: data}}
	}
	h := lookup.Holding{Zone: "zone.", Kind: lookup.CachePositive, TTLSec: 300, NegativeSec: 60}
	first, second := h, h
	first.Server.Name, first.Primary, first.Serial, first.Records = "ns1.zone.", true, 2, record("203.0.113.99")
	second.Server.Name, second.Serial, second.Records = "ns2.zone.", 1, record("203.0.113.10")
	return []lookup.Holding{first, second}
}

// What the layers of a trace had, where each copy was heard, and when the last
// one is over: the browser finds the same (static/test/layers.test.mjs).
func TestLayersGolden(t *testing.T) {
	type where struct {
		Cache  string  `json:"cache"`
		Key    string  `json:"key"`
		Origin *origin `json:"origin"`
	}
	type column struct {
		Layer  string   `json:"layer"`
		Copies []string `json:"copies"`
		Others int      `json:"others"`
	}
	type found struct {
		Half     []look   `json:"half"` // halfway
		End      []look   `json:"end"`
		Origins  []where  `json:"origins"`
		Columns  []column `json:"columns"`
		Old      int      `json:"old"`
		Pending  int      `json:"pending"`
		LeftSec  string   `json:"leftSec"`
		Outlived []string `json:"outlived"` // the copies still used
	}
	out := map[string]found{}
	for name, file := range goldenTraces(t) {
		p := finished(t, "en", name)
		v := p.View
		if v.Question == nil {
			continue
		}
		c := found{End: looksOf(v), Half: []look{}, Origins: []where{}, Columns: []column{}, Outlived: []string{}}
		if n := len(v.Balloons) / 2; n > 0 {
			c.Half = looksOf(Fold(file.Events[:v.Balloons[n-1].Seqs[1]+1]))
		}
		for _, table := range v.Caches {
			for _, r := range table.Rows {
				c.Origins = append(c.Origins, where{table.Cache, rowAt(r, r.StoredAt).Key(), originOf(file.Events, table.Cache, r)})
			}
		}
		p.Layers = &Layers{Holdings: moved(*v.Question)}
		columns := layerColumns(p)
		for _, x := range columns {
			col := column{Layer: x.Layer, Copies: []string{}, Others: len(x.Others)}
			for _, r := range x.Copies {
				col.Copies = append(col.Copies, r.Key())
			}
			c.Columns = append(c.Columns, col)
		}
		f := forecastOf(p, columns)
		c.Old, c.Pending, c.LeftSec = f.Old, len(f.Pending), secondsOf(f.Left)
		for _, x := range f.Copies {
			c.Outlived = append(c.Outlived, x.Layer+" "+x.Key())
		}
		out[name] = c
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../static/test/layers.json", append(data, '\n'))
}

func TestLooksTellWhereEachLayerStopped(t *testing.T) {
	result := func(trace, layer string) string {
		t.Helper()
		for _, l := range looksOf(finished(t, "en", trace).View) {
			if l.Layer == layer {
				return l.Result + string(l.Zone)
			}
		}
		return ""
	}
	for _, c := range [][3]string{
		{"hit-browser", "browser", "hit"}, {"hit-browser", "hosts", ""}, {"hit-browser", "R1", ""},
		{"walk", "device", "miss"}, {"walk", "R1", "miss"}, {"hit", "device", "hit"}, {"r1hit", "R1", "hit"},
		{"expired", "device", "expired"}, {"expired", "R1", "partialexample.co.kr."}, {"nxdomain", "R1", "miss"}, {"localhost", "hosts", "hit"},
	} {
		if got := result(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s had %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestACopyIsTracedToItsBytes(t *testing.T) {
	file := goldenTraces(t)["walk"]
	v := Fold(file.Events)
	for _, table := range v.Caches {
		for _, r := range table.Rows {
			o := originOf(file.Events, table.Cache, r)
			if o == nil {
				t.Errorf("%s %s in %s comes from nowhere", r.Name, r.Type, table.Cache)
				continue
			}
			want := map[lookup.Credibility]string{lookup.CredibilityAdditional: "additional", lookup.CredibilityReferral: "authority", lookup.CredibilityAnswerAA: "answer", lookup.CredibilityAuthorityAA: "authority", lookup.CredibilityAnswer: "answer"}[r.Credibility]
			if o.Section != want || o.AA != (r.Credibility == lookup.CredibilityAnswerAA || r.Credibility == lookup.CredibilityAuthorityAA) {
				t.Errorf("%s %s in %s, rank %s: %+v", r.Name, r.Type, table.Cache, r.Credibility, o)
			}
		}
	}
}
