package dnssec

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// managedHead is how a file begins whose trust anchors this program keeps up to
// date. A file without it is left as it is.
const managedHead = "; rootwalk: these trust anchors are kept up to date (RFC 5011)"

// IsManaged reports whether the text of a trust anchor file asks for being kept
// up to date: its first line begins with "; rootwalk:".
func IsManaged(text []byte) bool { return bytes.HasPrefix(text, []byte("; rootwalk:")) }

// WriteTo writes the keys as a file that ReadManaged reads, and ParseAnchors too:
// DNSKEY records, each with its state in a comment. Keys that are not trusted
// are comments as a whole.
func (m *Managed) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n; zone %s\n", managedHead, m.Zone)
	for i := range m.Keys {
		k := &m.Keys[i]
		until := "-"
		if !k.Until.IsZero() {
			until = k.Until.UTC().Format(time.RFC3339)
		}
		mark := ""
		if k.State != KeyValid && k.State != KeyMissing {
			mark = "; "
		}
		fmt.Fprintf(&b, "%s%s 0 IN DNSKEY %d %d %d %s ; state=%s since=%s until=%s\n", mark, m.Zone, k.Key.Flags, k.Key.Protocol, k.Key.Algorithm, k.Key.PublicKey,
			k.State, k.Since.UTC().Format(time.RFC3339), until)
	}
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

// ReadManaged reads what WriteTo has written. A file that has only the first
// line and DNSKEY records begins with those: they are trusted from now on.
func ReadManaged(file string, text []byte, now time.Time) (*Managed, error) {
	if len(text) > maxAnchorFile {
		return nil, fmt.Errorf("%s: larger than %d octets", file, maxAnchorFile)
	}
	m := &Managed{Zone: lookup.Root}
	line := 0
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line++
		record, state, _ := strings.Cut(strings.TrimPrefix(s.Text(), "; "), " ; state=")
		if !strings.Contains(record, "DNSKEY") || strings.HasPrefix(record, ";") {
			continue
		}
		rr, err := dns.NewRR(record)
		key, ok := rr.(*dns.DNSKEY)
		if err != nil || !ok {
			return nil, fmt.Errorf("%s:%d: not a DNSKEY record", file, line)
		}
		if len(m.Keys) == maxManaged {
			return nil, fmt.Errorf("%s:%d: more than %d keys", file, line, maxManaged)
		}
		k := ManagedKey{Key: *key, State: KeyValid, Since: now}
		if state != "" {
			var since, until string
			fields := strings.Fields(state)
			k.State = KeyState(fields[0])
			for _, f := range fields[1:] {
				if v, ok := strings.CutPrefix(f, "since="); ok {
					since = v
				}
				if v, ok := strings.CutPrefix(f, "until="); ok && v != "-" {
					until = v
				}
			}
			switch k.State {
			case KeyPending, KeyValid, KeyMissing, KeyRevoked, KeyRemoved:
			default:
				return nil, fmt.Errorf("%s:%d: no state of RFC 5011: %s", file, line, lookup.Printable(string(k.State)))
			}
			if k.Since, err = time.Parse(time.RFC3339, since); err != nil {
				return nil, fmt.Errorf("%s:%d: since is no time", file, line)
			}
			if until != "" {
				if k.Until, err = time.Parse(time.RFC3339, until); err != nil {
					return nil, fmt.Errorf("%s:%d: until is no time", file, line)
				}
			} else if k.State == KeyPending || k.State == KeyRevoked {
				return nil, fmt.Errorf("%s:%d: a key in state %s needs a time until", file, line, k.State)
			}
		}
		m.Zone = lookup.Name(dns.CanonicalName(key.Hdr.Name))
		if len(m.Keys) > 0 && !m.Zone.Equal(lookup.Name(m.Keys[0].Key.Hdr.Name)) {
			return nil, fmt.Errorf("%s:%d: keys of more than one zone", file, line)
		}
		m.Keys = append(m.Keys, k)
	}
	if a, err := m.Anchors(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	} else if len(a.trust) == 0 {
		return nil, fmt.Errorf("%s: no key in it that is trusted", file)
	}
	return m, nil
}

// KeeperConfig is what a keeper works with.
type KeeperConfig struct {
	// Fetch gets the DNSKEY RRset of the zone with its signatures.
	Fetch func(ctx context.Context, zone lookup.Name) (message.Evidence, error)
	// Trust takes the anchors that hold from now on.
	Trust func(*Anchors)
	// Save keeps the state for the next start.
	Save func(*Managed) error

	Clock lookup.Clock // whose time the states and the signatures are checked by
}

// Keeper keeps the trust anchors of one zone up to date as RFC 5011 says: it
// looks at the zone's keys when it is time, moves them through their states, and
// hands what is trusted to the validator and to whoever saves it. It is safe for
// concurrent use.
type Keeper struct {
	c KeeperConfig

	mu      sync.Mutex
	managed *Managed
	next    time.Time
}

// NewKeeper keeps the keys of m, which belongs to it from now on.
func NewKeeper(m *Managed, c KeeperConfig) *Keeper { return &Keeper{c: c, managed: m} }

// Next is the time of its clock at which to look again; zero for at once.
func (k *Keeper) Next() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next
}

// Look looks at the keys if it is time, and returns what changed. Where the keys
// cannot be had it tries again in an hour (RFC 5011 §2.3).
func (k *Keeper) Look(ctx context.Context) ([]KeyChange, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.c.Clock.Now()
	if now.Before(k.next) {
		return nil, nil
	}
	came, err := k.c.Fetch(ctx, k.managed.Zone)
	if err != nil {
		k.next = now.Add(time.Hour)
		return nil, err
	}
	owner, ok := wireOf(string(k.managed.Zone))
	set := find(Sets(came.Answer), owner, dns.TypeDNSKEY)
	if !ok || set == nil {
		k.next = now.Add(time.Hour)
		return nil, fmt.Errorf("no DNSKEY records of %s", k.managed.Zone)
	}
	judge := NewJudge("", lookup.Step{}, Policy{}, now, NewBudget())
	changes, next, _ := k.managed.Observe(judge, set)
	k.next = next
	if len(changes) == 0 {
		return nil, nil
	}
	anchors, err := k.managed.Anchors()
	if err == nil {
		k.c.Trust(anchors)
		err = k.c.Save(k.managed)
	}
	return changes, err
}
