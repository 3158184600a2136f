package hosting

import (
	"fmt"
	"slices"
	"strings"

	"rootwalk/lookup"
)

// A lab file is all zones of a lab as one text of lines, each beginning with a
// word:
//
//	rootwalk-lab 1              the first line: what this is, and which version of it
//	; anything                  a comment; empty lines are skipped
//	zone NAME SERVER…           a zone and its servers, the primary first
//	| …                         the lines of its zone file (RFC 1035 section 5), each after "| "
//	copy SERVER                 a secondary that has another version, whose lines follow
//	expired SERVER              a secondary whose copy is too old to be served
//	fault KIND PLACE [AMOUNT]   something that is broken (lookup.Fault)
//	end                         the last line
//
// What is not in it is not in the lab. "copy" and "expired" belong to the zone above
// them.

// Bounds of a lab file.
const (
	MaxLabFile  = 1 << 20 // octets
	labFileWord = "rootwalk-lab"
	labFileLine = labFileWord + " 1"
	maxLabZones = 200
	maxFaults   = 100
	maxLine     = 4096 // octets of a line
)

// LabFile is what a lab file says, checked.
type LabFile struct {
	img    Image
	Faults []lookup.Fault
	Lines  []int // on which the faults stand
}

// Export is the lab as a lab file; faults are what is broken.
func (o *Operator) Export(faults []lookup.Fault) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	img := o.image()
	names := make([]lookup.Name, 0, len(img.zones))
	for name := range img.zones {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b lookup.Name) int { return cmpText(reversed(a), reversed(b)) })
	var b strings.Builder
	b.WriteString(labFileLine + "\n; All zones of a lab, their servers, and what is broken.\n")
	file := func(text string) {
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
			if line != "" {
				line = " " + line
			}
			b.WriteString("|" + line + "\n")
		}
	}
	for _, name := range names {
		z := img.zones[name]
		fmt.Fprintf(&b, "\nzone %s", name)
		for _, s := range z.servers() {
			fmt.Fprintf(&b, " %s", s)
		}
		b.WriteString("\n")
		file(o.textOf(name, z))
		for _, c := range z.copies[1:] {
			if c.zone != nil && c.zone != z.primary() && write(c.zone) != write(z.primary()) {
				fmt.Fprintf(&b, "copy %s\n", c.server)
				file(write(c.zone))
			}
			if c.expired {
				fmt.Fprintf(&b, "expired %s\n", c.server)
			}
		}
	}
	b.WriteString("\n")
	for _, f := range faults {
		fmt.Fprintf(&b, "fault %s %s", f.Kind, f.At)
		if f.Amount != 0 {
			fmt.Fprintf(&b, " %d", f.Amount)
		}
		b.WriteString("\n")
	}
	b.WriteString("end\n")
	return b.String()
}

