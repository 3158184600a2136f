package fakenet

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// What the fake Internet has to have at least.
func TestSize(t *testing.T) {
	all, signed, broken := Count()
	if all < 60 || signed < 20 || broken < 20 {
		t.Errorf("%d zones, %d signed and sound, %d broken", all, signed, broken)
	}
	seen := map[string]bool{}
	programs := map[Program]int{}
	for _, z := range Zones {
		if seen[z.Name] || z.For == "" {
			t.Errorf("%s is there twice, or for nothing", z.Name)
		}
		seen[z.Name] = true
	}
	for _, s := range Servers() {
		programs[s.Program]++
	}
	if programs[NSD] == 0 || programs[Knot] == 0 || programs[BIND] == 0 {
		t.Errorf("%v", programs)
	}
	t.Logf("%d zones, %d signed and sound, %d broken, %d questions, servers %v", all, signed, broken, len(Questions()), programs)
}

// Signatures of zones that are sound are good in the eyes of others, and those
// of broken ones are not.
func TestOthersVerify(t *testing.T) {
	w, err := Build(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	verify, err := exec.LookPath("dnssec-verify")
	if err != nil {
		if os.Getenv("ROOTWALK_CI") == "1" {
			t.Fatal("dnssec-verify is not installed, and ROOTWALK_CI=1 demands it")
		}
		t.Skip("dnssec-verify is not installed")
	}
	notSigned := map[string]bool{"wrongds.se.": true, "unsupported.se.": true, "iterations.se.": true} // broken elsewhere than in the zone
	for _, z := range Zones {
		if z.Sign == nil {
			continue
		}
		t.Run(z.Name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "zone")
			if err := os.WriteFile(name, []byte(w.Files[z.Name]), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(verify, "-q", "-z", "-o", z.Name, name).CombinedOutput()
			if good := err == nil && !bytes.Contains(out, []byte("fail")); good == z.Broken && !notSigned[z.Name] {
				t.Errorf("broken %v, and dnssec-verify says %v\n%s", z.Broken, err, out)
			}
		})
	}
}
