package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/message"
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

// The file is kept by real time: what a room skips brings no look at the keys
// forward, and no key's time.
func TestAnchorsDoNotFollowALesson(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchors")
	text := []byte("; rootwalk: keep this\n. IN DNSKEY 257 3 15 MvNeL+QReXL4ToUdSDIrp41dQ67rRWlRAWms2312nnc=\n")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	in := &realInternet{clock: lookup.NewLessonClock(time.Now)}
	k := in.anchorKeeping(realConfig{TrustAnchors: path}, dnssec.New(dnssec.Config{Clock: in.clock}), text)
	defer k.close()
	asked := 0
	k.fetch = func(context.Context, lookup.Name) (message.Evidence, error) {
		asked++
		return message.Evidence{}, errNoKeys
	}
	if err := k.turn(t.Context()); err == nil || asked != 1 {
		t.Fatalf("%v, asked %d times", err, asked)
	}
	for range 40 { // days
		if err := in.clock.Skip(lookup.MaxSkip); err != nil {
			t.Fatal(err)
		}
		if err := k.turn(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if real := time.Now(); asked != 1 || k.clock.Now().Sub(real).Abs() > time.Hour {
		t.Errorf("asked %d times; at %v the file's time is %v", asked, real, k.clock.Now())
	}
}

// Two resolvers of one process do not both write one file: the second follows the
// first, and takes over when that ends.
func TestAnchorsHaveOneOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchors")
	write := func(key string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("; rootwalk: keep this\n. IN DNSKEY 257 3 15 "+key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("MvNeL+QReXL4ToUdSDIrp41dQ67rRWlRAWms2312nnc=")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	asked, trusted := map[string]int{}, map[string]int{}
	keeping := func(name string) *anchorKeeping {
		return &anchorKeeping{
			path: path, clock: lookup.NewLessonClock(time.Now), read: text,
			fetch: func(context.Context, lookup.Name) (message.Evidence, error) {
				asked[name]++
				return message.Evidence{}, errNoKeys
			},
			trust: func(*dnssec.Anchors) { trusted[name]++ },
		}
	}
	first, second := keeping("first"), keeping("second")
	if err := first.turn(t.Context()); err == nil {
		t.Error("the first did not look")
	}
	if err := second.turn(t.Context()); err != nil || asked["second"] != 0 {
		t.Errorf("the second looks too: %v, %v", err, asked)
	}
	write("n/xeBEUkkVHg/4svRZC2D0KbX6wrhFnuEjXJbzaYmjI=")
	if err := second.turn(t.Context()); err != nil || trusted["second"] != 1 {
		t.Errorf("the second does not follow: %v, %v", err, trusted)
	}
	first.close()
	if err := second.turn(t.Context()); err == nil || asked["second"] != 1 || trusted["second"] != 1 {
		t.Errorf("the second does not take over: %v, %v, %v", err, asked, trusted)
	}
	second.close()
	if asked["first"] != 1 || trusted["first"] != 0 {
		t.Errorf("%v %v", asked, trusted)
	}
}
