package room

import (
	"errors"

	"rootwalk/lookup"
)

// Remembering is an internet whose device has a browser that remembers.
type Remembering interface {
	Remembered() lookup.Remembered
	// ForgetRemembered forgets one entry of a list of the browser, or for "" all of
	// it. It fails with ErrUnknownStore.
	ForgetRemembered(store, key string) error
}

// Errors of what a browser remembers.
var (
	ErrNoStores     = errors.New("nothing is remembered here")
	ErrUnknownStore = errors.New("no such list of the browser")
)

// Remembered is what the device's browser remembers; false where it has none.
func (r *Room) Remembered() (lookup.Remembered, bool) {
	if x, ok := r.internet.(Remembering); ok {
		return x.Remembered(), true
	}
	return lookup.Remembered{}, false
}

// ForgetRemembered makes the browser forget an entry of a list, or for "" all of it.
func (r *Room) ForgetRemembered(store, key string) error {
	x, ok := r.internet.(Remembering)
	if !ok {
		return ErrNoStores
	}
	return x.ForgetRemembered(store, key)
}
