package lookup

// A drawing is what a browser makes of a page's octets: tokens, a tree of the
// document, rules of style, boxes with places, an order of painting, layers. It is
// told in the order of those stages, each from what the one before it made. Between
// DrawingStarted and DrawingFinished, and again from each ChangeMade on, facts are of
// one drawing.
//
// Lengths are in hundredths of a CSS pixel, times in microseconds of the trace where a
// name ends in Us, and nanoseconds that a stage took where it ends in Ns. From and To
// are octets of the resource that a fact names, after its content coding was undone;
// -1 where something came from no octet. Lists are as long as is told; a count beside
// one is how many there were. Numbers of nodes are those of tree.grown, from 1 (the
// document), numbers of boxes those of boxes.made, from 1, of rules those of
// sheet.parsed, from 1.

// DrawingStarted says what is drawn, and for which window.
type DrawingStarted struct {
	N       int          `json:"n"` // fetch of the document
	URL     string       `json:"url"`
	Media   string       `json:"media"`
	Octets  int          `json:"octets"`
	Width   int          `json:"width"`  // of the window, hundredths of a px
	Height  int          `json:"height"` // of the window
	Metric  string       `json:"metric"` // whose widths of characters are used, for people
	Sources []DrawSource `json:"sources"`
}

// DrawSource is a resource of a drawing, and when it came.
type DrawSource struct {
	N      int    `json:"n"` // fetch, 0 for one that was not fetched
	URL    string `json:"url"`
	Kind   string `json:"kind"`   // "document", "style", "script", "image", "other"
	State  string `json:"state"`  // "there", "missing" (another status), "failed", "cut", "unfetched"
	FromUs int64  `json:"fromUs"` // fetch began, -1 for none
	ToUs   int64  `json:"toUs"`   // the last octet came, -1 for none
	Octets int    `json:"octets"`
}

// SourceTaken carries the octets of a resource that the trace has from nowhere else:
// of the HTTP cache, or of the trace in which it was fetched.
type SourceTaken struct {
	N     int    `json:"n"`
	URL   string `json:"url"`
	Media string `json:"media"`
	Size  int    `json:"size"`
	Data  Octets `json:"data"` // as far as it is kept
}

// DrawnToken is a token of HTML (HTML Standard §13.2.5).
type DrawnToken struct {
	Kind string `json:"kind"` // "doctype", "start", "end", "text", "comment"
	Name string `json:"name"` // of a tag; else the first characters
	Node int    `json:"node"` // that it made, closed or went into; 0 for none
	From int    `json:"from"`
	To   int    `json:"to"`
}

// TokensRead says which tokens are whole once an arrival of the document is there.
// One that an arrival cuts is read with the next.
type TokensRead struct {
	N      int          `json:"n"`
	AtUs   int64        `json:"atUs"` // when these octets came; -1 where that is not known
	From   int          `json:"from"`
	To     int          `json:"to"` // octets of the document that are there
	Tokens []DrawnToken `json:"tokens"`
	Count  int          `json:"count"`
}

// TreeNode is a node of the tree of a document.
type TreeNode struct {
	ID     int     `json:"id"`
	Parent int     `json:"parent"` // 0 for the document
	Kind   string  `json:"kind"`   // "document", "doctype", "element", "text", "comment"
	Name   string  `json:"name"`   // of an element
	Text   string  `json:"text"`   // first characters of a text or comment
	Length int     `json:"length"` // characters of all of it
	Attrs  []Field `json:"attrs"`
	Why    string  `json:"why"`  // "" written, "implied" by the rules without a tag, "again" opened once more by them
	From   int     `json:"from"` // octets of the token that made it
	To     int     `json:"to"`
}

// TreeGrown says what the tokens of an arrival made: nodes in the order in which they
// came into being, each under a parent that is there.
type TreeGrown struct {
	N     int        `json:"n"`
	AtUs  int64      `json:"atUs"`
	Nodes []TreeNode `json:"nodes"`
	Count int        `json:"count"` // that came
	Of    int        `json:"of"`    // so far
	Depth int        `json:"depth"` // of the deepest so far, the document is 1
}

