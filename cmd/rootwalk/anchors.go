package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/message"
)

// lookAgain is how often it is asked whether it is time to look at the keys, and
// whether the owner of the file has written something new.
const lookAgain = time.Minute

// keepAnchors keeps the trust anchors of a file up to date, if its first line
// asks for that (RFC 5011), until the returned function is called. Where several
// of one process want that of one file, as rooms with the real Internet do, one
// writes it and the others follow what it has written. It is kept by real time, as
// the zone's keys change by that, and what one room skips is no other's business.
func (in *realInternet) keepAnchors(c realConfig, v *dnssec.Validator) (stop func(), err error) {
	stop = func() {}
	if c.TrustAnchors == "" || v == nil {
		return stop, nil
	}
	text, err := os.ReadFile(c.TrustAnchors)
	if err != nil || !dnssec.IsManaged(text) {
		return stop, err
	}
	k := in.anchorKeeping(c, v, text)
	if _, err := dnssec.ReadManaged(lookup.Printable(c.TrustAnchors), text, k.clock.Now()); err != nil {
		return stop, fmt.Errorf("trust anchors: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer k.close()
		tick := time.NewTicker(lookAgain)
		defer tick.Stop()
		for {
			if err := k.turn(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "rootwalk: trust anchors:", lookup.Printable(err.Error()))
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-ended }, nil
}

// anchorKeeping is the interest of a validator in the file that says text.
func (in *realInternet) anchorKeeping(c realConfig, v *dnssec.Validator, text []byte) *anchorKeeping {
	return &anchorKeeping{path: c.TrustAnchors, clock: lookup.NewLessonClock(time.Now), fetch: in.zoneKeys, read: text, trust: func(a *dnssec.Anchors) {
		if a, err := c.DNSSEC.negative(a); err == nil { // it was read at the start
			v.SetAnchors(a)
		}
	}}
}

// anchorOwners are the files that are kept in this process, by path: each by one
// keeping at a time.
var anchorOwners sync.Map

// anchorKeeping is one resolver's interest in a file of trust anchors. It belongs to
// one goroutine.
type anchorKeeping struct {
	path  string
	clock lookup.Clock // real time
	fetch func(ctx context.Context, zone lookup.Name) (message.Evidence, error)
	trust func(*dnssec.Anchors)

	read   []byte         // what the file said when it was read last
	keeper *dnssec.Keeper // nil while another one owns the file
}

// turn looks at the zone's keys, if the file is its own or nobody's, and else at
// what the owner has written.
func (k *anchorKeeping) turn(ctx context.Context) error {
	if k.keeper == nil {
		if err := k.follow(); err != nil {
			return err
		}
		if _, owned := anchorOwners.LoadOrStore(k.path, k); owned {
			return nil
		}
		if err := k.follow(); err != nil { // the last owner may have written meanwhile
			k.close()
			return err
		}
		managed, err := dnssec.ReadManaged(lookup.Printable(k.path), k.read, k.clock.Now())
		if err != nil {
			k.close()
			return err
		}
		k.keeper = dnssec.NewKeeper(managed, dnssec.KeeperConfig{
			Clock: k.clock, Fetch: k.fetch, Trust: k.trust,
			Save: func(m *dnssec.Managed) error { return replaceFile(k.path, m) },
		})
	}
	_, err := k.keeper.Look(ctx)
	return err
}

// follow trusts what the file says, if that is something new.
func (k *anchorKeeping) follow() error {
	text, err := os.ReadFile(k.path)
	if err != nil || bytes.Equal(text, k.read) {
		return err
	}
	managed, err := dnssec.ReadManaged(lookup.Printable(k.path), text, k.clock.Now())
	if err != nil {
		return err
	}
	anchors, err := managed.Anchors()
	if err != nil {
		return err
	}
	k.read = text
	k.trust(anchors)
	return nil
}

// close leaves the file to another one.
func (k *anchorKeeping) close() { anchorOwners.CompareAndDelete(k.path, k) }

var errNoKeys = errors.New("the keys of the zone could not be had")

// zoneKeys asks for the keys of a zone, past what the cache has, and takes them
// unchecked: who keeps anchors checks them by himself.
func (in *realInternet) zoneKeys(ctx context.Context, zone lookup.Name) (message.Evidence, error) {
	q := lookup.Question{Name: zone, Type: typeDNSKEY, Class: lookup.ClassIN}
	in.cache.Flush(q.Name, q.Type)
	r := in.resolver.Resolve(ctx, lookup.Step{}, message.Request{Question: q, Unchecked: true, DNSSEC: true})
	if r.Outcome != lookup.OutcomeAnswer {
		return message.Evidence{}, fmt.Errorf("%w: %s", errNoKeys, r.Outcome)
	}
	return message.EvidenceOf(q, lookup.CachePositive, r.Answer, nil), nil
}

const typeDNSKEY lookup.Type = 48 // RFC 4034 §2

// replaceFile writes a file beside the old one and puts it in its place, so that
// there is a whole one at any moment.
func replaceFile(path string, m *dnssec.Managed) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		mode = st.Mode().Perm()
	}
	_, err = m.WriteTo(f)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
