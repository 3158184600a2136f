package fakenet

import "fmt"

// PopularSites is how many zones there are for measuring, with two names each.
const PopularSites = 100

// popular are the zones of websites as there are many: under several top-level
// domains, on servers of their own or of hosting companies, one in five signed.
// Below miss.com every name exists, so that each question about a new one goes
// to its server.
func popular() []Zone {
	hosting := []string{twoHosts, cloud, "ns1=nsd2 ns2=knot2", "ns1=knot1 ns2=nsd1"}
	tlds := []string{"com.", "com.", "net.", "org.", "se."}
	out := []Zone{{Name: "miss.com.", For: "a new answer for every name", NS: "ns1=nsd1 ns2=nsd2", Text: "* A 193.108.202.1\n", Popular: true}}
	for i := range PopularSites {
		z := Zone{
			Name: fmt.Sprintf("site%02d.%s", i, tlds[i%len(tlds)]), For: "one of many", NS: hosting[i%len(hosting)], Popular: true,
			Text: fmt.Sprintf("www A 193.108.202.%d\nmail A 193.108.203.%d\n", i+1, i+1),
		}
		if i%5 == 4 {
			z.Sign = p256
		}
		out = append(out, z)
	}
	return out
}

// PopularNames are the names of these sites: two of each, all first names first,
// so that the second of a zone finds what the first has taught.
func PopularNames() []string {
	var out []string
	for _, host := range []string{"www", "mail"} {
		for _, z := range popular()[1:] {
			out = append(out, host+"."+z.Name)
		}
	}
	return out
}
