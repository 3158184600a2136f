package templates

// term is one entry of the glossary: its words are "glossary.<slug>.name",
// ".text" and ".mistake", the forms that link to it "terms.<slug>".
type term struct {
	Slug  string
	Shape string // the line or shape that draws it
	RFC   string // number, or the name of another standard
	At    string // section
}

// terms is the glossary in the order in which it is read.
var terms = []term{
	{"domain-name", "tree", "9499", "2"},
	{"label", "tree", "9499", "2"},
	{"fqdn", "tree", "9499", "2"},
	{"root", "root", "9499", "7"},
	{"tld", "tld", "9499", "2"},
	{"zone", "cut", "9499", "7"},
	{"zone-cut", "cut", "9499", "7"},
	{"delegation", "delegation", "9499", "7"},
	{"referral", "referral", "9499", "4"},
	{"glue", "additional", "9471", "2"},
	{"authoritative-server", "auth", "9499", "6"},
	{"recursive-resolver", "resolver", "9499", "6"},
	{"stub-resolver", "stub", "9499", "6"},
	{"primary", "auth", "9499", "6"},
	{"secondary", "auth", "9499", "6"},
	{"hosts-file", "hosts", "1123", "6.1.1"},
	{"query", "query", "9499", "4"},
	{"recursive-query", "query", "9499", "4"},
	{"iterative-query", "query", "9499", "4"},
	{"answer-section", "answer", "1035", "4.1"},
	{"authority-section", "authority", "1035", "4.1"},
	{"additional-section", "additional", "1035", "4.1"},
	{"rrset", "ring", "2181", "5"},
	{"ttl", "ring", "9499", "5"},
	{"cache", "ring", "1034", "4.3.4"},
	{"negative-caching", "negative", "2308", "5"},
	{"nxdomain", "negative", "8020", "2"},
	{"nodata", "negative", "2308", "2.2"},
	{"rcode", "negative", "1035", "4.1.1"},
	{"aa", "header", "1035", "4.1.1"},
	{"alias", "answer", "9499", "2"},
	{"soa", "cut", "1035", "3.3.13"},
	{"serial", "cut", "1982", "3"},
	{"zone-transfer", "tcp", "5936", "2"},
	{"compression", "header", "1035", "4.1.4"},
	{"truncation", "tcp", "7766", "5"},
	{"edns", "additional", "6891", "6"},
	{"qname-minimisation", "query", "9156", "2"},
	{"root-hints", "root", "9609", "2"},
	{"credibility", "ring", "2181", "5.4.1"},
	{"lame-delegation", "error", "9499", "7"},
	{"stale", "ring", "8767", "4"},
	{"propagation", "ring", "8767", "1"},
	{"dnssec", "answer", "4033", "3"},
	{"chain-of-trust", "delegation", "4033", "3.1"},
	{"dom", "tree", "DOM", "trees"},
	{"cssom", "tree", "CSSOM", "introduction"},
	{"render-tree", "boxes", "CSS Display 3", "box-tree"},
	{"layout", "boxes", "CSS 2", "visuren.html"},
	{"paint", "boxes", "CSS 2", "zindex.html"},
	{"composite", "stack", "CSS Will Change 1", "introduction"},
	{"parser-blocking", "wait", "HTML", "scripting.html#the-script-element"},
	{"render-blocking", "wait", "HTML", "dom.html#render-blocking-mechanism"},
	{"defer", "wait", "HTML", "scripting.html#attr-script-defer"},
	{"async", "wait", "HTML", "scripting.html#attr-script-async"},
}

// standards are those that are no RFC, by the name that a term has instead of a
// number: where At is a place.
var standards = map[string]string{
	"HTML":              "https://html.spec.whatwg.org/multipage/",
	"DOM":               "https://dom.spec.whatwg.org/#",
	"CSSOM":             "https://www.w3.org/TR/cssom-1/#",
	"CSS Display 3":     "https://www.w3.org/TR/css-display-3/#",
	"CSS 2":             "https://www.w3.org/TR/CSS22/",
	"CSS Will Change 1": "https://www.w3.org/TR/css-will-change-1/#",
}
