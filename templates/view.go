package templates

import (
	"time"

	"rootwalk/lookup"
)

// View is what a trace folds to: all that a drawing shows, in no language
// yet. The browser folds the same events to the same view
// (static/js/reduce.js); the files in static/test/views hold the two together.
type View struct {
	Title     string               `json:"title"` // "www.example.co.kr A"
	Network   string               `json:"network"`
	State     string               `json:"state"` // "empty", "running", "finished"
	Truncated bool                 `json:"truncated"`
	Question  *lookup.Question     `json:"question"`
	Outcome   lookup.Outcome       `json:"outcome"` // "" until finished
	Rcode     string               `json:"rcode"`   // "" until finished
	Records   []lookup.Record      `json:"records"`
	Lesson    *lookup.ClockReading `json:"lesson"`
	StartedUs int64                `json:"startedUs"`
	ElapsedUs int64                `json:"elapsedUs"`
	Counts    Counts               `json:"counts"`
	Names     []SearchedName       `json:"names"`
	Plates    []Plate              `json:"plates"`
	Balloons  []Balloon            `json:"balloons"`
	Caches    []CacheTable         `json:"caches"`
	Zones     []KnownZone          `json:"zones"`
	DNSSEC    *Trusted             `json:"dnssec"` // nil where no fact is about it

	events []lookup.Event // what was folded: sentences and bytes are read from there
}

// Counts are the queries sent so far.
type Counts struct {
	Stub     int `json:"stub"`
	Resolver int `json:"resolver"`
}

// SearchedName is a name that is being looked for: the question's, then the
// canonical name behind each alias.
type SearchedName struct {
	Name lookup.Name   `json:"name"`
	Step lookup.StepID `json:"step"`
	Via  string        `json:"via"` // "" for the question, else CNAME or DNAME
}

// Plate is a host, or the servers of one zone, as one box of the drawing.
type Plate struct {
	ID      string        `json:"id"` // "device", "R1", "zone:kr."
	Role    lookup.Role   `json:"role"`
	Zone    lookup.Name   `json:"zone"` // "" for hosts
	Host    string        `json:"host"` // "" for zones
	Servers []PlateServer `json:"servers"`
	More    int           `json:"more"`  // servers known but not in Servers
	Known   bool          `json:"known"` // an address of it is known
	Asked   bool          `json:"asked"` // a query was sent to it

	hidden map[lookup.Name]bool // the servers that More counts
}

// PlateServer is one server of a plate.
type PlateServer struct {
	Name  lookup.Name `json:"name"`
	Addr  string      `json:"addr"`  // the address asked, else the first known, else ""
	State string      `json:"state"` // "nameless" (no address known), "listed", "asked", "answered", "failed", "lame"
}

// Line is a lookup.Line in JSON.
type Line struct {
	Key    string            `json:"key"`
	Params map[string]string `json:"params"`
}

// Balloon is one numbered moment of the drawing: a run of events that a
// person sees as one thing.
type Balloon struct {
	N         int           `json:"n"`
	Kind      string        `json:"kind"`
	Role      lookup.Role   `json:"role"` // of the sender
	Host      string        `json:"host"` // whose moment it is: "device", "R1"
	From      string        `json:"from"` // plates; both the host's own where nothing travels
	To        string        `json:"to"`
	Zone      lookup.Name   `json:"zone"`
	Step      lookup.StepID `json:"step"`
	Seqs      [2]int        `json:"seqs"` // first and last event
	AtUs      int64         `json:"atUs"`
	RTTUs     int64         `json:"rttUs"` // the time waited for what arrived or did not
	Transport string        `json:"transport"`
	TagText   string        `json:"tagText"`
	TagKey    string        `json:"tagKey"`  // text with {type} that stands for TagText, "" for TagText itself
	Message   int           `json:"message"` // event with the bytes, -1 for none
	Seq       int           `json:"seq"`     // event that Line tells
	Line      Line          `json:"line"`
	Detail    []int         `json:"detail"` // the other events

	// Outcome is, of a query, the kind of balloon that ended it, "" while it
	// waits; of a look into a cache "miss", "hints", "known", "expired",
	// "found" or "hit"; of a referral "noglue" where no address came with it; of an
	// answer to the device "ad" where its AD bit is set; of a check "holds", "ends", "broken" or "" (it leads on); of a verdict the verdict.
	Outcome string `json:"outcome"`
}

// CacheTable is one cache.
type CacheTable struct {
	Cache  string `json:"cache"`
	Rows   []Row  `json:"rows"`   // newest first
	Opened string `json:"opened"` // lesson time of what it held when the run began, "" if unknown
}

// Row is one entry of a cache.
type Row struct {
	Name        lookup.Name        `json:"name"`
	Type        lookup.Type        `json:"type"`
	Kind        lookup.CacheKind   `json:"kind"`
	Records     []lookup.Record    `json:"records"`
	TTLSec      uint32             `json:"ttlSec"`
	StoredAt    time.Time          `json:"storedAt"`
	Credibility lookup.Credibility `json:"credibility"`
	From        lookup.Server      `json:"from"`
	PaidBy      lookup.Question    `json:"paidBy"`
	Trace       string             `json:"trace"`
	Seq         int                `json:"seq"`     // event that brought it here
	Balloon     int                `json:"balloon"` // 0: before the first
	State       string             `json:"state"`   // "held", "new", "hit", "expired"
}

// KnownZone is a zone that the resolver has learned of.
type KnownZone struct {
	Zone   lookup.Name   `json:"zone"`
	Parent lookup.Name   `json:"parent"` // "" where the walk did not come from above
	Plate  string        `json:"plate"`
	Step   lookup.StepID `json:"step"`
}

// Events is what was folded; it must not be changed.
func (v *View) Events() []lookup.Event { return v.events }

// Balloon is the balloon with number n, nil if there is none.
func (v *View) Balloon(n int) *Balloon {
	if v == nil || n < 1 || n > len(v.Balloons) {
		return nil
	}
	return &v.Balloons[n-1]
}

// Plate is the plate with an id, nil if there is none.
func (v *View) Plate(id string) *Plate {
	for i := range v.Plates {
		if v.Plates[i].ID == id {
			return &v.Plates[i]
		}
	}
	return nil
}
