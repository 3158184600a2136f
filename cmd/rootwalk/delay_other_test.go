//go:build !linux

package main

import "errors"

func beDelay() error { return errors.New("delay lines need Linux's TUN devices") }
