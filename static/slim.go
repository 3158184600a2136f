package static

import (
	"bytes"
	"encoding/json"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

// slim is a style sheet or a JSON file as it is sent: without what only people
// read. What cannot be read is sent as it lies here; a test makes sure that
// there is no such file.
func slim(name string, body []byte) []byte {
	out, err := slimmed(name, body)
	if err != nil {
		return body
	}
	return out
}

func slimmed(name string, body []byte) ([]byte, error) {
	switch path.Ext(name) {
	case ".css":
		r := api.Transform(string(body), api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Charset: api.CharsetUTF8, LogLevel: api.LogLevelSilent})
		if len(r.Errors) > 0 {
			return nil, &unreadable{name, r.Errors[0].Text}
		}
		return r.Code, nil
	case ".json":
		var b bytes.Buffer
		if err := json.Compact(&b, body); err != nil {
			return nil, err
		}
		return b.Bytes(), nil
	}
	return body, nil
}

// unreadable says what is wrong with a style sheet of ours.
type unreadable struct{ name, why string }

func (u *unreadable) Error() string { return u.name + ": " + u.why }
