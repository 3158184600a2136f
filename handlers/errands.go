package handlers

import (
	"net/http"
	"slices"

	"rootwalk/lookup"
)

// errandOf reads what a name is wanted for; "" is a plain question.
func errandOf(text string) (lookup.Errand, error) {
	errand := lookup.Errand(text)
	if errand != lookup.ErrandPlain && !slices.Contains(lookup.Errands(), errand) {
		return "", &badRequest{code: "errand.unknown", status: http.StatusUnprocessableEntity}
	}
	return errand, nil
}
