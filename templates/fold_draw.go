package templates

import (
	"slices"
	"strings"

	"rootwalk/lookup"
)

// DrawView is what a trace tells of how a page is drawn: what was known at one of
// its steps, and who waited for whom. The server alone draws it.
type DrawView struct {
	Started lookup.DrawingStarted
	Steps   []DrawStep
	At      int // number of the step on show, from 1

	// Sources are the octets of the document, style sheets and scripts, by the number
	// of their fetch.
	Sources map[int]DrawOctets
	// Who waits for whom, and what came of it: of the whole trace.
	Held    []lookup.ResourceHeld
	Scripts []lookup.ScriptScheduled
	Moments *lookup.MomentsReckoned
	Missed  []lookup.ConstructMissed
	Bounds  []lookup.BoundReached
	Images  []lookup.ImageMeasured
	Ended   bool
	fromUs  int64 // when the first fetch began

	// What there is at the step on show.
	Arrived  int // octets of the document
	Arrivals []DrawArrival
	Tokens   []lookup.DrawnToken // of all arrivals
	Nodes    map[int]*DrawNode   // of the tree, by number
	Root     *DrawNode
	Tree     int // nodes
	Differ   *lookup.TreeCompared
	Sheets   []lookup.SheetParsed
	Styles   map[int]lookup.NodeStyle
	Boxes    *lookup.BoxesMade
	Placed   *lookup.BoxesPlaced
	Before   *lookup.BoxesPlaced // in the drawing before the last change
	Paint    *lookup.PaintOrdered
	Layers   *lookup.LayersFormed
	Drawings []DrawDrawing // the first, and one for each change
}

// DrawStep is a stage, or a part of one, that can be looked at.
type DrawStep struct {
	N    int
	Kind string // "tokens", "compared", "sheet", "style", "boxes", "layout", "paint", "layers", "change"
	AtUs int64
	Line lookup.Line
	seq  int // of the first event
}

// DrawOctets are the octets of a resource.
type DrawOctets struct {
	URL  string
	Data []byte
	Size int // of all of it
}

// DrawArrival is a part of the document that came at once.
type DrawArrival struct {
	AtUs     int64 // since the first fetch began; -1 where it is not known
	From, To int
	Tokens   int
	Nodes    int
	Now      bool // the step on show
}

// DrawNode is a node of the tree with those below it.
type DrawNode struct {
	lookup.TreeNode
	Children []*DrawNode
	New      bool   // of the step on show
	Path     string // of an element: places among elements, from the root element down, as "1.0.2"
	Dropped  string // why it has no box, "" if it has one or that is not known yet
	With     string // it drops out with a node above it, for that reason
	depth    int
}

// DrawDrawing is one drawing of a page: which stages ran for it.
type DrawDrawing struct {
	N      int
	Change *lookup.ChangeMade // nil for the first
	Stages []lookup.StageFinished
	End    *lookup.DrawingFinished
	Moved  int
}

// FoldDraw folds what a trace tells of a drawing; nil where it tells nothing. at is
// the step on show, 0 or too large for the last.
func FoldDraw(events []lookup.Event, at int) *DrawView {
	v := &DrawView{Sources: map[int]DrawOctets{}, Nodes: map[int]*DrawNode{}, Styles: map[int]lookup.NodeStyle{}}
	begun := false
	urls := map[int]string{}
	for _, e := range events {
		if kind := drawStepKind(e.Fact); kind != "" {
			v.Steps = append(v.Steps, DrawStep{N: len(v.Steps) + 1, Kind: kind, AtUs: e.At.Microseconds(), Line: e.Fact.Line(), seq: e.Seq})
		}
		switch f := e.Fact.(type) {
		case lookup.DrawingStarted:
			v.Started, begun, v.fromUs = f, true, -1
			for _, s := range f.Sources {
				if s.FromUs >= 0 && (v.fromUs < 0 || s.FromUs < v.fromUs) {
					v.fromUs = s.FromUs
				}
			}
			v.fromUs = max(v.fromUs, 0)
		case lookup.FetchStarted:
			urls[f.N] = f.URL
		case lookup.BodyFinished:
			v.Sources[f.N] = DrawOctets{URL: urls[f.N], Data: f.Data, Size: f.Decoded}
		case lookup.SourceTaken:
			v.Sources[f.N] = DrawOctets{URL: f.URL, Data: f.Data, Size: f.Size}
		case lookup.ResourceHeld:
			v.Held = append(v.Held, f)
		case lookup.ScriptScheduled:
			v.Scripts = append(v.Scripts, f)
		case lookup.MomentsReckoned:
			v.Moments = &f
		case lookup.ConstructMissed:
			v.Missed = append(v.Missed, f)
		case lookup.BoundReached:
			v.Bounds = append(v.Bounds, f)
		case lookup.ImageMeasured:
			v.Images = append(v.Images, f)
		}
	}
	if !begun {
		return nil
	}
	v.At = at
	if at < 1 || at > len(v.Steps) {
		v.At = len(v.Steps)
	}
	until, since := len(events), 0
	if v.At > 0 {
		since = v.Steps[v.At-1].seq
		if v.At < len(v.Steps) {
			until = v.Steps[v.At].seq
		}
	}
	for _, e := range events {
		if e.Seq < until {
			v.take(e, e.Seq >= since)
		}
	}
	v.drop()
	return v
}

