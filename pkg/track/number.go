package track

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number reads what a tracked file holds, as keepalived does: the number that its text
// starts with, in C's notation, behind blanks; a text that starts with none is 0. One
// of more than 32 bits is an error: the value stays as it was.
func number(text string) (int, error) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	sign := ""
	if text != "" && (text[0] == '-' || text[0] == '+') {
		sign, text = text[:1], text[1:]
	}
	base, digits := 10, "0123456789"
	switch {
	case len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") && strings.ContainsRune(hexDigits, rune(text[2])):
		base, digits, text = 16, hexDigits, text[2:]
	case strings.HasPrefix(text, "0"):
		base, digits = 8, "01234567"
	}
	text = text[:len(text)-len(strings.TrimLeft(text, digits))]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(sign+text, base, 64)
	if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
		return 0, fmt.Errorf("%s%s has more than 32 bits", sign, text)
	}
	return int(n), nil
}

const hexDigits = "0123456789abcdefABCDEF"