// TreeCompared holds the tree that grew against that of an independent parser of
// HTML, which reads the document at once. Where they differ its tree is drawn, and
// replaces the one that grew: Nodes is the whole of it.
type TreeCompared struct {
	N      int        `json:"n"`
	Equal  bool       `json:"equal"`
	Nodes  []TreeNode `json:"nodes"` // empty where they are equal
	Count  int        `json:"count"`
	Depth  int        `json:"depth"`
	Differ string     `json:"differ"` // where they part, for people
}

// ConstructMissed names something that this drawing does not understand, and how
// often it met it. Nothing is guessed: what is not understood has no effect.
type ConstructMissed struct {
	Stage string `json:"stage"` // "tree", "style", "layout", "paint", "image"
	What  string `json:"what"`  // "element", "property", "value", "selector", "atRule", "media", "format", "nesting"
	Name  string `json:"name"`
	N     int    `json:"n"` // fetch of the first, 0 for none
	From  int    `json:"from"`
	To    int    `json:"to"`
	Count int    `json:"count"`
}

// BoundReached says that a bound of a drawing stopped a stage: what is beyond it is not
// there.
type BoundReached struct {
	Stage string `json:"stage"`
	Bound string `json:"bound"` // "octets", "tokens", "nodes", "depth", "attributes", "rules", "selectors", "declarations", "tests", "boxes", "lines", "ops", "layers", "pixels", "sheets"
	Max   int    `json:"max"`
}

// StyleDeclaration is a declaration of a rule of CSS.
type StyleDeclaration struct {
	Property  string `json:"property"`
	Value     string `json:"value"`
	Important bool   `json:"important"`
	Known     bool   `json:"known"`
	From      int    `json:"from"`
	To        int    `json:"to"`
}

// StyleSelector is one selector of a rule, with its specificity (Selectors §15).
type StyleSelector struct {
	Text    string `json:"text"`
	IDs     int    `json:"ids"`
	Classes int    `json:"classes"` // classes, attributes, pseudo-classes
	Types   int    `json:"types"`
	Known   bool   `json:"known"`
}

// SheetRule is a rule of a style sheet.
type SheetRule struct {
	ID           int                `json:"id"`
	Media        string             `json:"media"`   // of the at-rule around it, "" for none
	Applies      bool               `json:"applies"` // its media, at this width
	Selectors    []StyleSelector    `json:"selectors"`
	Declarations []StyleDeclaration `json:"declarations"`
	From         int                `json:"from"`
	To           int                `json:"to"`
}

// SheetParsed says what a style sheet became in the CSSOM.
type SheetParsed struct {
	Sheet   int         `json:"sheet"`  // from 1
	Origin  string      `json:"origin"` // "agent" (the browser's own), "link", "element"
	N       int         `json:"n"`      // fetch, 0 for the browser's own
	URL     string      `json:"url"`
	Node    int         `json:"node"` // that brought it, 0 for the browser's own
	Media   string      `json:"media"`
	Octets  int         `json:"octets"`
	Rules   []SheetRule `json:"rules"` // of an agent's sheet only those that match something
	Count   int         `json:"count"`
	Dropped int         `json:"dropped"` // rules and at-rules that are not understood
}

// StyleValue is a declaration that meets a node, as the cascade weighs it (CSS Cascade
// §6).
type StyleValue struct {
	Property string `json:"property"`
	Value    string `json:"value"`
	Rule     int    `json:"rule"`   // 0 for one of the style attribute or of a presentational attribute
	Origin   string `json:"origin"` // "agent", "author", "attribute" (style=), "hint" (width=, height=, bgcolor=)
	Won      bool   `json:"won"`
	By       string `json:"by"` // why one that won did: "only", "origin", "important", "specificity", "order"; "" for a loser
}

