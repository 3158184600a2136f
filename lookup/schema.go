package lookup

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// closed lists the values of the string types that are closed sets, in the
// order in which a reader should meet them.
var closed = map[reflect.Type][]string{
	reflect.TypeFor[Outcome]():     texts(Outcomes()),
	reflect.TypeFor[Role]():        texts([]Role{RoleStub, RoleResolver, RoleRoot, RoleTLD, RoleAuthoritative}),
	reflect.TypeFor[Glue]():        texts([]Glue{GlueInDomain, GlueSibling, GlueNone, GlueHint, GlueCache}),
	reflect.TypeFor[Credibility](): texts([]Credibility{CredibilityHint, CredibilityAdditional, CredibilityReferral, CredibilityAnswer, CredibilityAuthorityAA, CredibilityAnswerAA}),
	reflect.TypeFor[CacheKind]():   texts([]CacheKind{CachePositive, CacheNodata, CacheNxdomain, CacheFailure}),
	reflect.TypeFor[Errand]():      append([]string{""}, texts(Errands())...),
	reflect.TypeFor[Security]():    texts(Securities()),
	reflect.TypeFor[Side]():        texts([]Side{SideClient, SideServer}),
	reflect.TypeFor[TCPState]():    texts(TCPStates()),
	reflect.TypeFor[Leg]():         texts(Legs()),
	reflect.TypeFor[SerialOrder](): texts([]SerialOrder{SerialNewer, SerialSame, SerialOlder, SerialUndefined}),
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// wireField is one member of a fact's JSON object.
type wireField struct {
	name     string
	of       reflect.Type
	optional bool
}

// wireFields are the members of a struct's JSON object, those of embedded
// structs in their place. A struct with a message also has its spans.
func wireFields(t reflect.Type) []wireField {
	var out []wireField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, wireFields(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, wireField{name: name, of: f.Type, optional: strings.Contains(options, "omit")})
		if f.Type == reflect.TypeFor[Message]() {
			out = append(out, wireField{name: "spans", of: reflect.TypeFor[[]Span](), optional: true})
		}
	}
	return out
}

// members is a JSON object that keeps its order.
type members []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(one.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schemaWriter collects the definitions that a schema refers to.
type schemaWriter struct {
	defs members
	seen map[string]bool
}

// JSONSchema is the JSON Schema (draft 2020-12) of a trace file, made from the
// registry of facts. It refuses an unknown kind and a missing or mistyped
// member, and lets unknown members pass, so that a newer program's file of the
// same version still validates.
func JSONSchema() []byte {
	w := schemaWriter{seen: map[string]bool{}}
	kinds := Kinds()
	choices := make([]any, len(registry))
	for i, f := range registry {
		choices[i] = members{{"properties", members{
			{"kind", members{{"const", kinds[i]}}},
			{"fact", w.of(reflect.TypeOf(f))},
		}}}
	}
	natural := members{{"type", "integer"}, {"minimum", 0}}
	event := members{
		{"description", "A fact with its place: when, and in which step of the run."},
		{"type", "object"},
		{"required", []string{"seq", "atUs", "step", "parent", "kind", "fact"}},
		{"properties", members{
			{"seq", natural}, {"atUs", natural}, {"step", natural}, {"parent", natural},
			{"kind", members{{"enum", kinds}}}, {"fact", members{{"type", "object"}}},
		}},
		{"oneOf", choices},
	}
	file := members{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", "/schema/trace.json"},
		{"title", "Rootwalk trace"},
		{"description", "The append-only record of one run: facts in the order in which they became true."},
		{"type", "object"},
		{"required", []string{"id", "version", "network", "started", "title", "events"}},
		{"properties", members{
			{"id", members{{"type", "string"}}},
			{"version", members{{"const", TraceVersion}}},
			{"network", members{{"type", "string"}}},
			{"started", members{{"type", "string"}, {"format", "date-time"}}},
			{"title", members{{"type", "string"}}},
			{"events", members{{"type", []string{"array", "null"}}, {"items", members{{"$ref", "#/$defs/Event"}}}}},
		}},
		{"$defs", append(members{{"Event", event}}, w.defs...)},
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(file); err != nil {
		panic("lookup: schema: " + err.Error()) // constants and reflected types only: cannot fail
	}
	return out.Bytes()
}

func ref(name string) members { return members{{"$ref", "#/$defs/" + name}} }

// define adds a definition once and returns a reference to it. The place is
// kept before the body is made, so that definitions come in reading order.
func (w *schemaWriter) define(name string, body func() members) members {
	if !w.seen[name] {
		w.seen[name] = true
		at := len(w.defs)
		w.defs = append(w.defs, member{key: name})
		w.defs[at].value = body()
	}
	return ref(name)
}

// of is the schema of one Go type's JSON.
func (w *schemaWriter) of(t reflect.Type) members {
	text := func(description string) func() members {
		return func() members { return members{{"description", description}, {"type", "string"}} }
	}
	if values, ok := closed[t]; ok {
		// The zero value is written as "" where nothing is known.
		return w.define(t.Name(), func() members { return members{{"enum", append(append([]string(nil), values...), "")}} })
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return members{{"type", "string"}, {"format", "date-time"}}
	case reflect.TypeFor[netip.Addr]():
		return w.define("Addr", text("An IPv4 or IPv6 address."))
	case reflect.TypeFor[netip.AddrPort]():
		return w.define("AddrPort", text("An address and a port: 192.0.2.53:53, [2001:db8::53]:53."))
	case reflect.TypeFor[Message]():
		return w.define("Message", func() members {
			return members{{"description", "A DNS message as it was on the wire."}, {"type", []string{"string", "null"}}, {"contentEncoding", "base64"}}
		})
	case reflect.TypeFor[Octets]():
		return w.define("Octets", func() members {
			return members{{"description", "Bytes of the wire or of a program's memory."}, {"type", []string{"string", "null"}}, {"contentEncoding", "base64"}}
		})
	case reflect.TypeFor[Name]():
		return w.define("Name", text("A fully qualified domain name in presentation form, with its final dot."))
	case reflect.TypeFor[Type]():
		return w.define("Type", text("A record type's mnemonic, or TYPE65400 (RFC 3597)."))
	case reflect.TypeFor[Class]():
		return w.define("Class", text("A record class's mnemonic."))
	case reflect.TypeFor[Rcode]():
		return w.define("Rcode", text("A response code's mnemonic."))
	}
	switch t.Kind() {
	case reflect.Struct:
		return w.define(t.Name(), func() members { return w.object(t) })
	case reflect.Slice:
		return members{{"type", []string{"array", "null"}}, {"items", w.of(t.Elem())}}
	case reflect.Bool:
		return members{{"type", "boolean"}}
	case reflect.Uint16:
		return members{{"type", "integer"}, {"minimum", 0}, {"maximum", 65535}}
	case reflect.Uint32:
		return members{{"type", "integer"}, {"minimum", 0}, {"maximum", 4294967295}}
	case reflect.Int, reflect.Int64:
		return members{{"type", "integer"}}
	case reflect.String:
		return members{{"type", "string"}}
	}
	panic("lookup: no JSON Schema for " + t.String())
}

func (w *schemaWriter) object(t reflect.Type) members {
	required, properties := []string{}, members{}
	for _, f := range wireFields(t) {
		if !f.optional {
			required = append(required, f.name)
		}
		properties = append(properties, member{f.name, w.of(f.of)})
	}
	return members{{"type", "object"}, {"required", required}, {"properties", properties}}
}
