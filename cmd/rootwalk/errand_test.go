package main

import (
	"bytes"
	"strings"
	"testing"
)

// The command line knows the same errands as the page.
func TestLookupErrands(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"203.0.113.10"}, []string{"203.0.113.10 is an address, so its reverse name is asked about: 10.113.0.203.in-addr.arpa.", "www.example.co.kr"}},
		{[]string{"2001:db8:80::10", "A"}, []string{"0.8.b.d.0.1.0.0.2.ip6.arpa PTR"}},
		{[]string{"-errand", "targets", "mx.example", "MX"}, []string{"the lowest first: 10 mx1.mx.example, 20 mx2.mx.example", "mx2.mx.example AAAA: answer. 2001:db8:81::151"}},
		{[]string{"-errand", "connect", "www.dual.example"}, []string{"asks for AAAA, A at the same time"}},
		{[]string{"-errand", "search", "library"}, []string{"tries library.classroom.test (1 of 2)", "203.0.113.22"}},
		{[]string{"-errand", "iterative", "www.example.co.kr"}, []string{"walks by itself, with RD=0", "203.0.113.10"}},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"-lab-speed", "0", "-colour", "never"}, c.args...)
		if status := lookupCommand(t.Context(), args, none, &out, &errs); status != exitOK {
			t.Errorf("%v: status %d, %s", c.args, status, errs.String())
		}
		for _, w := range c.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%v does not say %q:\n%s", c.args, w, out.String())
			}
		}
	}
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{"-errand", "search", "library."}, exitNxdomain}, // the final dot
		{[]string{"-errand", "wash", "www.example"}, exitUsage},
	} {
		var out, errs bytes.Buffer
		if status := lookupCommand(t.Context(), append([]string{"-lab-speed", "0"}, c.args...), none, &out, &errs); status != c.status {
			t.Errorf("%v: status %d, want %d; %s", c.args, status, c.status, errs.String())
		}
	}
}
