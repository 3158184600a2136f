package socket

import "sync"

// Table gives out descriptor numbers as POSIX says: the lowest that is free.
// 0, 1 and 2 are taken from the start.
type Table struct {
	mu    sync.Mutex
	taken map[int]bool
}

// NewTable is a table with standard input, output and error.
func NewTable() *Table { return &Table{taken: map[int]bool{0: true, 1: true, 2: true}} }

func (t *Table) take() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for t.taken[n] {
		n++
	}
	t.taken[n] = true
	return n
}

func (t *Table) free(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, n)
}
