// Package draw makes of a page's octets what a browser makes of them, stage by
// stage, and reports each: tokens and a tree that grow with every arrival, rules of
// style, the cascade, a render tree, places, an order of painting, layers; which
// resource held what in the meantime; and which stages one change makes run again.
//
// # Use
//
//	in, err := draw.Read(events)             // the page of a trace, as it came
//	p := draw.New(in, draw.Window{Width: 1024, Height: 768}, draw.Limits{})
//	p.Draw(step)                             // all stages
//	p.Change(step, lookup.PageChange{Kind: "width", Value: "390"})
//
// A Page must not be used concurrently. Nothing of a page is executed.
//
// # Truth
//
// The tree grows token by token by the rules of the HTML Standard (§13.2.6), those for
// overlapping formatting and content in wrong places of tables left out; the tree of
// an independent parser stands beside it, and is drawn where the two differ. Whatever
// of CSS is not understood is named in a fact and has no effect.
//
// # Bounds
//
// Limits bound octets, nodes, depth, rules, selectors, attempts to match, boxes, pieces
// of text, things to paint and layers: the work for a page is bounded whatever stands
// in it. Each bound that is reached is a fact.
package draw
