package templates

import "strconv"

// errorTitle says in a few words what did not work.
func errorTitle(p ErrorPage) string {
	key := "page.error." + strconv.Itoa(p.Status)
	if !p.Words.Has(key) {
		key = "page.error.other"
	}
	return p.T(key)
}

// errorWhy is the reason, as exactly as it is known.
func errorWhy(p ErrorPage) string {
	if key := "error." + p.Problem.Code; p.Problem.Code != "" && p.Words.Has(key) {
		return p.Words.With(key, p.Problem.Params)
	}
	if key := "page.error.why." + strconv.Itoa(p.Status); p.Words.Has(key) {
		return p.T(key)
	}
	return ""
}
