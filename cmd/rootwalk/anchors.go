package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/dnssec"
	"rootwalk/lookup/message"
)

// lookAgain is how often it is asked whether it is time to look at the keys:
// lesson time may jump.
const lookAgain = time.Minute

// keepAnchors keeps the trust anchors of a file up to date, if its first line
// asks for that (RFC 5011), until the returned function is called.
func (in *realInternet) keepAnchors(c realConfig, v *dnssec.Validator) (stop func(), err error) {
	stop = func() {}
	if c.TrustAnchors == "" || v == nil {
		return stop, nil
	}
	text, err := os.ReadFile(c.TrustAnchors)
	if err != nil || !dnssec.IsManaged(text) {
		return stop, err
	}
	managed, err := dnssec.ReadManaged(lookup.Printable(c.TrustAnchors), text, in.clock.Now())
	if err != nil {
		return stop, fmt.Errorf("trust anchors: %w", err)
	}
	keeper := dnssec.NewKeeper(managed, dnssec.KeeperConfig{
		Clock: in.clock, Fetch: in.zoneKeys,
		Trust: func(a *dnssec.Anchors) {
			if a, err := c.DNSSEC.negative(a); err == nil { // it was read at the start
				v.SetAnchors(a)
			}
		},
		Save: func(m *dnssec.Managed) error { return replaceFile(c.TrustAnchors, m) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(lookAgain)
		defer tick.Stop()
		for {
			if _, err := keeper.Look(ctx); err != nil && ctx.Err() == nil {
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
