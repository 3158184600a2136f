package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// waysOut are what leads out of this machine, or into it, by import path: the
// names of the package that may not be used.
var waysOut = map[string]*regexp.Regexp{
	"net":                        regexp.MustCompile(`^(Dial|Lookup|Listen($|[A-Z])|Resolver$|DefaultResolver$|File(Conn|Listener|PacketConn)$|Resolve)`),
	"net/http":                   regexp.MustCompile(`^(Get|Post|PostForm|Head|Client|DefaultClient|Transport|DefaultTransport|ListenAndServe|ListenAndServeTLS)$`),
	"net/http/httputil":          regexp.MustCompile(`^(ReverseProxy|NewSingleHostReverseProxy)$`),
	"net/rpc":                    regexp.MustCompile(`.`),
	"net/smtp":                   regexp.MustCompile(`.`),
	"crypto/tls":                 regexp.MustCompile(`^(Dial|DialWithDialer|Dialer|Listen)$`),
	"os/exec":                    regexp.MustCompile(`.`),
	"plugin":                     regexp.MustCompile(`.`),
	"syscall":                    regexp.MustCompile(`^(Socket|Connect|Bind|Send|RawSyscall|Syscall|Exec$|ForkExec$|StartProcess$)`),
	"golang.org/x/sys/unix":      regexp.MustCompile(`^(Socket|Connect|Bind|Send|RawSyscall|Syscall)`),
	"golang.org/x/sys/windows":   regexp.MustCompile(`^(Socket|Connect|Bind|WSA)`),
	"github.com/miekg/dns":       regexp.MustCompile(`^(Client|Conn|Dial|Exchange|Server|ListenAndServe|ActivateAndServe|Transfer)`),
	"nhooyr.io/websocket":        regexp.MustCompile(`^Dial`),
	"golang.org/x/net/proxy":     regexp.MustCompile(`.`),
	"golang.org/x/net/icmp":      regexp.MustCompile(`.`),
	"github.com/quic-go/quic-go": regexp.MustCompile(`.`),
}

// doors are where a way out is meant to be: folders and files with what they
// may use of it.
var doors = []struct{ place, path, names, why string }{
	{"lookup/osnet/", "net", ".", "the one policy, and the sockets behind it"},
	{"lookup/osnet/sockdiag_linux.go", "golang.org/x/sys/unix", "^(Socket|Sendto)$", "netlink: it asks this machine's kernel, and leads nowhere else"},
	{"lookup/lookuptest/", "net", ".", "imported by tests only"},
	{"cmd/rootwalk/program.go", "net", "^Listen$", "the page's own listener, on the address of -addr"},
}

// findWaysOut lists what of waysOut a Go file uses, each with its line. It
// follows renamed imports; a dot import of one is a finding by itself.
func findWaysOut(name string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	say := func(at token.Pos, path, what string) {
		for _, d := range doors {
			if strings.HasPrefix(name, d.place) && path == d.path && regexp.MustCompile(d.names).MatchString(what) {
				return
			}
		}
		found = append(found, fmt.Sprintf("%s:%d: %s.%s", name, fset.Position(at).Line, path, what))
	}
	names := map[string]string{} // in this file, to import path
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		if path == "C" || path == "unsafe" {
			say(i.Pos(), path, "import")
		}
		if waysOut[path] == nil {
			continue
		}
		switch base := path[strings.LastIndex(path, "/")+1:]; {
		case i.Name == nil:
			names[base] = path
		case i.Name.Name == ".":
			say(i.Pos(), path, "*")
		default:
			names[i.Name.Name] = path
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				if path := names[x.Name]; path != "" && waysOut[path].MatchString(s.Sel.Name) {
					say(s.Pos(), path, s.Sel.Name)
				}
			}
		}
		return true
	})
	return found, nil
}

// TestNothingDialsBehindThePolicy keeps the ways out of this machine closed:
// the lab has its own network, all sockets of the real one are made in
// lookup/osnet, and the only other is the page's listener.
func TestNothingDialsBehindThePolicy(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(root(t), func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root(t), name)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && rel != "." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := findWaysOut(rel, src)
		for _, f := range found {
			t.Error(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files were read", files)
	}
}

// The check above finds what it is there for, however it is written.
func TestWaysOutAreFound(t *testing.T) {
	for src, want := range map[string]string{
		`import "net"; var _, _ = net.Dial("udp", "192.0.2.1:53")`:                              "net.Dial",
		`import "net"; var d net.Dialer`:                                                        "net.Dialer",
		`import n "net"; var _, _ = n.LookupHost("example.org")`:                                "net.LookupHost",
		`import . "net"; var d Dialer`:                                                          "net.*",
		`import "net"; func f() { new(net.ListenConfig).Listen(nil, "tcp", ":80") }`:            "net.ListenConfig",
		`import "net"; var r net.Resolver`:                                                      "net.Resolver",
		`import "net"; var _, _ = net.ResolveUDPAddr("udp", "example.org:53")`:                  "net.ResolveUDPAddr",
		`import "net/http"; var _, _ = http.Get("http://example.org")`:                          "net/http.Get",
		`import "net/http"; var c = &http.Client{}`:                                             "net/http.Client",
		`import h "net/http"; var c = h.DefaultTransport`:                                       "net/http.DefaultTransport",
		`import "crypto/tls"; var d tls.Dialer`:                                                 "crypto/tls.Dialer",
		`import "os/exec"; var c = exec.Command("dig")`:                                         "os/exec.Command",
		`import "syscall"; var _, _ = syscall.Socket(2, 2, 0)`:                                  "syscall.Socket",
		`import "github.com/miekg/dns"; var c dns.Client`:                                       "github.com/miekg/dns.Client",
		`import "github.com/miekg/dns"; func f(m *dns.Msg) { dns.Exchange(m, "192.0.2.1:53") }`: "github.com/miekg/dns.Exchange",
		`import "nhooyr.io/websocket"; func f() { websocket.Dial(nil, "", nil) }`:               "nhooyr.io/websocket.Dial",
		`import "C"`: "C.import",
		// and nothing else
		`import "net"; var _ net.Conn; var _ = net.ParseIP("192.0.2.1"); var _, _ = net.InterfaceAddrs()`: "",
		`import "net/http"; var _ = http.StatusOK; var _ http.Handler`:                                    "",
		`import "syscall"; var _ = syscall.ECONNREFUSED`:                                                  "",
		`type net struct{}; func (net) Dial() {}; var _ = "net.Dial"`:                                     "",
	} {
		found, err := findWaysOut("handlers/x.go", []byte("package x\n"+src))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if len(found) == 0 && want != "" || len(found) > 0 && (want == "" || !strings.HasSuffix(found[0], ": "+want)) {
			t.Errorf("%s: %v, want %q", src, found, want)
		}
	}
	// A door is open for what it is there for only.
	for place, want := range map[string]int{"cmd/rootwalk/program.go": 1, "lookup/osnet/x.go": 0, "lookup/osnetwork.go": 2} {
		found, err := findWaysOut(place, []byte("package x\nimport \"net\"\nvar _, _ = net.Listen(\"tcp\", \":0\")\nvar _, _ = net.Dial(\"tcp\", \":0\")"))
		if err != nil || len(found) != want {
			t.Errorf("%s: %v, want %d", place, found, want)
		}
	}
}
