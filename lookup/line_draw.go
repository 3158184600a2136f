package lookup

import "strings"

// The sentences of drawing a page. They are said by the server only.

// px shows hundredths of a CSS pixel: "390", "62.5".
func px(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := num(n / 100)
	if rest := n % 100; rest != 0 {
		s += strings.TrimRight("."+num(rest/10)+num(rest%10), "0")
	}
	return sign + s
}

func (f DrawingStarted) Line() Line {
	return line("drawing.started", "url", shown(f.URL), "octets", num(f.Octets), "width", px(f.Width), "sources", num(len(f.Sources)))
}

func (f SourceTaken) Line() Line {
	return line("source.taken", "url", shown(f.URL), "size", num(f.Size), "media", shown(f.Media))
}

func (f TokensRead) Line() Line {
	return line("tokens.read", "count", num(f.Count), "from", num(f.From), "to", num(f.To))
}

func (f TreeGrown) Line() Line {
	return line("tree.grown", "count", num(f.Count), "of", num(f.Of), "depth", num(f.Depth))
}

func (f TreeCompared) Line() Line {
	key := "tree.compared.equal"
	if !f.Equal {
		key = "tree.compared.different"
	}
	return line(key, "count", num(f.Count), "differ", shown(f.Differ))
}

func (f ConstructMissed) Line() Line {
	return line("construct.missed."+f.What, "name", shown(f.Name), "count", num(f.Count))
}

func (f BoundReached) Line() Line {
	return line("bound.reached."+f.Bound, "max", num(f.Max))
}

func (f SheetParsed) Line() Line {
	return line("sheet.parsed."+f.Origin, "url", shown(f.URL), "count", num(f.Count), "octets", num(f.Octets), "dropped", num(f.Dropped))
}

func (f StylesComputed) Line() Line {
	return line("styles.computed", "count", num(f.Count), "tests", num(f.Tests), "matches", num(f.Matches))
}

func (f BoxesMade) Line() Line {
	return line("boxes.made", "count", num(f.Count), "lost", num(f.Lost), "added", num(f.Added))
}

func (f ImageMeasured) Line() Line {
	key := "image.measured.octets"
	switch f.Source {
	case "attributes", "none":
		key = "image.measured." + f.Source
	}
	return line(key, "url", shown(f.URL), "width", num(f.Width), "height", num(f.Height), "source", strings.ToUpper(f.Source))
}

func (f BoxesPlaced) Line() Line {
	return line("boxes.placed", "count", num(f.Count), "pieces", num(f.Pieces), "width", px(f.Width), "height", px(f.Height))
}

func (f PaintOrdered) Line() Line { return line("paint.ordered", "count", num(f.Count)) }

func (f LayersFormed) Line() Line { return line("layers.formed", "count", num(f.Count)) }

func (f ResourceHeld) Line() Line {
	what := f.URL
	if what == "" {
		what = "<" + f.Kind + ">"
	}
	return line("resource.held."+f.Held, "what", shown(what), "held", num(f.ToUs-f.FromUs), "from", num(f.FromUs), "to", num(f.ToUs))
}

func (f ScriptScheduled) Line() Line {
	what := f.URL
	if what == "" {
		what = "<script>"
	}
	return line("script.scheduled."+f.Rule, "what", shown(what), "found", num(f.FoundUs), "run", num(f.RunUs))
}

func (f MomentsReckoned) Line() Line {
	return line("moments.reckoned", "render", num(f.RenderUs), "parsed", num(f.ParsedUs), "deferred", num(f.DeferredUs), "loaded", num(f.LoadedUs))
}

func (f ChangeMade) Line() Line {
	return line("change.made."+f.Kind, "name", shown(f.Name), "before", shown(f.Before), "value", shown(f.Value))
}

func (f StageFinished) Line() Line {
	key := "stage.finished." + f.Stage
	if !f.Ran {
		key = "stage.finished.kept"
	}
	return line(key, "stage", f.Stage, "done", num(f.Done), "of", num(f.Of), "took", num(f.TookNs/1000))
}

func (f DrawingFinished) Line() Line {
	return line("drawing.finished."+f.Outcome, "nodes", num(f.Nodes), "boxes", num(f.Boxes), "ops", num(f.Ops), "layers", num(f.Layers), "took", num(f.TookNs/1000))
}

// Words of these facts that choose a sentence.
var (
	missedWhats   = []string{"element", "property", "value", "selector", "atRule", "media", "format", "nesting"}
	drawBounds    = []string{"octets", "tokens", "nodes", "depth", "attributes", "rules", "selectors", "declarations", "tests", "boxes", "lines", "ops", "layers", "pixels", "sheets"}
	sheetOrigins  = []string{"agent", "link", "element"}
	heldThings    = []string{"parser", "rendering", "script"}
	scriptRules   = []string{"blocking", "inline", "defer", "async", "module", "data"}
	changeKinds   = []string{"width", "colour", "background", "transform", "opacity", "text", "display", "fontSize"}
	drawStages    = []string{"tree", "rules", "style", "boxes", "layout", "paint", "layers"}
	drawnOutcomes = []string{"done", "bounded", "unsuited"}
)

// DrawStages lists the stages of a drawing in order.
func DrawStages() []string { return append([]string(nil), drawStages...) }

// ChangeKinds lists what can be changed on a page that was drawn.
func ChangeKinds() []string { return append([]string(nil), changeKinds...) }

// drawKeys lists the keys of these sentences.
func drawKeys() []string {
	keys := []string{"drawing.started", "source.taken", "tokens.read", "tree.grown", "tree.compared.equal", "tree.compared.different", "styles.computed", "boxes.made",
		"image.measured.octets", "image.measured.attributes", "image.measured.none", "boxes.placed", "paint.ordered", "layers.formed", "moments.reckoned", "stage.finished.kept"}
	for _, k := range []struct {
		fact string
		ends []string
	}{
		{"construct.missed", missedWhats},
		{"bound.reached", drawBounds},
		{"sheet.parsed", sheetOrigins},
		{"resource.held", heldThings},
		{"script.scheduled", scriptRules},
		{"change.made", changeKinds},
		{"stage.finished", drawStages},
		{"drawing.finished", drawnOutcomes},
	} {
		for _, end := range k.ends {
			keys = append(keys, k.fact+"."+end)
		}
	}
	return keys
}
