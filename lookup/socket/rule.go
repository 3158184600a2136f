package socket

import "sync"

// DropRules are the ways in which a bench's network can lose packets of the
// client: "syn" every SYN, "all" everything, "two" the third and the fourth
// segment with data, "tail" the next segment with data, each once.
func DropRules() []string { return []string{"", "syn", "all", "two", "tail"} }

// Dropper decides by such a rule; nil for one that there is not. It may be
// called by several goroutines.
func Dropper(rule string) func(frame []byte) bool {
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
