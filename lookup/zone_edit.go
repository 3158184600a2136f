package lookup

import (
	"fmt"
	"net/netip"
)

// What people make of zones: the words for a zone file, its records and its
// delegations, between those who keep zones and those who show them.

// ZoneMistake says what is wrong with a zone file, a record or a delegation that
// somebody wrote, and where.
type ZoneMistake struct {
	Line   int               // of the text, 0 for the whole
	Code   string            // what kind of mistake: "zone.mistake." + Code are its words
	Params map[string]string // what it is about
	Text   string            // English
	Field  string            // of a form: "name", "ttl", "type", "data", "servers", "ds"; "" for a file
}

func (e *ZoneMistake) Error() string { return fmt.Sprintf("zone file: line %d: %s", e.Line, e.Text) }

// ZoneRecord is one record of a zone file and where it stands.
type ZoneRecord struct {
	Record
	Key  string // names it for RecordEdit.Old
	Line int    // that it begins on, from 1
	Last int    // that it ends on
}

// RecordEdit changes one record of a zone.
type RecordEdit struct {
	Zone Name
	Old  string // key of the record that goes, "" for none
	New  *RecordText
	Keep bool // the serial stays as it is in the file
}

// RecordText is a record as it is filled in. Names without a final dot are below
// the zone, as in its file; an empty TTL is that of the records of the same name
// and type, or 300.
type RecordText struct {
	Name, TTL, Type, Data string
}

// Delegation is a zone cut as its parent has it, beside what the child itself
// says.
type Delegation struct {
	Parent, Child Name
	TTLSec        uint32
	Servers       []DelegatedServer // of the parent, then those that only the child has
	DS            []string          // that the parent's servers give
	Withdrawn     bool              // the parent's file says that there is to be no DS (RFC 8078 section 4)
	Made          bool              // DS is what the parent's servers make of the child's key: its file has none
	Here          bool              // the child is a zone of this lab
	Signed        bool              // the child is signed
	ChildDS       []string          // what would fit the child's key
	Faults        []DelegationFault
}

// DelegatedServer is one name server of a delegation.
type DelegatedServer struct {
	Name          Name
	Parent, Child bool         // who has it among its NS records
	InDomain      bool         // its name is in the child: without glue nobody finds it
	Glue          []netip.Addr // what the parent has
	Addrs         []netip.Addr // what the zone of its name has, where that is in this lab
	Known         bool         // it is
}

// DelegationFault is where parent and child do not fit.
type DelegationFault struct {
	// Kind is "ns.parent" (the parent alone has this server), "ns.child" (the child
	// alone has it), "glue.missing", "glue.stale" (an address that the server has no more),
	// "glue.short" (an address that the server has is not in the glue), "lame" (no copy of
	// the child at that address), "nobody" (no name server at that address), "ds.wrong" (it
	// fits no key), "ds.missing" (the child is signed), "ds.unsigned" (the child is not).
	Kind   string
	Server Name
	Addr   netip.Addr
}

// DelegationEdit is a delegation as a registrar is told it.
type DelegationEdit struct {
	Parent, Child Name
	// Servers has a line for each name server: its name and, where that is in the
	// child, the addresses that are to be its glue. None takes the delegation away.
	Servers string
	// DS has a line for each DS record's data; none leaves it to the child's key,
	// where the parent is signed.
	DS   string
	NoDS bool   // nor that: the child is to have no DS, whatever its key is
	TTL  uint32 // seconds
	Keep bool   // the serial stays
}

// CopyApart is how a secondary's copy differs from the primary's zone.
type CopyApart struct {
	Server  Name
	Serial  uint32
	Order   SerialOrder // of the primary's serial against this one
	Records int         // that one of both has and the other has not, the SOA aside
}
