package lab

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The table of shipped faults is there to be read: it must be that of the
// program.
func TestTheTableOfShippedFaultsIsComplete(t *testing.T) {
	text, err := os.ReadFile("faults.md")
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := map[string]bool{}
	for i, c := range l.Cases() {
		if seen[c.Key] {
			t.Errorf("%s is there twice", c.Key)
		}
		seen[c.Key] = true
		var signs []string
		for _, s := range c.Signs {
			signs = append(signs, s.Key)
		}
		f := c.Faults[0]
		for _, want := range []string{
			fmt.Sprintf("| %d | `%s` | %s at %s |", i+1, c.Key, f.Kind, f.At), "`" + strings.TrimSuffix(string(c.Question.Name), ".") + " " + c.Question.Type.String() + "`",
			"| " + c.Culprit + " | " + strings.Join(signs, ", ") + " |",
		} {
			if !strings.Contains(string(text), want) {
				t.Errorf("faults.md lacks %q", want)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d faults are shipped", len(seen))
	}
}
