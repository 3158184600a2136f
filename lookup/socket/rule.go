package socket

import "sync"

// dropper decides which packets of the client get lost: by the rule "syn" every
// SYN, by "all" everything, by "two" the third and the fourth segment with data,
// by "tail" the next segment with data, each once. It is nil for another rule;
// what it returns may be called by several goroutines.
func dropper(rule string) func(frame []byte) bool {
	switch rule {
	case "syn", "all", "two", "tail":
	default:
		return nil
	}
	var mu sync.Mutex
	data := 0
	return func(frame []byte) bool {
		p := parse(frame)
		if p == nil || p.Protocol != "tcp" {
			return false
		}
		switch rule {
		case "syn":
			return p.flags&flagSYN != 0
		case "all":
			return true
		}
		if p.Length == 0 {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		data++
		return rule == "two" && (data == 3 || data == 4) || rule == "tail" && data == 1
	}
}
