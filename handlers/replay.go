package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"rootwalk/lookup"
	"rootwalk/templates"
)

// replay writes a page that plays a trace without a server and without a
// network: everything it needs is in it, and its policy allows nothing else.
func (h *Handlers) replay(b *bytes.Buffer, r *http.Request, id string, file lookup.TraceFile) error {
	script, style := h.cfg.Offline()
	words := map[string]map[string]string{}
	for lang, w := range h.cfg.Words {
		words[lang] = map[string]string{}
		for _, k := range w.Keys() {
			if family, _, _ := strings.Cut(k, "."); h.cfg.OfflineWords(family) {
				words[lang][k] = w.Text(k)
			}
		}
	}
	// encoding/json writes < > & as escapes, so nothing in it can end the element.
	data, err := json.Marshal(map[string]any{"trace": file, "words": words})
	if err != nil {
		return fmt.Errorf("replay file of %s: %w", id, err)
	}
	page := h.tracePage(r, id, file)
	page.Offline, page.Recorded = true, true
	digest := func(s []byte) string {
		sum := sha256.Sum256(s)
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return templates.Offline(page, templates.OfflineFile{
		Script: string(script), Style: string(style), Data: string(data),
		Policy: "default-src 'none'; script-src " + digest(script) + "; style-src " + digest(style) + "; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
	}).Render(r.Context(), b)
}
