package draw

import (
	"errors"
	"strings"
	"time"

	"rootwalk/lookup"
)

// Arrival says that the first To octets of a resource were there at a time.
type Arrival struct {
	At time.Duration // of the trace
	To int
}

// Source is a resource of a page, as it came.
type Source struct {
	N        int // number of its fetch
	URL      string
	Wanted   string // what the page asked for, where redirects or the HSTS list led elsewhere
	Media    string
	Status   int
	Data     []byte // decoded
	Size     int    // octets that there were; more than Data has where less is kept
	Whole    bool
	Began    time.Duration
	Ended    time.Duration
	Arrivals []Arrival // in order; of a document whose coding had to be undone only the end
	Asked    bool      // it was fetched at all
	Carried  bool      // the trace has its octets beside a fact of this drawing
}

func (s *Source) state() string {
	switch {
	case !s.Asked:
		return "unfetched"
	case s.Status == 0:
		return "failed"
	case s.Status != 200:
		return "missing"
	case !s.Whole || len(s.Data) < s.Size:
		return "cut"
	}
	return "there"
}

// usable reports whether there is something to read.
func (s *Source) usable() bool { return s != nil && s.Status == 200 && len(s.Data) > 0 }

// Input is a page with what it asked for.
type Input struct {
	Document Source
	Others   []Source            // by fetch
	Window   Window              // of an earlier drawing, zero for none
	Changes  []lookup.PageChange // of earlier drawings
}

// Window is what a page is drawn for, in px.
type Window struct{ Width, Height int }

// ErrNoPage says that a trace has no page to draw.
var ErrNoPage = errors.New("draw: nothing was fetched that can be drawn")

// Read takes the page of a trace: what was fetched last as a document, what it asked
// for after that, when each octet came. Of a trace that is a drawing itself it takes
// what that one drew, and what was changed.
func Read(events []lookup.Event) (Input, error) {
	var in Input
	byN := map[int]*Source{}
	var order []*Source
	var document *Source
	parts := map[*Source]bool{}    // that a page asked for
	turned := map[string]*Source{} // by where redirects lead
	for _, e := range events {
		switch f := e.Fact.(type) {
		case lookup.FetchStarted:
			s := &Source{N: f.N, URL: bare(f.URL), Wanted: bare(f.URL), Began: e.At, Asked: true}
			byN[f.N] = s
			order = append(order, s)
			part := f.Why == "resource"
			if from := turned[s.URL]; from != nil && f.Why == "redirect" {
				part, s.Wanted = parts[from], from.Wanted
			}
			if parts[s] = part; !part && f.Method == "GET" {
				document = s
			}
		case lookup.RedirectFollowed:
			if s := byN[f.N]; s != nil {
				turned[bare(f.To)] = s
			}
		case lookup.BodyArrived:
			if s := byN[f.N]; s != nil && f.Of > 0 && len(s.Arrivals) < 512 {
				s.Arrivals = append(s.Arrivals, Arrival{e.At, f.Of})
			}
		case lookup.BodyFinished:
			if s := byN[f.N]; s != nil {
				s.Data, s.Size, s.Media, s.Whole, s.Carried = f.Data, f.Decoded, f.Media, f.Whole, true
				if f.Coding != "" { // which octets are which is known at the end only
					s.Arrivals = nil
				}
				s.arrive(e.At)
			}
		case lookup.FetchFinished:
			if s := byN[f.N]; s != nil {
				s.Status, s.Ended = f.Status, e.At
				if f.URL != "" {
					s.URL = bare(f.URL)
				}
				if f.Outcome == "redirect" && document == s {
					document = nil
				}
			}
		case lookup.DrawingStarted:
			if document != nil {
				break
			}
			in.Window = Window{f.Width / 100, f.Height / 100}
			for i, d := range f.Sources {
				s := &Source{N: d.N, URL: d.URL, Wanted: d.URL, Asked: d.State != "unfetched", Began: micros(d.FromUs), Ended: micros(d.ToUs), Size: d.Octets}
				byN[d.N] = s
				order = append(order, s)
				if i == 0 {
					document = s
				}
			}
		case lookup.SourceTaken:
			if s := byN[f.N]; s != nil && len(s.Data) == 0 {
				s.Data, s.Size, s.Media, s.Status, s.Whole = f.Data, f.Size, f.Media, 200, true
				if len(s.Arrivals) == 0 {
					s.arrive(s.Ended)
				}
			}
		case lookup.TokensRead:
			if s := byN[f.N]; s != nil && s == document && !s.Carried && f.AtUs >= 0 && len(s.Arrivals) < 512 {
				s.Arrivals = append(s.Arrivals, Arrival{micros(f.AtUs), f.To})
			}
		case lookup.ChangeMade:
			in.Changes = append(in.Changes, f.PageChange)
		}
	}
	if document == nil {
		return Input{}, ErrNoPage
	}
	in.Document = *document
	seen := map[string]bool{document.URL: true}
	for _, s := range order {
		redirect := s.Status >= 300 && s.Status < 400 && s.Status != 304
		if s != document && s.N > document.N && !redirect && !seen[s.URL] {
			seen[s.URL] = true
			in.Others = append(in.Others, *s)
		}
	}
	return in, nil
}

// bare is a URL without its fragment.
func bare(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// arrive says that all of it is there.
func (s *Source) arrive(at time.Duration) {
	if n := len(s.Arrivals); n > 0 && s.Arrivals[n-1].To >= s.Size {
		return
	}
	s.Arrivals = append(s.Arrivals, Arrival{at, s.Size})
}

// Take puts the octets of a resource that the trace has not, or not all of, in their
// place.
func (in *Input) Take(url, media string, status int, data []byte) {
	set := func(s *Source) {
		if s.URL == url && len(s.Data) < len(data) {
			s.Carried = s.Carried && len(s.Data) > 0
			s.Data, s.Size, s.Media, s.Status, s.Whole = data, len(data), media, status, true
			s.arrive(s.Ended)
		}
	}
	set(&in.Document)
	for i := range in.Others {
		set(&in.Others[i])
	}
}

// find is the resource of a URL, nil for one that nobody fetched.
func (in *Input) find(url string) *Source {
	for i := range in.Others {
		if o := &in.Others[i]; o.URL == url || o.Wanted == url {
			return &in.Others[i]
		}
	}
	return nil
}

// isHTML reports whether a media type is one whose octets are read as HTML here.
func isHTML(media string) bool {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	media = strings.TrimSpace(media)
	return media == "text/html" || media == "application/xhtml+xml"
}
