// Command eventgen writes what the browser and other programs know of the
// facts: JavaScript types and a JSON Schema, both from lookup's registry.
// Run it as "go generate ./lookup".
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"rootwalk/lookup"
)

func main() {
	root := flag.String("root", ".", "folder of the module")
	flag.Parse()
	for path, content := range map[string][]byte{
		"static/js/event-types.js": lookup.JSTypes(),
		"static/schema/trace.json": lookup.JSONSchema(),
	} {
		if err := write(filepath.Join(*root, path), content); err != nil {
			fmt.Fprintln(os.Stderr, "eventgen:", err)
			os.Exit(1)
		}
	}
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
