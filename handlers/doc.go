// Package handlers answers: one file per family of addresses. It knows forms,
// URLs and wire messages, asks package room for everything that runs, and
// hands view models to package templates.
//
// live.go is the only file that knows the WebSocket library. The wire format
// is described there and in room's frame.go.
package handlers
