package handlers

import (
	"net/http"

	"rootwalk/templates"
)

// glossaryEntry is the module of the pages of the glossary.
const glossaryEntry = "js/sheets/glossary.js"

// Glossary is the list of terms.
func (h *Handlers) Glossary(w http.ResponseWriter, r *http.Request) {
	h.render(w, r, http.StatusOK, templates.Glossary(h.glossaryPage(w, r)))
}

// Term is one term of the glossary.
func (h *Handlers) Term(w http.ResponseWriter, r *http.Request) {
	t, ok := templates.FindTerm(r.PathValue("term"))
	if !ok {
		h.NotFound(w, r)
		return
	}
	h.render(w, r, http.StatusOK, templates.GlossaryTerm(h.glossaryPage(w, r), t))
}

func (h *Handlers) glossaryPage(w http.ResponseWriter, r *http.Request) templates.Page {
	h.remember(w, r)
	page := h.page(r, roomName(r))
	page.Form.Name, page.Form.Type = "www.example.co.kr", "A"
	page.Detail = "glossary"
	page.Assets = h.cfg.Assets(glossaryEntry)
	return page
}