// ReadLabFile checks a lab file against this lab's servers. Nothing is changed.
// The error is a *lookup.ZoneMistake with the line of the lab file.
func (o *Operator) ReadLabFile(text string) (LabFile, error) {
	r := labReader{o: o, file: LabFile{img: Image{zones: map[lookup.Name]zoneImage{}}}}
	if len(text) > MaxLabFile {
		return LabFile{}, r.wrong("lab.large", "most", fmt.Sprint(MaxLabFile))
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\n")
	for i, line := range lines {
		r.line = i + 1
		if err := r.read(line); err != nil {
			return LabFile{}, err
		}
	}
	r.line = len(lines)
	if !r.ended {
		return LabFile{}, r.wrong("lab.cut")
	}
	if _, ok := r.file.img.zones[lookup.Root]; !ok {
		r.line = 0
		return LabFile{}, r.wrong("lab.root")
	}
	return r.file, nil
}

// labReader reads a lab file line by line.
type labReader struct {
	o    *Operator
	file LabFile
	line int

	begun, ended bool
	zone         lookup.Name // the one whose lines are read
	img          zoneImage
	open         bool        // a zone has begun
	of           lookup.Name // the server whose lines these are: the primary, or a copy
	text         strings.Builder
	from         int // the line before the first of text
}

func (r *labReader) wrong(code string, about ...string) error {
	m := &lookup.ZoneMistake{Line: r.line, Code: code, Params: map[string]string{}, Text: code}
	for i := 0; i+1 < len(about); i += 2 {
		m.Params[about[i]] = lookup.Printable(about[i+1])
	}
	return m
}

func (r *labReader) read(line string) error {
	if len(line) > maxLine {
		return r.wrong("lab.line", "most", fmt.Sprint(maxLine))
	}
	if !r.begun {
		if strings.TrimSpace(line) != labFileLine {
			if strings.HasPrefix(line, labFileWord+" ") {
				return r.wrong("lab.version", "line", line[:min(len(line), 60)])
			}
			return r.wrong("lab.what", "line", line[:min(len(line), 60)])
		}
		r.begun = true
		return nil
	}
	if r.ended {
		if strings.TrimSpace(line) != "" {
			return r.wrong("lab.after")
		}
		return nil
	}
	if body, ok := strings.CutPrefix(line, "|"); ok {
		if r.of == "" {
			return r.wrong("lab.loose")
		}
		if r.text.Len() == 0 {
			r.from = r.line - 1
		} else if r.from+strings.Count(r.text.String(), "\n")+1 != r.line {
			return r.wrong("lab.torn")
		}
		r.text.WriteString(strings.TrimPrefix(body, " ") + "\n")
		return nil
	}
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(fields[0], ";") {
		return nil
	}
	if err := r.finishFile(); err != nil {
		return err
	}
	switch word := fields[0]; word {
	case "zone":
		return r.beginZone(fields[1:])
	case "copy", "expired":
		if !r.open || len(fields) != 2 {
			return r.wrong("lab.word", "word", word)
		}
		server := lookup.Name(fields[1]).Canonical()
		i := slices.IndexFunc(r.img.copies, func(c copyImage) bool { return c.server == server })
		if i < 1 {
			return r.wrong("lab.copy", "server", fields[1], "zone", string(r.zone))
		}
		if word == "expired" {
			r.img.copies[i].expired = true
		} else if r.img.copies[i].zone != nil {
			return r.wrong("lab.twice", "name", fields[1])
		} else {
			r.of = server
		}
		return nil
	case "fault":
		if err := r.finishZone(); err != nil {
			return err
		}
		f := lookup.Fault{}
		if len(fields) < 3 || len(fields) > 4 || len(r.file.Faults) == maxFaults {
			return r.wrong("lab.fault", "word", line[:min(len(line), 80)])
		}
		f.Kind, f.At = lookup.FaultKind(fields[1]), fields[2]
		if len(fields) == 4 {
			if _, err := fmt.Sscanf(fields[3], "%d", &f.Amount); err != nil || fmt.Sprint(f.Amount) != fields[3] {
				return r.wrong("lab.fault", "word", line[:min(len(line), 80)])
			}
		}
		r.file.Faults, r.file.Lines = append(r.file.Faults, f), append(r.file.Lines, r.line)
		return nil
	case "end":
		r.ended = true
		return r.finishZone()
	default:
		return r.wrong("lab.word", "word", word[:min(len(word), 60)])
	}
}

// beginZone reads "zone NAME SERVER…".
func (r *labReader) beginZone(fields []string) error {
	if err := r.finishZone(); err != nil {
		return err
	}
	if len(fields) < 2 || len(fields) > 1+maxDelegated {
		return r.wrong("lab.servers")
	}
	name, err := lookup.ParseName(fields[0])
	if err != nil {
		return r.wrong("owner", "token", fields[0])
	}
	name = name.Canonical()
	if _, there := r.file.img.zones[name]; there {
		return r.wrong("lab.twice", "name", string(name))
	}
	if len(r.file.img.zones) == maxLabZones {
		return r.wrong("lab.zones", "most", fmt.Sprint(maxLabZones))
	}
	r.zone, r.open, r.img = name, true, zoneImage{managed: true, changed: true}
	for _, s := range fields[1:] {
		server := lookup.Name(s).Canonical()
		if r.o.sites[server] == nil {
			return r.wrong("lab.server", "server", s)
		}
		if slices.ContainsFunc(r.img.copies, func(c copyImage) bool { return c.server == server }) {
			return r.wrong("lab.twice", "name", s)
		}
		r.img.copies = append(r.img.copies, copyImage{server: server})
	}
	r.of = r.img.copies[0].server
	return nil
}

// finishFile reads the zone file whose lines have ended.
func (r *labReader) finishFile() error {
	if r.of == "" {
		return nil
	}
	text, at := r.text.String(), r.line
	z, err := parseFile(r.zone, text)
	if err != nil {
		if m, ok := err.(*lookup.ZoneMistake); ok {
			if m.Line > 0 {
				at = r.from + m.Line
			}
			m.Line = at
		}
		return err
	}
	i := slices.IndexFunc(r.img.copies, func(c copyImage) bool { return c.server == r.of })
	r.img.copies[i].zone = z
	if i == 0 {
		r.img.text = text
	}
	r.of = ""
	r.text.Reset()
	return nil
}

// finishZone keeps the zone that has ended.
func (r *labReader) finishZone() error {
	if !r.open {
		return nil
	}
	for i := range r.img.copies {
		if r.img.copies[i].zone == nil {
			r.img.copies[i].zone = r.img.primary()
		}
	}
	if shipped, ok := r.o.shipped.zones[r.zone]; ok && r.img.text == r.o.textOf(r.zone, shipped) { // as it was shipped
		r.img.changed, r.img.text, r.img.managed = false, "", shipped.managed
		for i := range r.img.copies {
			if r.img.copies[i].zone == r.img.copies[0].zone && i > 0 {
				r.img.copies[i].zone = shipped.primary()
			}
		}
		r.img.copies[0].zone = shipped.primary()
	}
	r.file.img.zones[r.zone] = r.img
	r.open = false
	return nil
}

// Import makes a lab file all that there is, as one edit: to the serial, and to
// each server's copy.
func (o *Operator) Import(f LabFile) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.alter(Edited{Do: "import", Zone: lookup.Root, What: fmt.Sprint(len(f.img.zones))}, func() (*run, error) { return nil, o.become(f.img) })
	return err
}
