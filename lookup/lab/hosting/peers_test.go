package hosting

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Real name servers as the other side of a transfer: Knot DNS by CZ.NIC and
// NSD by NLnet Labs, each once as the secondary of our primary and once as the
// primary of our secondary.

// peer is one kind of real server.
type peer struct {
	program string
	// secondary and primary are configurations: %[1]s is the folder, %[2]d the
	// port. The secondary is 127.0.0.3, the primary 127.0.0.2.
	secondary, primary string
	args               func(conf string) []string
	reload             func(t *testing.T, dir string, p *os.Process)
}

var peers = map[string]peer{
	"knot": {
		program: "knotd",
		secondary: `server:
    listen: "127.0.0.3@%[2]d"
    rundir: "%[1]s"
log:
  - target: "%[1]s/log"
    any: info
database:
    storage: "%[1]s"
remote:
  - id: primary
    address: "127.0.0.2@%[2]d"
    via: 127.0.0.3
acl:
  - id: told
    address: 127.0.0.2
    action: notify
template:
  - id: default
    storage: "%[1]s"
zone:
  - domain: example.test
    file: "copy"
    master: primary
    acl: told
`,
		primary: `server:
    listen: "127.0.0.2@%[2]d"
    rundir: "%[1]s"
log:
  - target: "%[1]s/log"
    any: info
database:
    storage: "%[1]s"
remote:
  - id: secondary
    address: "127.0.0.3@%[2]d"
    via: 127.0.0.2
acl:
  - id: copies
    address: 127.0.0.3
    action: transfer
template:
  - id: default
    storage: "%[1]s"
zone:
  - domain: example.test
    file: "%[1]s/zone"
    notify: secondary
    acl: copies
    zonefile-load: difference
    zonefile-sync: -1
`,
		args: func(conf string) []string { return []string{"-c", conf} },
		reload: func(t *testing.T, dir string, _ *os.Process) {
			if out, err := exec.Command(find1(t, "knotc"), "-c", dir+"/conf", "zone-reload", "example.test").CombinedOutput(); err != nil {
				t.Fatalf("knotc: %v %s", err, out)
			}
		},
	},
	"nsd": {
		program: "nsd",
		secondary: nsdServer + `	ip-address: 127.0.0.3@%[2]d
zone:
	name: example.test
	zonefile: "%[1]s/copy"
	request-xfr: 127.0.0.2@%[2]d NOKEY
	allow-notify: 127.0.0.2 NOKEY
	outgoing-interface: 127.0.0.3
`,
		primary: nsdServer + `	ip-address: 127.0.0.2@%[2]d
zone:
	name: example.test
	zonefile: "%[1]s/zone"
	notify: 127.0.0.3@%[2]d NOKEY
	provide-xfr: 127.0.0.3 NOKEY
	outgoing-interface: 127.0.0.2
`,
		args:   func(conf string) []string { return []string{"-d", "-c", conf} },
		reload: func(t *testing.T, _ string, p *os.Process) { _ = p.Signal(syscall.SIGHUP) },
	},
}

const nsdServer = `remote-control:
	control-enable: no
server:
	server-count: 1
	username: ""
	zonesdir: "%[1]s"
	database: ""
	pidfile: ""
	xfrdir: "%[1]s"
	xfrdfile: "%[1]s/xfrd.state"
	zonelistfile: "%[1]s/zone.list"
	logfile: "%[1]s/log"
	verbosity: 2
`

// find1 finds a program, or skips where CI does not demand it.
func find1(t *testing.T, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	if os.Getenv("ROOTWALK_CI") == "1" {
		t.Fatalf("%s is not installed, and ROOTWALK_CI=1 demands it", name)
	}
	t.Skipf("%s is not installed: no real server to transfer with", name)
	return ""
}

// start runs a peer until the test ends and returns its folder.
func (p peer) start(t *testing.T, conf string, port uint16) (dir string, process *os.Process) {
	t.Helper()
	program := find1(t, p.program)
	dir = t.TempDir()
	if err := os.WriteFile(dir+"/conf", []byte(fmt.Sprintf(conf, dir, port)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/zone", []byte(zoneText), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, p.args(dir+"/conf")...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("%s says:\n%s%s", p.program, out.String(), log)
		}
	})
	return dir, cmd.Process
}

