package lookup

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// marshalFact is a fact in JSON. A list that a fact has not is an empty one there,
// not null, so that every trace fits its schema and comes back.
func marshalFact(f Fact) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil || !bytes.Contains(b, []byte(":null")) {
		return b, err
	}
	v := reflect.New(reflect.TypeOf(f)).Elem()
	v.Set(reflect.ValueOf(f))
	fillLists(v)
	return json.Marshal(v.Interface())
}

// fillLists makes empty lists of those that are nil, in the fields of a struct.
func fillLists(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Field(i)
		if !field.CanSet() {
			continue
		}
		switch field.Kind() {
		case reflect.Slice:
			if field.IsNil() {
				field.Set(reflect.MakeSlice(field.Type(), 0, 0))
			}
		case reflect.Struct:
			fillLists(field)
		}
	}
}