// NodeStyle is what the cascade made of one element.
type NodeStyle struct {
	Node      int          `json:"node"`
	Values    []StyleValue `json:"values"`
	Inherited []Field      `json:"inherited"` // property and value that differ from the initial one and came from the parent
}

// StylesComputed says which declarations meet which elements, and which win.
type StylesComputed struct {
	Nodes   []NodeStyle `json:"nodes"`
	Count   int         `json:"count"`   // elements with a style
	Tests   int         `json:"tests"`   // selectors tried on elements
	Matches int         `json:"matches"` // that met
}

// RenderBox is a box of the render tree.
type RenderBox struct {
	ID     int    `json:"id"`
	Parent int    `json:"parent"` // 0 for the root
	Node   int    `json:"node"`   // 0 for one that no node stands for
	Kind   string `json:"kind"`   // "block", "inline", "inlineBlock", "text", "image", "break", "marker", "anonymous"
	Name   string `json:"name"`   // of its element, or the first characters of its text
}

// DroppedNode is a node that has no box.
type DroppedNode struct {
	Node int    `json:"node"`
	Why  string `json:"why"`  // "hidden" (display: none), "head", "comment", "blank" (white space between blocks), "doctype", "unsupported"
	With int    `json:"with"` // nodes below it that go with it
}

// BoxesMade is the render tree: what of the document has boxes, what drops out, what
// is added.
type BoxesMade struct {
	Boxes   []RenderBox   `json:"boxes"`
	Count   int           `json:"count"`
	Dropped []DroppedNode `json:"dropped"`
	Lost    int           `json:"lost"`  // nodes without a box
	Added   int           `json:"added"` // boxes without a node
}

// ImageMeasured says how big a picture is before it is laid out, and by what.
type ImageMeasured struct {
	Node   int    `json:"node"`
	N      int    `json:"n"`
	URL    string `json:"url"`
	Source string `json:"source"` // "attributes", "png", "jpeg", "gif", "svg", "none"
	Width  int    `json:"width"`  // px
	Height int    `json:"height"`
}

// PlacedBox is a box with its place: the border box, from the top left corner of the
// document.
type PlacedBox struct {
	Box     int   `json:"box"`
	X       int   `json:"x"`
	Y       int   `json:"y"`
	W       int   `json:"w"`
	H       int   `json:"h"`
	Margin  []int `json:"margin"`  // top, right, bottom, left; null where all are 0
	Border  []int `json:"border"`  // the same
	Padding []int `json:"padding"` // the same
}

// TextLine is a piece of text on one line.
type TextLine struct {
	Box      int    `json:"box"`
	X        int    `json:"x"`
	Y        int    `json:"y"`
	W        int    `json:"w"`
	H        int    `json:"h"`
	Baseline int    `json:"baseline"` // y of it
	Text     string `json:"text"`
}

// BoxesPlaced is the layout at one width.
type BoxesPlaced struct {
	Width   int         `json:"width"`  // of the window
	Height  int         `json:"height"` // of the document
	Boxes   []PlacedBox `json:"boxes"`
	Count   int         `json:"count"`
	Lines   []TextLine  `json:"lines"`
	Pieces  int         `json:"pieces"` // of text on lines
	Moved   int         `json:"moved"`  // boxes whose place or size is another than in the drawing before
	Skipped int         `json:"skipped"`
}

