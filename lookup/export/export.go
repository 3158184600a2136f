// Package export writes a trace in forms that other programs and people read:
// a transcript, one line a fact; the answers as dig shows them; the trace file
// itself.
//
// Everything written is safe for a terminal: control, format and bidirectional
// characters of names and data are shown escaped. Functions write as they
// read, so that a trace that is still running shows line by line; an error is
// always the writer's.
package export

import (
	"encoding/json"
	"io"

	"rootwalk/lookup"
)

// JSON writes the trace file, indented.
func JSON(w io.Writer, file lookup.TraceFile) error {
	data, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