// until waits for a server to have a serial.
func (w *world) until(t *testing.T, server lookup.Name, serial uint32) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("example.test.", dns.TypeSOA)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		r, _, err := (&dns.Client{Timeout: 200 * time.Millisecond}).Exchange(m, w.server(w.sites[server]).Addr.String())
		if err == nil && len(r.Answer) == 1 && r.Answer[0].(*dns.SOA).Serial == serial {
			return r
		}
	}
	t.Fatalf("%s never has serial %d", server, serial)
	return nil
}

func TestRealSecondaries(t *testing.T) {
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			find1(t, p.program)
			w := newWorld(t)
			w.servers[string(ns2)].Close() // its address is the real server's
			dir, _ := p.start(t, p.secondary, w.cfg.Port)
			w.until(t, ns2, 2026010100)
			if _, err := w.Put(version(t, 2026010101, "192.0.2.1", "192.0.2.99"), true); err != nil {
				t.Fatal(err)
			}
			if f := find[lookup.NotifyAnswered](t, w.trace()); f.Rcode != lookup.RcodeNoError {
				t.Errorf("the answer to NOTIFY: %+v", f)
			}
			w.until(t, ns2, 2026010101)
			if r := w.ask(ns2, "www.example.test.", dns.TypeA); len(r.Answer) != 1 || r.Answer[0].(*dns.A).A.String() != "192.0.2.99" {
				t.Errorf("%s says %v", name, r)
			}
			if r := w.ask(ns2, "many.example.test.", dns.TypeA); len(r.Answer) != 2 {
				t.Errorf("%s lost a record: %v", name, r)
			}
			log, _ := os.ReadFile(dir + "/log")
			if name == "knot" && !strings.Contains(string(log), "IXFR, incoming") {
				t.Errorf("no IXFR came in:\n%s", log)
			}
		})
	}
}

func TestRealPrimaries(t *testing.T) {
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			find1(t, p.program)
			w := newWorld(t)
			w.servers[string(ns1)].Close()
			dir, process := p.start(t, p.primary, w.cfg.Port)
			w.until(t, ns1, 2026010100)
			// It may have sent a NOTIFY at its start; one refresh more shows that
			// there is nothing new.
			if _, err := w.Refresh(our); err != nil {
				t.Fatal(err)
			}
			for finished := false; !finished; {
				for _, f := range all[lookup.RefreshFinished](w.trace()) {
					finished = true
					if f.Outcome != "current" {
						t.Fatalf("at first: %+v", f)
					}
				}
			}
			edited := strings.NewReplacer("2026010100", "2026010101", "192.0.2.1", "192.0.2.99").Replace(zoneText)
			if err := os.WriteFile(dir+"/zone", []byte(edited), 0o644); err != nil {
				t.Fatal(err)
			}
			later := time.Now().Add(2 * time.Second) // a file of the same second might be taken for the old one
			_ = os.Chtimes(dir+"/zone", later, later)
			p.reload(t, dir, process)
			w.until(t, ns2, 2026010101)
			if r := w.ask(ns2, "www.example.test.", dns.TypeA); len(r.Answer) != 1 || r.Answer[0].(*dns.A).A.String() != "192.0.2.99" {
				t.Errorf("our secondary says %v", r)
			}
			for {
				facts := w.trace()
				if len(all[lookup.TransferRequested](facts)) == 0 {
					continue
				}
				if n := find[lookup.NotifyReceived](t, facts); !n.Accepted {
					t.Errorf("NOTIFY: %+v", n)
				}
				if name == "knot" {
					find[lookup.DiffApplied](t, facts)
				}
				if f := find[lookup.RefreshFinished](t, facts); f.Copy.Serial != 2026010101 || f.Copy.Records != 9 {
					t.Errorf("%+v", f)
				}
				break
			}
		})
	}
}
