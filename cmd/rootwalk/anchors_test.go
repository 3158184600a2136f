package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/dnssec"
)

// A file is replaced as a whole, with its mode; where that fails the old one is
// still there.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "anchors")
	text := "; rootwalk: keep this\n. IN DNSKEY 257 3 15 MvNeL+QReXL4ToUdSDIrp41dQ67rRWlRAWms2312nnc=\n"
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	m, err := dnssec.ReadManaged(path, []byte(text), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, m); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	st, _ := os.Stat(path)
	if err != nil || !dnssec.IsManaged(b) || !strings.Contains(string(b), "state=valid since=2026-03-04T00:00:00Z") || st.Mode().Perm() != 0o640 {
		t.Errorf("%v %v\n%s", err, st.Mode(), b)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if err := replaceFile(filepath.Join(dir, "no", "anchors"), m); err == nil {
		t.Error("wrote where there is no folder")
	}
}

// Only a file that asks for it is kept, and a keeper ends with its resolver.
func TestAnchorsAreKeptWhereTheFileAsksForIt(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{". IN DNSKEY 257 3 15 MvNeL+QReXL4ToUdSDIrp41dQ67rRWlRAWms2312nnc=\n", true},
		{"; rootwalk: keep this\n. IN DNSKEY 257 3 15 MvNeL+QReXL4ToUdSDIrp41dQ67rRWlRAWms2312nnc= ; state=odd\n", false},
	} {
		path := filepath.Join(t.TempDir(), "anchors")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		conf := realConfig{IPv4: true, TrustAnchors: path, HintsFile: ""}
		v, err := conf.validator(lookup.NewLessonClock(time.Now))
		if err != nil {
			t.Fatal(err)
		}
		in := &realInternet{clock: lookup.NewLessonClock(time.Now)}
		stop, err := in.keepAnchors(conf, v)
		if (err == nil) != c.ok {
			t.Errorf("%q: %v", c.text, err)
		}
		stop()
		if b, _ := os.ReadFile(path); string(b) != c.text {
			t.Errorf("%q became %q", c.text, b)
		}
	}
}
