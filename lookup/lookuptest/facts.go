package lookuptest

import "rootwalk/lookup"

// Facts are those of one type, in order.
func Facts[F lookup.Fact](all []lookup.Fact) (out []F) {
	for _, f := range all {
		if f, ok := f.(F); ok {
			out = append(out, f)
		}
	}
	return out
}
