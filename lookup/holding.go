package lookup

// Holding is what one authoritative server has for a question in its zone
// file: no copy with a clock of its own, but where copies come from. The TTL
// is what each copy starts with; here it does not run.
type Holding struct {
	Server  Server    `json:"server"`
	Zone    Name      `json:"zone"`
	Serial  uint32    `json:"serial"`
	Primary bool      `json:"primary"` // the SOA record names this server as the zone's primary (MNAME)
	Kind    CacheKind `json:"kind"`    // positive, nodata or nxdomain
	Records []Record  `json:"records"` // for positive; the CNAME where the name is an alias

	// TTLSec is that of the records; for a denial, how long one may be kept
	// (RFC 2308 §5).
	TTLSec uint32 `json:"ttlSec"`
	// NegativeSec is how long a denial by this zone may be kept.
	NegativeSec uint32 `json:"negativeSec"`
}
