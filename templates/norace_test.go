//go:build !race

package templates

const underRace = false
