package hosting

import (
	"errors"
	"strings"
	"testing"

	"rootwalk/lookup"
)

// labWorld is a world whose one zone is the root, so that its lab file is whole.
func labWorld(t testing.TB) *Operator {
	t.Helper()
	text := "; the root\n$ORIGIN .\n$TTL 300\n@ SOA ns1.example.test. hostmaster 2026010100 3600 600 86400 60\n@ NS ns1.example.test.\nns1.example.test. A 127.0.0.2\n\nx. TXT \"| a\" \" \"\n"
	w := newWorldOf(t, text)
	return w
}

// What is exported is imported elsewhere: the same zones, the same copies, the
// same faults, and exporting again gives the same file.
func TestALabFileIsTheLab(t *testing.T) {
	a := labWorld(t)
	run, err := a.EditRecord(lookup.RecordEdit{Zone: ".", New: record("www.test.", "5", "A", "192.0.2.7"), Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	<-run.Done
	if run, err = a.Register("mine.", ns2, ns1, "192.0.2.8"); err != nil {
		t.Fatal(err)
	}
	<-run.Done
	faults := []lookup.Fault{{Kind: lookup.FaultLoss, At: "link:dns", Amount: 30}, {Kind: lookup.FaultSilent, At: "server:ns1"}}
	text := a.Export(faults)

	b := labWorld(t)
	f, err := b.ReadLabFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Import(f); err != nil {
		t.Fatal(err)
	}
	if got := b.Export(f.Faults); got != text {
		t.Errorf("exported again:\n%s\nwas\n%s", got, text)
	}
	for zone := range a.Edits().now.zones {
		x, y := a.Edits().now.zones[zone], b.Edits().now.zones[zone]
		for i := range x.copies {
			if write(x.copies[i].zone) != write(y.copies[i].zone) {
				t.Errorf("%s at %s:\n%s\nwas\n%s", zone, x.copies[i].server, write(y.copies[i].zone), write(x.copies[i].zone))
			}
		}
	}
	if _, err := b.Undo(); err != nil || len(b.Zones()) != 1 {
		t.Errorf("the import taken back: %v, %v", err, b.Zones())
	}
	if got := b.Export(nil); !strings.Contains(got, "x. TXT \"| a\"") || strings.Contains(got, "mine.") {
		t.Errorf("after that\n%s", got)
	}
}

func TestHostileLabFilesAreRefused(t *testing.T) {
	o := labWorld(t)
	good := o.Export(nil)
	if _, err := o.ReadLabFile(strings.ReplaceAll(good, "\n", "\r\n")); err != nil {
		t.Errorf("line ends of Windows: %v", err)
	}
	line := func(part string) int { return strings.Count(good[:strings.Index(good, part)], "\n") + 1 }
	for _, c := range []struct {
		name, text, code string
		line             int
	}{
		{"empty", "", "lab.what", 1},
		{"another format", "{\"format\":1}\n", "lab.what", 1},
		{"another version", strings.Replace(good, "rootwalk-lab 1", "rootwalk-lab 2", 1), "lab.version", 1},
		{"cut off", strings.TrimSuffix(good, "end\n"), "lab.cut", strings.Count(good, "\n")},
		{"too large", good + strings.Repeat("; more\n", MaxLabFile/7), "lab.large", 0},
		{"a long line", strings.Replace(good, "; All", strings.Repeat(";", maxLine)+" All", 1), "lab.line", 2},
		{"nothing known", strings.Replace(good, "zone .", "zones .", 1), "lab.word", line("zone .")},
		{"a server that is not here", strings.Replace(good, "zone . ns1", "zone . ns9", 1), "lab.server", line("zone .")},
		{"a server twice", strings.Replace(good, "zone . ns1.example.test. ns2", "zone . ns1.example.test. ns1", 1), "lab.twice", line("zone .")},
		{"no server", strings.Replace(good, "zone . ns1.example.test. ns2.example.test.", "zone .", 1), "lab.servers", line("zone .")},
		{"a name that is none", strings.Replace(good, "zone . ", "zone a..b ", 1), "owner", line("zone .")},
		{"a zone twice", strings.Replace(good, "\nend", good[strings.Index(good, "\nzone"):], 1), "lab.twice", 0},
		{"no root", "rootwalk-lab 1\nend\n", "lab.root", 0},
		{"a bad record", strings.Replace(good, "A 127.0.0.2", "A 127.0.0.400", 1), "data.A", line("A 127.0.0.2")},
		{"another zone's file", strings.Replace(good, "zone . ", "zone x. ", 1), "zone", line("zone .") + 1},
		{"lines of nothing", "rootwalk-lab 1\n| loose\nend\n", "lab.loose", 2},
		{"torn lines", strings.Replace(good, "| $TTL", "; between\n| $TTL", 1), "lab.torn", line("| $TTL") + 1},
		{"an include", strings.Replace(good, "| $TTL 300", "| $INCLUDE /etc/passwd\n| $TTL 300", 1), "include", line("| $TTL")},
		{"a copy of a stranger", strings.Replace(good, "\nend", "copy ns9.\nend", 1), "lab.copy", line("\nend")},
		{"a copy of the primary", strings.Replace(good, "\nend", "copy ns1.example.test.\nend", 1), "lab.copy", line("\nend")},
		{"a fault without a place", strings.Replace(good, "\nend", "\nfault loss\nend", 1), "lab.fault", line("\nend") + 1},
		{"a fault of no amount", strings.Replace(good, "\nend", "\nfault loss link:dns 1e9\nend", 1), "lab.fault", line("\nend") + 1},
		{"after the end", good + "zone x. ns1.example.test.\n", "lab.after", strings.Count(good, "\n") + 1},
		{"generated records", strings.Replace(good, "| $TTL 300", "| $TTL 300\n| $GENERATE 1-65535 a$.b.c.d.e A 192.0.2.1", 1), "", 0},
	} {
		f, err := o.ReadLabFile(c.text)
		var wrong *lookup.ZoneMistake
		if !errors.As(err, &wrong) || c.code != "" && wrong.Code != c.code || c.line > 0 && wrong.Line != c.line {
			t.Errorf("%s: %+v (%d zones), want %s on line %d", c.name, err, len(f.img.zones), c.code, c.line)
		}
	}
	if got := o.Export(nil); got != good || len(o.Steps()) != 0 {
		t.Error("what was refused changed something")
	}
}

func FuzzLabFile(f *testing.F) {
	o := labWorld(f)
	good := o.Export([]lookup.Fault{{Kind: lookup.FaultDown, At: "link:x"}})
	f.Add(good)
	f.Add("rootwalk-lab 1\nzone . ns1.example.test.\n| $ORIGIN .\ncopy ns2.example.test.\nend\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := o.ReadLabFile(text)
		if err != nil {
			if !errors.As(err, new(*lookup.ZoneMistake)) {
				t.Fatalf("%v", err)
			}
			return
		}
		if err := o.Import(file); err != nil {
			t.Fatal(err)
		}
		if _, err := o.ReadLabFile(o.Export(file.Faults)); err != nil {
			t.Fatalf("what was read cannot be read again: %v\n%s", err, o.Export(file.Faults))
		}
	})
}
