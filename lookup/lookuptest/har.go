package lookuptest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

//go:embed testdata/har-1.2.schema.json
var harSchema []byte

// CheckHAR says what is wrong with an HTTP Archive: by the schema of HAR 1.2, and
// by what the specification says that no schema can, which is that an entry's
// time is the sum of its phases and that TLS is part of connecting.
func CheckHAR(doc []byte) (problems []string) {
	var schema map[string]any
	var value any
	if err := json.Unmarshal(harSchema, &schema); err != nil {
		return []string{err.Error()}
	}
	if err := json.Unmarshal(doc, &value); err != nil {
		return []string{err.Error()}
	}
	v := shape{root: schema}
	v.check("", schema, value)
	if len(v.problems) > 0 {
		return v.problems
	}
	var sums struct {
		Log struct {
			Pages   []struct{ ID string }
			Entries []struct {
				Pageref string
				Time    float64
				Timings struct{ Blocked, DNS, Connect, SSL, Send, Wait, Receive float64 }
			}
		}
	}
	if err := json.Unmarshal(doc, &sums); err != nil {
		return []string{err.Error()}
	}
	for i, e := range sums.Log.Entries {
		t, sum := e.Timings, 0.
		for _, ms := range []float64{t.Blocked, t.DNS, t.Connect, t.Send, t.Wait, t.Receive} {
			sum += max(ms, 0)
		}
		if math.Abs(sum-e.Time) > .01 {
			problems = append(problems, fmt.Sprintf("entry %d takes %v ms, its phases %v ms", i, e.Time, sum))
		}
		if t.SSL > t.Connect {
			problems = append(problems, fmt.Sprintf("entry %d: ssl %v is no part of connect %v", i, t.SSL, t.Connect))
		}
		if !slices.ContainsFunc(sums.Log.Pages, func(p struct{ ID string }) bool { return p.ID == e.Pageref }) {
			problems = append(problems, fmt.Sprintf("entry %d is of no page", i))
		}
	}
	return problems
}

// shape holds a value against a JSON Schema, as far as the schema of HAR goes.
type shape struct {
	root     map[string]any
	problems []string
}

func (v *shape) check(at string, schema map[string]any, value any) {
	complain := func(format string, args ...any) {
		v.problems = append(v.problems, at+": "+fmt.Sprintf(format, args...))
	}
	if ref, ok := schema["$ref"].(string); ok {
		defs, _ := v.root["$defs"].(map[string]any)
		to, found := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if !found {
			complain("the schema has no %s", ref)
			return
		}
		v.check(at, to, value)
		return
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, one := range choices {
			try := shape{root: v.root}
			if try.check(at, one.(map[string]any), value); len(try.problems) == 0 {
				return
			}
		}
		complain("fits none of the choices")
	}
	if want, ok := schema["const"]; ok && want != value {
		complain("%v, must be %v", value, want)
	}
	kind, _ := schema["type"].(string)
	switch x := value.(type) {
	case map[string]any:
		if kind != "object" {
			complain("an object, must be %s", kind)
			return
		}
		known, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := x[name.(string)]; !ok {
				complain("%v is missing", name)
			}
		}
		for name, part := range x {
			if sub, ok := known[name].(map[string]any); ok {
				v.check(at+"/"+name, sub, part)
			} else if !strings.HasPrefix(name, "_") {
				complain("nobody knows %s", name)
			}
		}
	case []any:
		if kind != "array" {
			complain("an array, must be %s", kind)
			return
		}
		for i, part := range x {
			v.check(fmt.Sprint(at, "/", i), schema["items"].(map[string]any), part)
		}
	case string:
		if _, fixed := schema["const"]; !fixed && kind != "string" {
			complain("a string, must be %s", kind)
		}
		if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(x) {
			complain("%q does not fit %s", x, p)
		}
	case float64:
		if kind != "number" && (kind != "integer" || x != math.Trunc(x)) {
			complain("%v, must be %s", x, kind)
		}
		if least, ok := schema["minimum"].(float64); ok && x < least {
			complain("%v is less than %v", x, least)
		}
		if most, ok := schema["maximum"].(float64); ok && x > most {
			complain("%v is more than %v", x, most)
		}
	case bool:
		if kind != "boolean" {
			complain("a boolean, must be %s", kind)
		}
	case nil:
		if kind != "null" {
			complain("null, must be %s", kind)
		}
	}
}
