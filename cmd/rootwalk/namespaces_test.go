package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rootwalk/lookup/lookuptest/fakenet"
)

// namespaces are network namespaces that a test made, and what runs in them.
type namespaces struct {
	t       *testing.T
	prefix  string
	program string // rootwalk, once build has made it
	web     string // folder with hints and certificates, of worlds with a Web
}

var worlds atomic.Int32

// needNamespaces makes namespaces; it skips the test where that is not possible
// or a tool is missing.
func needNamespaces(t *testing.T, tools, names []string) *namespaces {
	t.Helper()
	demanded := os.Getenv("ROOTWALK_CI") == "1"
	switch {
	case runtime.GOOS != "linux":
		t.Skip("network namespaces are Linux's")
	case testing.Short():
		t.Skip("starts a dozen name servers")
	case os.Getuid() != 0:
		t.Skip("network namespaces need root's rights")
	}
	for _, tool := range append([]string{"ip"}, tools...) {
		if _, err := exec.LookPath(tool); err != nil {
			if demanded {
				t.Fatalf("%s is not installed, and ROOTWALK_CI=1 demands it", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	leftovers.Do(func() { removeLeftovers(t) })
	n := &namespaces{t: t, prefix: fmt.Sprintf("rw%d.%d", os.Getpid(), worlds.Add(1))}
	for i, name := range names {
		out, err := exec.Command("ip", "netns", "add", n.prefix+name).CombinedOutput()
		switch {
		case err != nil && i == 0:
			t.Skipf("no network namespaces here: %s", bytes.TrimSpace(out))
		case err != nil:
			t.Fatalf("ip netns add: %s", out)
		}
		t.Cleanup(func() { n.delete(name) })
	}
	return n
}

// leftovers are looked for once in a run.
var leftovers sync.Once

var ofARun = regexp.MustCompile(`^rw(\d+)\.\d+[a-z]+$`)

// removeLeftovers ends what runs in the namespaces of runs that were killed
// before they could do it, and removes those namespaces. Their names tell which run made them.
func removeLeftovers(t *testing.T) {
	out, err := exec.Command("ip", "netns", "list").Output()
	if err != nil {
		return // no namespaces here
	}
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		run := ofARun.FindStringSubmatch(name)
		if run == nil {
			continue
		}
		if exe, err := os.Readlink("/proc/" + run[1] + "/exe"); err == nil && strings.HasSuffix(strings.TrimSuffix(exe, " (deleted)"), ".test") {
			continue // it still runs
		}
		pids, _ := exec.Command("ip", "netns", "pids", name).Output()
		for _, pid := range strings.Fields(string(pids)) {
			if id, err := strconv.Atoi(pid); err == nil {
				if p, err := os.FindProcess(id); err == nil {
					p.Kill()
				}
			}
		}
		out, err := exec.Command("ip", "netns", "del", name).CombinedOutput()
		t.Logf("namespace %s was left by a run that was killed, with %d processes: removed %v %s", name, len(strings.Fields(string(pids))), err == nil, out)
	}
}

func (n *namespaces) delete(name string) {
	if out, err := exec.Command("ip", "netns", "del", n.prefix+name).CombinedOutput(); err != nil {
		n.t.Errorf("%s: %s", name, out)
	}
}

func (n *namespaces) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %s", strings.Join(args, " "), out)
	}
}

// batch runs many ip commands in one namespace at once.
func (n *namespaces) batch(ns string, lines ...string) {
	n.t.Helper()
	cmd := exec.Command("ip", "-n", n.prefix+ns, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("%s: %s", ns, out)
	}
}

// command is a program inside a namespace.
func (n *namespaces) command(ns string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.prefix + ns}, args...)...)
}

// link joins two namespaces by a cable; each end has a name.
func (n *namespaces) link(ns, name, other, otherName string) {
	n.t.Helper()
	n.ip("-n", n.prefix+ns, "link", "add", name, "type", "veth", "peer", "name", otherName, "netns", n.prefix+other)
}

// build makes the program that the tests run.
func (n *namespaces) build() {
	n.t.Helper()
	n.program = filepath.Join(n.t.TempDir(), "rootwalk")
	if out, err := exec.Command("go", "build", "-o", n.program, ".").CombinedOutput(); err != nil {
		n.t.Fatalf("%s", out)
	}
}

// background runs a program until the test ends and returns its first line of
// output, if it is to have one.
func (n *namespaces) background(t *testing.T, ns string, wantLine bool, args ...string) string {
	t.Helper()
	cmd := n.command(ns, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, rest := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(rest)
		line, _ := bufio.NewReader(out).ReadString('\n')
		first <- line
		io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill(); t.Errorf("%s did not end", args[0]) })
		<-rest
		err := cmd.Wait()
		late.Stop()
		if wantLine && err != nil || t.Failed() && log.Len() > 0 {
			t.Logf("%s: %v\n%s", args[0], err, log.Bytes()[max(0, log.Len()-2000):])
		}
		if wantLine && err != nil {
			t.Errorf("%s did not end cleanly: %v", args[0], err)
		}
	})
	if !wantLine {
		return ""
	}
	return strings.TrimSpace(<-first)
}

// serve starts a name server in the world and waits until it answers.
func (n *namespaces) serve(s fakenet.Server, file func(zone string) string) {
	n.t.Helper()
	args, err := s.Command(n.t.TempDir(), file)
	if err != nil {
		n.t.Fatal(err)
	}
	n.background(n.t, "world", false, args...)
	n.await("world", s.Addrs[len(s.Addrs)-1].String(), "53", s.Zones[len(s.Zones)-1], "+norec", "+tcp")
}

// await waits until a name server answers a question for an SOA.
func (n *namespaces) await(ns, addr, port, zone string, options ...string) {
	n.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		out, _ := n.command(ns, append([]string{"dig", "@" + addr, "-p", port, zone, "SOA", "+tries=1", "+time=2"}, options...)...).CombinedOutput()
		if bytes.Contains(out, []byte("status: NOERROR")) {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%s port %s does not answer for %s:\n%s", addr, port, zone, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var processID = regexp.MustCompile(`pid=(\d+)`)

// processAt is the ID of the process that listens on a UDP port.
func (n *namespaces) processAt(t *testing.T, ns string, at netip.AddrPort) string {
	t.Helper()
	out, err := n.command(ns, "ss", "-H", "-u", "-l", "-n", "-p", "sport", "=", fmt.Sprintf(":%d", at.Port())).Output()
	pid := processID.FindSubmatch(out)
	if err != nil || pid == nil {
		t.Fatalf("no process at %v: %v %s", at, err, out)
	}
	return string(pid[1])
}

// openFiles is how many files a process has open.
func openFiles(t *testing.T, pid string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
