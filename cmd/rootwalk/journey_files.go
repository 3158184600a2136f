package main

import (
	"os"
	"path/filepath"
	"runtime"

	"rootwalk/lookup"
)

// openFiles opens what a program has open besides sockets: the hosts file, which a
// lookup begins with, and a pipe. In the lab the numbers are the lab's; elsewhere
// this process really opens them. What it returns closes them.
func (j *journey) openFiles() (closeAll func()) {
	if j.lab != nil {
		j.browser.Open("file", "/etc/hosts")
		j.browser.Open("pipe", "read")
		j.browser.Open("pipe", "write")
		return func() {} // the program ends
	}
	var files []*os.File
	var told []func()
	add := func(f *os.File, of, name string) {
		d := j.browser.Opened(of, name, int(f.Fd()))
		files = append(files, f)
		told = append(told, func() { j.browser.Close(d, of) })
	}
	if f, err := os.Open(hostsPath()); err == nil { // a system without one has none open
		add(f, "file", lookup.Printable(f.Name()))
	}
	if r, w, err := os.Pipe(); err == nil {
		add(r, "pipe", "read")
		add(w, "pipe", "write")
	}
	return func() {
		for i, f := range files {
			f.Close()
			told[i]()
		}
	}
}

// hostsPath is where this system has its hosts file.
func hostsPath() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("SystemRoot"), "System32", "drivers", "etc", "hosts")
	}
	return "/etc/hosts"
}