// PaintOp is one thing that is painted.
type PaintOp struct {
	Kind   string `json:"kind"` // "background", "border", "text", "image", "marker", "underline"
	Box    int    `json:"box"`
	Layer  int    `json:"layer"`
	Colour string `json:"colour"` // "#rrggbb" or "#rrggbbaa"
	Text   string `json:"text"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	W      int    `json:"w"`
	H      int    `json:"h"`
	Size   int    `json:"size"` // of text: font size, else 0
}

// PaintOrdered is what is painted, first what lies lowest (CSS 2 Appendix E).
type PaintOrdered struct {
	Ops   []PaintOp `json:"ops"`
	Count int       `json:"count"`
}

// PageLayer is a layer: what can be moved or faded without being painted again.
type PageLayer struct {
	ID        int      `json:"id"` // from 1, the page
	Node      int      `json:"node"`
	Box       int      `json:"box"`
	Why       []string `json:"why"` // "root", "transform", "opacity", "fixed", "willChange"
	Ops       int      `json:"ops"` // painted into it
	X         int      `json:"x"`
	Y         int      `json:"y"`
	W         int      `json:"w"`
	H         int      `json:"h"`
	Transform string   `json:"transform"`
	Opacity   string   `json:"opacity"`
}

// LayersFormed says which layers there are, in the order in which they are put one on
// the other.
type LayersFormed struct {
	Layers []PageLayer `json:"layers"`
	Count  int         `json:"count"`
}

// ResourceHeld says what had to wait for a resource, from when to when. It is worked
// out from the times at which octets came in this trace and from the rules of the HTML
// Standard (§4.12.1, §13.2.7), for a parser that reads each octet when it came.
type ResourceHeld struct {
	N      int    `json:"n"`
	URL    string `json:"url"`  // "" of what stands in the document
	Kind   string `json:"kind"` // "style", "script"
	Node   int    `json:"node"`
	Held   string `json:"held"` // "parser", "rendering", "script"
	Rule   string `json:"rule"` // "script" (neither defer nor async), "styleBefore" (a script waits for style sheets before it), "style" (first drawing waits), "deferOrder" (deferred scripts run in order, after the parser)
	Whom   int    `json:"whom"` // node that waits, 0 for the parser or the rendering
	FromUs int64  `json:"fromUs"`
	ToUs   int64  `json:"toUs"`
}

// ScriptScheduled says when a script may run. It does not run: pages are parsed, never
// executed.
type ScriptScheduled struct {
	N       int    `json:"n"`
	URL     string `json:"url"` // "" of one that stands in the document
	Node    int    `json:"node"`
	Rule    string `json:"rule"`    // "blocking", "inline", "defer", "async", "module", "data" (no script by its type)
	FoundUs int64  `json:"foundUs"` // the parser has its tag; -1 where that is not known
	ThereUs int64  `json:"thereUs"` // its last octet came
	RunUs   int64  `json:"runUs"`   // earliest that it may run, -1 for never
}

// MomentsReckoned are the moments of a page that these times allow; -1 for what is not
// known. What scripts would take to run is not in them.
type MomentsReckoned struct {
	FirstUs    int64 `json:"firstUs"`    // the first octet of the document came
	ReadUs     int64 `json:"readUs"`     // the last one
	RenderUs   int64 `json:"renderUs"`   // the first drawing is allowed: all style sheets of the head are there and a body has begun
	ParsedUs   int64 `json:"parsedUs"`   // the parser has read all
	DeferredUs int64 `json:"deferredUs"` // and deferred scripts may have run: DOMContentLoaded
	LoadedUs   int64 `json:"loadedUs"`   // and all resources are there: load
}

// PageChange is one thing that is changed on a page that was drawn.
type PageChange struct {
	Kind  string `json:"kind"`  // "width", "colour", "background", "transform", "opacity", "text", "display", "fontSize"
	Node  int    `json:"node"`  // 0 for the width
	Value string `json:"value"` // CSS, px without unit for the width, or text
}

// ChangeMade says what is changed. The stages that this makes necessary follow.
type ChangeMade struct {
	PageChange
	Name   string `json:"name"`   // of the element
	Before string `json:"before"` // what stood there
}

// StageFinished says whether a stage ran, and what it did.
type StageFinished struct {
	Drawing int    `json:"drawing"` // 1 the first, then one for each change
	Stage   string `json:"stage"`   // "tree", "rules", "style", "boxes", "layout", "paint", "layers"
	Ran     bool   `json:"ran"`
	Why     string `json:"why"`    // "first", or of a change: "changed" (it is what changed), "depends" (on one that ran), "kept" (nothing that it needs changed)
	Done    int    `json:"done"`   // things that it worked on
	Of      int    `json:"of"`     // that there are
	TookNs  int64  `json:"tookNs"` // 0 of one that did not run
}

// DrawingFinished is reported whatever happened.
type DrawingFinished struct {
	Drawing int    `json:"drawing"`
	Outcome string `json:"outcome"` // "done", "bounded" (a bound was reached), "unsuited" (not HTML)
	Nodes   int    `json:"nodes"`
	Rules   int    `json:"rules"`
	Boxes   int    `json:"boxes"`
	Ops     int    `json:"ops"`
	Layers  int    `json:"layers"`
	TookNs  int64  `json:"tookNs"` // of all stages that ran
}

func (DrawingStarted) fact()  {}
func (SourceTaken) fact()     {}
func (TokensRead) fact()      {}
func (TreeGrown) fact()       {}
func (TreeCompared) fact()    {}
func (ConstructMissed) fact() {}
func (BoundReached) fact()    {}
func (SheetParsed) fact()     {}
func (StylesComputed) fact()  {}
func (BoxesMade) fact()       {}
func (ImageMeasured) fact()   {}
func (BoxesPlaced) fact()     {}
func (PaintOrdered) fact()    {}
func (LayersFormed) fact()    {}
func (ResourceHeld) fact()    {}
func (ScriptScheduled) fact() {}
func (MomentsReckoned) fact() {}
func (ChangeMade) fact()      {}
func (StageFinished) fact()   {}
func (DrawingFinished) fact() {}

func (DrawingFinished) lasting() {}

func (DrawingStarted) drawnByServer()  {}
func (SourceTaken) drawnByServer()     {}
func (TokensRead) drawnByServer()      {}
func (TreeGrown) drawnByServer()       {}
func (TreeCompared) drawnByServer()    {}
func (ConstructMissed) drawnByServer() {}
func (BoundReached) drawnByServer()    {}
func (SheetParsed) drawnByServer()     {}
func (StylesComputed) drawnByServer()  {}
func (BoxesMade) drawnByServer()       {}
func (ImageMeasured) drawnByServer()   {}
func (BoxesPlaced) drawnByServer()     {}
func (PaintOrdered) drawnByServer()    {}
func (LayersFormed) drawnByServer()    {}
func (ResourceHeld) drawnByServer()    {}
func (ScriptScheduled) drawnByServer() {}
func (MomentsReckoned) drawnByServer() {}
func (ChangeMade) drawnByServer()      {}
func (StageFinished) drawnByServer()   {}
func (DrawingFinished) drawnByServer() {}

func (f SourceTaken) octets() int { return len(f.Data) }
func (f TokensRead) octets() int  { return 48 * len(f.Tokens) }
func (f TreeGrown) octets() int   { return nodeOctets(f.Nodes) }
func (f TreeCompared) octets() int {
	return nodeOctets(f.Nodes)
}
func (f SheetParsed) octets() int {
	n := 0
	for _, r := range f.Rules {
		n += 48 + 64*len(r.Selectors) + 64*len(r.Declarations)
	}
	return n
}
func (f StylesComputed) octets() int {
	n := 0
	for _, s := range f.Nodes {
		n += 32 + 64*len(s.Values) + 32*len(s.Inherited)
	}
	return n
}
func (f BoxesMade) octets() int { return 64*len(f.Boxes) + 32*len(f.Dropped) }
func (f BoxesPlaced) octets() int {
	n := 64 * len(f.Boxes)
	for _, l := range f.Lines {
		n += 64 + len(l.Text)
	}
	return n
}
func (f PaintOrdered) octets() int {
	n := 0
	for _, o := range f.Ops {
		n += 80 + len(o.Text)
	}
	return n
}

// nodeOctets is about how much nodes take.
func nodeOctets(nodes []TreeNode) int {
	n := 0
	for _, x := range nodes {
		n += 64 + len(x.Text)
		for _, a := range x.Attrs {
			n += len(a.Name) + len(a.Value)
		}
	}
	return n
}
