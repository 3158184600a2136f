package lookup

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	for path, want := range map[string][]byte{"../static/js/event-types.js": JSTypes(), "../static/schema/trace.json": JSONSchema()} {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the facts say: run `go generate ./lookup`", path)
		}
	}
}

// The values of a closed type are its constants: none forgotten, none made up.
func TestClosedTypesListTheirConstants(t *testing.T) {
	found := map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				of, typed := v.Type.(*ast.Ident)
				if !typed || len(v.Values) == 0 {
					continue
				}
				if text, ok := v.Values[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
					value, err := strconv.Unquote(text.Value)
					if err != nil {
						t.Fatal(err)
					}
					found[of.Name] = append(found[of.Name], value)
				}
			}
		}
	}
	for of, values := range closed {
		got, want := slices.Sorted(slices.Values(values)), slices.Sorted(slices.Values(found[of.Name()]))
		if !slices.Equal(got, want) {
			t.Errorf("%s: listed %q, declared %q", of.Name(), got, want)
		}
	}
}

func goldenTraces(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../static/test/traces/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden traces: %v", err)
	}
	out := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(p), ".json")] = data
	}
	return out
}

func TestGoldenTracesFitTheSchema(t *testing.T) {
	for name, data := range goldenTraces(t) {
		for _, problem := range validateTrace(t, data) {
			t.Errorf("%s: %s", name, problem)
		}
		if _, err := ReadTraceFile(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsNoTrace(t *testing.T) {
	whole := string(goldenTraces(t)["walk"])
	for what, change := range map[string][2]string{
		"unknown kind":     {`"kind":"cache.missed"`, `"kind":"cache.lost"`},
		"another's fact":   {`"kind":"cache.missed"`, `"kind":"query.sent"`},
		"text for number":  {`"atUs":1300`, `"atUs":"1300"`},
		"fraction":         {`"atUs":1300`, `"atUs":1300.5`},
		"negative seq":     {`"seq":1,`, `"seq":-1,`},
		"other version":    {`"version":1`, `"version":2`},
		"unknown role":     {`"role":"tld"`, `"role":"boss"`},
		"missing member":   {`"title":`, `"titel":`},
		"flag as text":     {`"aa":true`, `"aa":"yes"`},
		"number too large": {`"id":37316`, `"id":65536`},
	} {
		changed := strings.Replace(compactJSON(t, whole), change[0], change[1], 1)
		if changed == compactJSON(t, whole) {
			t.Errorf("%s: the golden trace has no %s", what, change[0])
			continue
		}
		if len(validateTrace(t, []byte(changed))) == 0 {
			t.Errorf("%s passed the schema", what)
		}
	}
	more := strings.Replace(compactJSON(t, whole), `"seq":1,`, `"seq":1,"mood":"calm",`, 1)
	if problems := validateTrace(t, []byte(more)); len(problems) > 0 {
		t.Errorf("a member of a later program was refused: %s", problems[0])
	}
}

func compactJSON(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every fact, filled with values, survives its JSON and fits the schema.
func TestEveryFactSurvivesItsJSON(t *testing.T) {
	file := TraceFile{ID: "t1", Version: TraceVersion, Network: "lab", Title: "x A"}
	for i, example := range Examples() {
		n := 0
		v := reflect.New(reflect.TypeOf(example)).Elem()
		fill(v, &n)
		file.Events = append(file.Events, Event{Seq: i, Step: 1, Fact: v.Interface().(Fact)})
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range validateTrace(t, data) {
		t.Error(problem)
	}
	back, err := ReadTraceFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range back.Events {
		if want := file.Events[i].Fact; !reflect.DeepEqual(e.Fact, want) {
			t.Errorf("%s\n got %+v\nwant %+v", Kind(want), e.Fact, want)
		}
	}
	// Zero values, as a failed run reports them, fit as well.
	for i, example := range Examples() {
		file.Events[i].Fact = example
	}
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	for _, problem := range validateTrace(t, data) {
		t.Error("zero values: " + problem)
	}
}

// validateTrace checks JSON against the schema and returns what is wrong.
func validateTrace(t testing.TB, data []byte) []string {
	t.Helper()
	problems, err := checkSchema(data)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}
