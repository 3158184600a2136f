package static

import (
	"path"
	"sync"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
	"github.com/tdewolff/minify/v2/json"
)

// minifier leaves out what only people read.
var minifier = sync.OnceValue(func() *minify.M {
	m := minify.New()
	m.Add(".js", &js.Minifier{Version: 2022})
	m.Add(".css", &css.Minifier{Version: 3})
	m.Add(".json", &json.Minifier{})
	return m
})

// slim is a file as it is sent. What the minifier cannot read is sent as it
// lies here; a test makes sure that there is no such file.
func slim(name string, body []byte) []byte {
	out, err := minifier().Bytes(path.Ext(name), body)
	if err != nil {
		return body
	}
	return out
}
