package main

import (
	"rootwalk/handlers/room"
	"rootwalk/lookup"
	"rootwalk/lookup/page"
)

// forgetIn makes a browser forget.
func forgetIn(b *page.Browser, store, key string) error {
	if b.ForgetIn(store, key) != nil {
		return room.ErrUnknownStore
	}
	return nil
}

// Remembered is what the device's browser remembers.
func (in *labInternet) Remembered() lookup.Remembered { return in.pages.Remembered() }

// ForgetRemembered makes it forget.
func (in *labInternet) ForgetRemembered(store, key string) error {
	return forgetIn(in.pages, store, key)
}

// Remembered is what the device's browser remembers of the real Internet.
func (in *realInternet) Remembered() lookup.Remembered { return in.pages.Remembered() }

// ForgetRemembered makes it forget.
func (in *realInternet) ForgetRemembered(store, key string) error {
	return forgetIn(in.pages, store, key)
}

var (
	_ room.Remembering = (*labInternet)(nil)
	_ room.Remembering = (*realInternet)(nil)
)
