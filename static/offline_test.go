package static

import (
	"bytes"
	"testing"
)

// What stands inside a script or a style element must not end it, and nothing in
// it may want a network.
func TestTheOfflinePageIsWholeInItself(t *testing.T) {
	script, style := Offline()
	if len(script) < 10_000 || len(style) < 5_000 {
		t.Fatalf("%d and %d bytes", len(script), len(style))
	}
	for _, part := range [][]byte{script, style} {
		for _, no := range []string{"</script", "</style", "<!--", "fetch(\"http", "new WebSocket", "@import", "url(http"} {
			if bytes.Contains(bytes.ToLower(part), []byte(no)) {
				t.Errorf("it has %q", no)
			}
		}
	}
	if bytes.HasPrefix(script, []byte("import")) || bytes.Contains(script, []byte("import.meta")) {
		t.Error("it imports")
	}
	if len(script) > 200_000 {
		t.Errorf("the script has %d bytes", len(script))
	}
}
