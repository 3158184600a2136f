package lookup

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Bounds of a trace file from outside.
const (
	MaxTraceFile   = 4 << 20 // octets
	maxTitle       = 300     // octets, of title, network and id
	maxNameText    = 1024    // octets of a name in presentation form
	maxFileStrings = 90_000  // octets of any other text: the base64 of the largest message
)

// ReadForeignTraceFile is ReadTraceFile for a file that anybody may have made: it
// is bounded, fits the schema, and shows nothing but characters, none of which
// can reorder or hide others.
func ReadForeignTraceFile(data []byte) (TraceFile, error) {
	if len(data) > MaxTraceFile {
		return TraceFile{}, fmt.Errorf("trace file longer than %d MiB", MaxTraceFile>>20)
	}
	problems, err := checkSchema(data)
	if err != nil {
		return TraceFile{}, err
	}
	if len(problems) > 0 {
		return TraceFile{}, fmt.Errorf("trace file: %s", problems[0])
	}
	f, err := ReadTraceFile(data)
	switch {
	case err != nil:
		return TraceFile{}, err
	case len(f.Events) == 0:
		return TraceFile{}, errors.New("trace file without events")
	case len(f.Title) > maxTitle || len(f.Network) > maxTitle || len(f.ID) > maxTitle:
		return TraceFile{}, errors.New("trace file with a title too long")
	}
	messages := 0
	for _, e := range f.Events {
		messages += carried(e.Fact)
	}
	if messages > DefaultMaxBytes {
		return TraceFile{}, errors.New("trace file with too many bytes of messages")
	}
	return f, nil
}

// schemaTree is JSONSchema, decoded.
var schemaTree = sync.OnceValue(func() map[string]any {
	var schema map[string]any
	if err := json.Unmarshal(JSONSchema(), &schema); err != nil {
		panic("lookup: schema: " + err.Error()) // our own output
	}
	return schema
})

// checkSchema checks JSON against the schema of trace files and returns what is
// wrong; an error is no JSON at all.
func checkSchema(data []byte) ([]string, error) {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return nil, fmt.Errorf("not a trace file: %w", err)
	}
	schema := schemaTree()
	v := checker{defs: schema["$defs"].(map[string]any)}
	v.check("", schema, value)
	return v.problems, nil
}

// checker checks values against a schema. It knows the keywords that
// JSONSchema writes and panics at any other, which a test would find.
type checker struct {
	defs     map[string]any
	problems []string
}

// maxProblems bounds what is told of one file.
const maxProblems = 20

func (v *checker) complain(at, format string, args ...any) {
	if len(v.problems) < maxProblems {
		v.problems = append(v.problems, Printable(at+": "+fmt.Sprintf(format, args...)))
	}
}

func (v *checker) check(at string, schema map[string]any, value any) {
	if len(v.problems) >= maxProblems {
		return
	}
	object, _ := value.(map[string]any)
	for keyword, rule := range schema {
		switch keyword {
		case "$schema", "$id", "$defs", "title", "description", "format", "contentEncoding":
		case "$ref":
			name := strings.TrimPrefix(rule.(string), "#/$defs/")
			v.check(at, v.defs[name].(map[string]any), value)
			if text, ok := value.(string); ok && name == "Name" && len(text) > maxNameText {
				v.complain(at, "is a name of %d octets", len(text))
			}
		case "type":
			types, many := rule.([]any)
			if !many {
				types = []any{rule}
			}
			if !slices.ContainsFunc(types, func(one any) bool { return isJSONType(one.(string), value) }) {
				v.complain(at, "is %T, not %v", value, types)
			}
			if text, ok := value.(string); ok && (len(text) > maxFileStrings || Printable(text) != text) {
				v.complain(at, "is no text to be shown: %.60s", text)
			}
		case "const":
			if value != rule {
				v.complain(at, "is %.60v, not %v", value, rule)
			}
		case "enum":
			if !slices.Contains(rule.([]any), value) {
				v.complain(at, "%.60v is none of %v", value, rule)
			}
		case "minimum":
			if n, ok := value.(float64); ok && n < rule.(float64) {
				v.complain(at, "%v is below %v", n, rule)
			}
		case "maximum":
			if n, ok := value.(float64); ok && n > rule.(float64) {
				v.complain(at, "%v is above %v", n, rule)
			}
		case "required":
			for _, name := range rule.([]any) {
				if _, there := object[name.(string)]; object != nil && !there {
					v.complain(at, "has no %v", name)
				}
			}
		case "properties":
			for name, sub := range rule.(map[string]any) {
				if member, there := object[name]; there {
					v.check(at+"/"+name, sub.(map[string]any), member)
				}
			}
		case "items":
			list, _ := value.([]any)
			for i, item := range list {
				v.check(at+"/"+strconv.Itoa(i), rule.(map[string]any), item)
			}
		case "oneOf":
			v.oneKind(at, rule.([]any), object)
		default:
			panic("lookup: schema has the keyword " + keyword)
		}
	}
}

// oneKind is oneOf for facts: each choice names its kind, so one at most can
// fit.
func (v *checker) oneKind(at string, choices []any, object map[string]any) {
	for _, choice := range choices {
		schema := choice.(map[string]any)
		if kind := schema["properties"].(map[string]any)["kind"].(map[string]any)["const"]; kind == object["kind"] {
			v.check(at, schema, object)
			return
		}
	}
	v.complain(at, "is no fact")
}

func isJSONType(name string, value any) bool {
	switch x := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "integer" && x == math.Trunc(x)
	case []any:
		return name == "array"
	}
	return name == "object"
}
