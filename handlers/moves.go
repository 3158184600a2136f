package handlers

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/templates"
)

// Zones moved between servers, and cuts moved up and down the tree.

func init() { fill["moves"] = (*Handlers).fillMoves }

// firstWalk is compared where nobody has chosen a name.
const firstWalk = lookup.Name("www.example.co.kr.")

// fillMoves puts on a page where all zones are, the name whose walk is compared,
// and the two walks of the address. A name that is none comes back with what is
// wrong with it.
func (h *Handlers) fillMoves(r *http.Request, place *room.Room, page *templates.Page) error {
	q := r.URL.Query()
	walk, wrong := firstWalk, (*templates.MoveWrong)(nil)
	if text := q.Get("name"); text != "" {
		name, err := lookup.ParseName(text)
		if err != nil {
			wrong = moveWrong("walk", err)
			wrong.Typed = map[string]string{"name": text}
		} else {
			walk = name.Canonical()
		}
	} else if page.View != nil && page.View.Question != nil && !page.Recorded {
		walk = page.View.Question.Name.Canonical()
	}
	if err := movesOf(place, page, walk); err != nil {
		return err
	}
	page.Moves.Wrong = wrong
	setGoal(page.Moves, q)
	h.walks(page.Moves, q)
	return nil
}

// walks puts the two walks of an address on a page. What is not kept any more is
// left out.
func (h *Handlers) walks(m *templates.MovesPage, q url.Values) {
	after, err := h.file(q.Get("right"))
	if err != nil {
		return
	}
	if left := q.Get("left"); left != "" {
		before, err := h.file(left)
		if err != nil {
			return
		}
		m.Before = &templates.Run{ID: left, View: templates.Fold(before.Events)}
	}
	m.After = &templates.Run{ID: q.Get("right"), View: templates.Fold(after.Events)}
}

func movesOf(place *room.Room, page *templates.Page, walk lookup.Name) error {
	m, err := place.Moving()
	if err != nil {
		return err
	}
	page.Moves = &templates.MovesPage{Walk: walk, Places: m.ZonePlaces(), Goals: m.WalkGoals()}
	for _, s := range place.Census() {
		page.Moves.Servers = append(page.Moves.Servers, templates.CensusServer(s))
	}
	if e, err := place.Editing(); err == nil {
		for _, s := range e.ZoneEdits() {
			page.Moves.Steps = append(page.Moves.Steps, templates.ZoneStep(s))
		}
	}
	return nil
}

// moveWrong is an error of a form as the page shows it, nil where the form did
// nothing wrong.
func moveWrong(form string, err error) *templates.MoveWrong {
	var place *room.PlaceError
	var name *lookup.NameError
	var bad *badRequest
	if errors.As(err, &place) {
		return &templates.MoveWrong{Form: form, Field: place.Field, Key: "moves.wrong." + place.Code, About: place.About, Size: place.Size}
	}
	if errors.As(err, &name) || errors.As(err, &bad) && bad.code == "address.malformed" {
		p, _ := problem(err)
		field := "name"
		if name == nil {
			field = "address"
		}
		return &templates.MoveWrong{Form: form, Field: field, Key: "error." + p.Code, Params: p.Params}
	}
	return nil
}