// drawStepKind is what step a fact begins, "" for none.
func drawStepKind(f lookup.Fact) string {
	switch f.(type) {
	case lookup.TokensRead:
		return "tokens"
	case lookup.TreeCompared:
		return "compared"
	case lookup.SheetParsed:
		return "sheet"
	case lookup.StylesComputed:
		return "style"
	case lookup.BoxesMade:
		return "boxes"
	case lookup.BoxesPlaced:
		return "layout"
	case lookup.PaintOrdered:
		return "paint"
	case lookup.LayersFormed:
		return "layers"
	case lookup.ChangeMade:
		return "change"
	}
	return ""
}

// take takes in a fact of the drawing; now says that it is of the step on show.
func (v *DrawView) take(e lookup.Event, now bool) {
	switch f := e.Fact.(type) {
	case lookup.DrawingStarted:
		v.Drawings = append(v.Drawings, DrawDrawing{N: 1})
	case lookup.TokensRead:
		v.Arrived = f.To
		v.Tokens = append(v.Tokens, f.Tokens...)
		v.Arrivals = append(v.Arrivals, DrawArrival{AtUs: v.since(f.AtUs), From: f.From, To: f.To, Tokens: f.Count, Now: now})
	case lookup.TreeGrown:
		if len(v.Arrivals) > 0 {
			v.Arrivals[len(v.Arrivals)-1].Nodes = f.Count
		}
		v.Tree = f.Of
		if len(v.Drawings) > 1 {
			v.regrow(f.Nodes)
		}
		v.grow(f.Nodes, now)
	case lookup.TreeCompared:
		v.Differ = &f
		if !f.Equal {
			v.Nodes, v.Root, v.Tree = map[int]*DrawNode{}, nil, f.Count
			v.grow(f.Nodes, now)
		}
	case lookup.SheetParsed:
		v.Sheets = append(slices.DeleteFunc(v.Sheets, func(s lookup.SheetParsed) bool { return s.Sheet == f.Sheet }), f)
	case lookup.StylesComputed:
		for _, s := range f.Nodes {
			v.Styles[s.Node] = s
		}
	case lookup.BoxesMade:
		v.Boxes = &f
	case lookup.BoxesPlaced:
		v.Placed = &f
		if len(v.Drawings) > 0 {
			v.Drawings[len(v.Drawings)-1].Moved = f.Moved
		}
	case lookup.PaintOrdered:
		v.Paint = &f
	case lookup.LayersFormed:
		v.Layers = &f
	case lookup.ChangeMade:
		v.Drawings = append(v.Drawings, DrawDrawing{N: len(v.Drawings) + 1, Change: &f})
		v.Before = v.Placed
	case lookup.StageFinished:
		if i := f.Drawing - 1; i >= 0 && i < len(v.Drawings) {
			v.Drawings[i].Stages = append(v.Drawings[i].Stages, f)
		}
	case lookup.DrawingFinished:
		if i := f.Drawing - 1; i >= 0 && i < len(v.Drawings) {
			v.Drawings[i].End = &f
		}
		v.Ended = true
	}
}

// since is a time of the trace counted from where the first fetch began, -1 for one
// that is not known.
func (v *DrawView) since(us int64) int64 {
	if us < 0 {
		return -1
	}
	return us - v.fromUs
}

// maxDrawDepth bounds nodes in each other: what is drawn nests as they do.
const maxDrawDepth = 256

// grow adds nodes to the tree. One whose parent is not there, as in a file that
// somebody made, is left out, and so is one that is deeper than any page is drawn.
func (v *DrawView) grow(nodes []lookup.TreeNode, now bool) {
	for _, n := range nodes {
		if v.Nodes[n.ID] != nil {
			continue
		}
		parent := v.Nodes[n.Parent]
		if parent == nil && v.Root != nil || parent != nil && parent.depth >= maxDrawDepth {
			continue
		}
		x := &DrawNode{TreeNode: n, New: now}
		v.Nodes[n.ID] = x
		if parent == nil {
			v.Root = x
			continue
		}
		if n.Kind == "element" && parent.Kind == "element" {
			at := 0
			for _, c := range parent.Children {
				if c.Kind == "element" {
					at++
				}
			}
			x.Path = strings.TrimPrefix(parent.Path+"."+number(at), ".")
		}
		x.depth = parent.depth + 1
		parent.Children = append(parent.Children, x)
	}
}

// regrow makes place for what a change puts into the tree: a node that is there is
// another now, a new one is all that its parent has.
func (v *DrawView) regrow(nodes []lookup.TreeNode) {
	for _, n := range nodes {
		if x := v.Nodes[n.ID]; x != nil {
			x.TreeNode, x.New = n, true
		} else if parent := v.Nodes[n.Parent]; parent != nil {
			parent.Children = nil
		}
	}
}

// drop marks the nodes that have no box.
func (v *DrawView) drop() {
	if v.Boxes == nil {
		return
	}
	for _, d := range v.Boxes.Dropped {
		if x := v.Nodes[d.Node]; x != nil {
			x.Dropped = d.Why
			if d.With > 0 {
				x.below(d.Why)
			}
		}
	}
}

// below marks what drops out with a node.
func (x *DrawNode) below(why string) {
	for _, c := range x.Children {
		c.With = why
		c.below(why)
	}
}
