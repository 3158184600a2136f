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

// fillLists makes empty lists of those that are nil, in a struct and in the structs
// and lists of it. What lists share with the fact is copied first.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillLists(v.Field(i))
			}
		}
	case reflect.Slice:
		made := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(made, v)
		v.Set(made)
		if kind := v.Type().Elem().Kind(); kind == reflect.Struct || kind == reflect.Slice {
			for i := range v.Len() {
				fillLists(v.Index(i))
			}
		}
	}
}
