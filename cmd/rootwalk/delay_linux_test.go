package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A delay line between namespaces, for kernels without netem: two TUN devices of
// one process, which carries every packet from one to the other and lets it
// arrive a while later.

// beDelay runs delay lines, with their list from standard input, until it is
// told to end.
func beDelay() error {
	var lines []delayLine
	if err := json.NewDecoder(os.Stdin).Decode(&lines); err != nil {
		return err
	}
	for _, l := range lines {
		here, err := openTUN(l.Here)
		if err != nil {
			return err
		}
		there, err := openTUN(l.There)
		if err != nil {
			return err
		}
		if out, err := exec.Command("ip", "link", "set", l.There, "netns", l.Namespace).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %s", l.There, bytes.TrimSpace(out))
		}
		after := time.Duration(l.MillisEachWay * float64(time.Millisecond))
		carry(here, there, after)
		carry(there, here, after)
	}
	fmt.Println("ready")
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
	return nil // the kernel takes the devices away with the process
}

// carry moves packets one way.
func carry(from, to *os.File, after time.Duration) {
	type packet struct {
		due  time.Time
		data []byte
	}
	queue := make(chan packet, 4096)
	go func() {
		buf := make([]byte, 65536)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			select {
			case queue <- packet{time.Now().Add(after), bytes.Clone(buf[:n])}:
			default: // a full queue loses packets, as anywhere
			}
		}
	}()
	go func() {
		for p := range queue {
			time.Sleep(time.Until(p.due))
			to.Write(p.data)
		}
	}()
}

// openTUN makes a TUN device in the process's namespace.
func openTUN(name string) (*os.File, error) {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	var request struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:15], name)
	const tunSetIff, tunNoPI, tunTUN = 0x400454ca, 0x1000, 0x0001
	request.flags = tunTUN | tunNoPI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), tunSetIff, uintptr(unsafe.Pointer(&request))); errno != 0 {
		syscall.Close(fd)
		return nil, fmt.Errorf("TUN device %s: %w", strings.TrimRight(name, "\x00"), errno)
	}
	return os.NewFile(uintptr(fd), name), nil
}
