package lookup

// CacheOpened says what a cache held when the lookup began, so that a trace
// can be drawn without anything else.
type CacheOpened struct {
	Snapshot CacheSnapshot `json:"snapshot"`
}

// CacheMissed says that a cache had nothing usable for a name and type.
type CacheMissed struct {
	Cache string `json:"cache"`
	Name  Name   `json:"name"`
	Type  Type   `json:"type"`
}

// CacheHit says that a cache had it. Records carry the time left as TTL.
type CacheHit struct {
	Cache   string     `json:"cache"`
	Entry   CacheEntry `json:"entry"`   // as stored
	LeftSec uint32     `json:"leftSec"` // 0 if stale
	AgeSec  uint32     `json:"ageSec"`
	Use     string     `json:"use"` // "answer", "alias", "servers" (where the walk starts), "address" (of a name server), "denial", "failure" (RFC 9520), "stale" (RFC 8767)
}

// CacheExpired says that a cache had it but its TTL has run out.
type CacheExpired struct {
	Cache  string    `json:"cache"`
	Name   Name      `json:"name"`
	Type   Type      `json:"type"`
	Kind   CacheKind `json:"kind"`
	TTLSec uint32    `json:"ttlSec"`
	AgeSec uint32    `json:"ageSec"`
}

// CacheStored says that a cache keeps something from now on.
type CacheStored struct {
	Cache    string     `json:"cache"`
	Entry    CacheEntry `json:"entry"`
	Replaced bool       `json:"replaced"` // an entry for the same name and type was there
}

// CacheKept says that something new was not stored because what is there is
// more credible (RFC 2181 §5.4.1).
type CacheKept struct {
	Cache   string      `json:"cache"`
	Name    Name        `json:"name"`
	Type    Type        `json:"type"`
	Have    Credibility `json:"have"`
	Offered Credibility `json:"offered"`
}

// CacheEvicted says that an entry left before its time, to make room.
type CacheEvicted struct {
	Cache string `json:"cache"`
	Name  Name   `json:"name"`
	Type  Type   `json:"type"`
	Max   int    `json:"max"` // entries the cache may hold
}

// PrefetchStarted says that an answer just handed out is about to expire, so
// the resolver asks for it again before anybody has to wait.
type PrefetchStarted struct {
	Host     string   `json:"host"`
	Question Question `json:"question"`
	LeftSec  uint32   `json:"leftSec"`
}

func (CacheOpened) fact()  {}
func (CacheMissed) fact()  {}
func (CacheHit) fact()     {}
func (CacheExpired) fact() {}
func (CacheStored) fact()  {}
func (CacheKept) fact()    {}
func (CacheEvicted) fact() {}

func (PrefetchStarted) fact() {}
