package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"rootwalk/handlers/room"
	"rootwalk/templates"
)

// Predicting: a held trace asks what comes next, over the socket or as a form.
//
//	{"id":"c8","do":"predict","trace":"t…","decision":"d1","option":2,"sure":true}   result: the verdict
//	{"id":"c9","do":"observe","trace":"t…","decision":"d1","option":2}                result: the verdict again
//	{"id":"c10","do":"leave","trace":"t…"}                                             nothing is held back any more

// predicted turns a decision that is not there into what a page is told.
func predicted(v room.Verdict, err error) (reply, error) {
	if errors.Is(err, room.ErrDecision) {
		return reply{}, &badRequest{code: "decision.unknown", status: http.StatusConflict}
	}
	return reply{Result: v}, err
}

func (h *Handlers) livePredict(c call) (reply, error) {
	var f room.Choice
	if err := c.fields(&f); err != nil {
		return reply{}, err
	}
	rec, err := h.cfg.Rooms.Trace(c.Trace)
	if err != nil {
		return reply{}, err
	}
	return predicted(rec.Predict(c.Decision, f))
}

func (h *Handlers) liveObserve(c call) (reply, error) {
	var f room.Choice
	if err := c.fields(&f); err != nil {
		return reply{}, err
	}
	rec, err := h.cfg.Rooms.Trace(c.Trace)
	if err != nil {
		return reply{}, err
	}
	return predicted(rec.Observe(c.Decision, f.Option))
}

func (h *Handlers) liveLeave(c call) (reply, error) {
	rec, err := h.cfg.Rooms.Trace(c.Trace)
	if err != nil {
		return reply{}, err
	}
	rec.Open()
	return reply{}, nil
}

// Predict is the same as a form, which leads back to the drawing.
func (h *Handlers) Predict(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	rec, err := h.cfg.Rooms.Trace(r.PathValue("id"))
	if err == nil {
		err = readForm(r)
	}
	if err == nil {
		err = predictForm(rec, r.PostForm)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	to := "/lookups/" + url.PathEscape(rec.ID())
	if then := r.PostForm.Get("then"); then != "" {
		if _, ok := templates.FindDetail(then); ok {
			to += "/" + then
		}
	}
	to += h.staying(r, r.PostForm.Get("room"))
	http.Redirect(w, r, to+"#predict", http.StatusSeeOther)
}

func predictForm(rec *room.Recording, f url.Values) error {
	if f.Get("do") == "leave" {
		rec.Open()
		return nil
	}
	option, err := strconv.Atoi(f.Get("option"))
	if err != nil {
		return &badRequest{code: "option.none", status: http.StatusUnprocessableEntity}
	}
	switch f.Get("do") {
	case "predict":
		_, err = predicted(rec.Predict(f.Get("decision"), room.Choice{Option: option, Sure: f.Get("sure") == "yes"}))
	case "observe":
		_, err = predicted(rec.Observe(f.Get("decision"), option))
	default:
		err = malformed("do is neither predict, observe nor leave")
	}
	return err
}

// predictOn puts on a page what its trace asks.
func (h *Handlers) predictOn(page *templates.Page) {
	rec, err := h.cfg.Rooms.Trace(page.TraceID)
	if err != nil {
		return // a recording
	}
	p := &templates.Predict{}
	if v := rec.Verdicts(); len(v) > 0 {
		last := v[len(v)-1]
		p.Last = &templates.Predicted{
			Decision: last.Decision, Ask: last.Ask, Right: last.Right, Shown: last.Shown, Why: last.Why, Params: last.Params, Wrong: last.Wrong,
			Chosen: last.Choice.Option, Sure: last.Choice.Sure, Observed: last.Observed,
		}
	}
	if held := rec.Held(); held != nil {
		p.Decision, p.Ask = held.Decision, &held.Ask
	}
	if p.Last != nil || p.Ask != nil {
		page.Predict = p
	}
}
