package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"rootwalk/lookup"
)

// readFile is the one file that a request brings: its body, or the part "file"
// of a form. The body has been bounded; nothing is put on a disk.
func readFile(r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "application/json" {
		return readBounded(r.Body)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, malformed("neither a form with a file nor JSON")
	}
	for range 8 { // a form of ours has three
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		if part.FormName() == "file" {
			return readBounded(part)
		}
	}
	return nil, malformed("the form brings no file")
}

func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, lookup.MaxTraceFile+1))
	switch {
	case errors.As(err, new(*http.MaxBytesError)) || len(data) > lookup.MaxTraceFile:
		return nil, &badRequest{code: "files.large", status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return nil, malformed("the file did not come whole")
	}
	return data, nil
}
