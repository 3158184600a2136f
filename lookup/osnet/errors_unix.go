//go:build !windows

package osnet

// translate makes errors answer errors.Is as lookup.Network promises. Here they
// do so already.
func translate(err error) error { return err }
