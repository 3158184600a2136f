package templates

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrCode is a text as a QR code: the path of its black squares, a unit each,
// and how many units it is wide, with the quiet zone around it (ISO/IEC 18004
// §6.3.8). The path is empty for a text that is too long.
func qrCode(text string) (path string, size int) {
	const quiet = 4
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 2 * quiet
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return b.String(), code.Size + 2*quiet
}
