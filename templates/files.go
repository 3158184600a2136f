package templates

import (
	"fmt"
	"strings"
)

// Captured is what is known of the frames that went over the links while a
// trace was recorded.
type Captured struct {
	Links []Link `json:"links"`
	// Why there are none: "recorded" with the program, read from a "file", a
	// "network" that is not ours to listen on, still "running", or "silent":
	// nothing was sent. "" where there are some.
	Why string `json:"why"`
}

// Link is one link with frames.
type Link struct {
	Name    string `json:"name"`
	Frames  int    `json:"frames"`
	Bytes   int    `json:"bytes"`
	Skipped int    `json:"skipped"` // frames past the bound
}

// QRSVG is a text as a QR code in a file of its own.
func QRSVG(text string) []byte {
	path, size := qrCode(text)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`, size, size, size, size, path)
}

// sharedFiles are what a trace can be kept as, by their addresses below it.
var sharedFiles = []string{"files/replay.html", "files/trace.json", "files/transcript.txt", "files/dig.txt", "files/ladder.svg", "print", "print?worksheet"}

// fileKey is the word that names one of them: "replay", "worksheet".
func fileKey(address string) string {
	name := strings.TrimPrefix(address, "files/")
	if _, query, ok := strings.Cut(name, "?"); ok {
		return query
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// framesKey is the sentence about the frames: what they are, or why there are
// none.
func framesKey(c Captured) string {
	if c.Why != "" {
		return "share.frames." + c.Why
	}
	return "share.frames.some"
}