// Moves moves zones and cuts of a room, waits for the two walks that show what
// came of it, and leads to all of that. What makes no sense comes back with the
// form.
func (h *Handlers) Moves(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := readForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	walk, err := lookup.ParseName(r.PostForm.Get("walk"))
	if err != nil {
		walk = firstWalk
	}
	walk = walk.Canonical()
	goal := goalBack(r.PostForm)
	move, form, err := readMove(r.PostForm)
	if err == nil && form == "goal" {
		goal, err = readGoal(r.PostForm, move.Zone)
		walk = goal.Name
	}
	if move.Walk = walk; err == nil && goal.Exchanges == 0 && (move.Do == "domain" || move.Do == "tld") {
		move.Walk = move.Zone.Canonical()
		if move.Do == "domain" {
			if www, err := lookup.ParseName("www." + string(move.Walk)); err == nil {
				move.Walk = www
			}
		}
	}
	var place *room.Room
	if err == nil {
		place, err = h.cfg.Rooms.Enter(r.Context(), roomName(r))
	}
	var under room.Under
	var before, after *room.Recording
	if err == nil {
		under, before, after, err = place.Arrange(move)
	}
	if wrong := moveWrong(form, err); wrong != nil {
		h.movesAgain(w, r, walk, wrong)
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := url.Values{"name": {move.Walk.Short()}}
	if goal.Exchanges > 0 {
		to.Set("goal", strconv.Itoa(goal.Exchanges))
	}
	var walks []*room.Recording
	for key, rec := range map[string]*room.Recording{"left": before, "right": after} {
		if rec != nil {
			to.Set(key, rec.ID())
			walks = append(walks, rec)
		}
	}
	if h.await(r, walks...); r.Context().Err() != nil {
		return
	}
	h.stay(r, place.Name(), to)
	id := under.Trace
	if id == "" {
		id = ExampleID
	}
	http.Redirect(w, r, "/lookups/"+url.PathEscape(id)+"/moves?"+to.Encode(), http.StatusSeeOther)
}

// readMove reads what a form asks for, and which form it was.
func readMove(form url.Values) (m room.ZoneMove, which string, err error) {
	m.Do, m.Leave = form.Get("do"), form.Get("leave") != ""
	if cut := form.Get("cut"); cut != "" { // a button of the ladder: what, and where
		var name string
		m.Do, name, _ = strings.Cut(cut, " ")
		if m.Zone, err = lookup.ParseName(name); err != nil {
			return m, "cut", err
		}
		if form.Get("where") == "others" && m.Do == "split" {
			m.Primary, m.Secondary = serverField(form, "primary"), serverField(form, "secondary")
		}
		return m, "cut", nil
	}
	m.Primary, m.Secondary, m.From, m.To = serverField(form, "primary"), serverField(form, "secondary"), serverField(form, "from"), serverField(form, "to")
	switch m.Do {
	case "undo", "resetAll":
		m.Zone = lookup.Root
		return m, "steps", nil
	}
	text := form.Get("zone")
	if goal, _, ok := strings.Cut(form.Get("goal"), " "); m.Do == "goal" && ok {
		text = goal
	}
	if m.Zone, err = lookup.ParseName(text); err != nil {
		return m, m.Do, err
	}
	switch m.Do {
	case "goal": // nothing is moved
		m.Do = "walk"
		return m, "goal", nil
	case "recut":
		if m.Cut, err = lookup.ParseName(form.Get("at")); err != nil {
			return m, m.Do, err
		}
	case "domain":
		text := strings.TrimSpace(form.Get("address"))
		if m.Address, err = netip.ParseAddr(text); err != nil || m.Address.Zone() != "" || m.Address.Is4In6() {
			return m, m.Do, &badRequest{code: "address.malformed", status: http.StatusUnprocessableEntity, params: map[string]string{"text": printable(text)}}
		}
	}
	return m, m.Do, nil
}

// serverField is the name of a server in a form; one that is none is no server.
func serverField(form url.Values, field string) lookup.Name {
	name, err := lookup.ParseName(form.Get(field))
	if err != nil {
		return ""
	}
	return name.Canonical()
}

// typedIn is what is wrong with a form, with what was typed there.
func typedIn(wrong *templates.MoveWrong, form url.Values) *templates.MoveWrong {
	wrong.Typed = map[string]string{}
	for _, field := range []string{"zone", "from", "to", "leave", "primary", "secondary", "address", "where", "at", "exchanges"} {
		wrong.Typed[field] = form.Get(field)
	}
	return wrong
}

// movesAgain shows the sheet with what is wrong with a form, and what was typed.
func (h *Handlers) movesAgain(w http.ResponseWriter, r *http.Request, walk lookup.Name, wrong *templates.MoveWrong) {
	detail, _ := templates.FindDetail("moves")
	page := h.tracePage(r, ExampleID, h.cfg.Example)
	page.Detail, page.Path = "moves", "/lookups/example/moves?"+url.Values{"name": {walk.Short()}}.Encode()
	page.Assets = h.cfg.Assets("js/sheets/moves.js")
	place, err := h.enter(r, &page)
	if err == nil {
		err = movesOf(place, &page, walk)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	page.Moves.Wrong = typedIn(wrong, r.PostForm)
	if back, err := url.Parse(r.PostForm.Get("back")); err == nil {
		setGoal(page.Moves, back.Query())
		h.walks(page.Moves, back.Query())
	}
	h.render(w, r, http.StatusUnprocessableEntity, templates.DetailSheet(page, detail))
}
