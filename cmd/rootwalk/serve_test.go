package main

//lint:file-ignore SA1019 the WebSocket library is named by this project's owner; it is frozen, so few files know it

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

func TestATakenPortSaysWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"-addr", l.Addr().String()}, noEnv, &out, &errs)
	if status != exitProgram || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "-addr") || !strings.Contains(errs.String(), l.Addr().String()) {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

func noEnv(string) (string, bool) { return "", false }

func TestServeEndsWithinTwoSeconds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"serve"}, func(k string) (string, bool) { return "127.0.0.1:0", k == "ROOTWALK_ADDR" }, w, io.Discard)
		w.Close()
	}()
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimSpace(string(line[:n]))
	if !strings.HasPrefix(at, "http://127.0.0.1:") {
		t.Fatalf("printed %q", at)
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	c, _, err := websocket.Dial(ctx, at+"live", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {strings.TrimSuffix(at, "/")}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	silent := misbehave(t, at)
	defer silent.Close()
	cancel()
	select {
	case status := <-ended:
		if status != exitOK {
			t.Errorf("status %d", status)
		}
	case <-time.After(2 * time.Second): // the promise of the command's help
		t.Fatal("still running after two seconds")
	}
}
