package lookup

import (
	"errors"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]Address{
		"www.example.co.kr":                       {"https://www.example.co.kr/", "https", "www.example.co.kr", 443, "/"},
		" HTTP://WWW.Example.CO.KR:80/a b?q=1#x ": {"http://www.example.co.kr/a%20b?q=1", "http", "www.example.co.kr", 80, "/a%20b?q=1"},
		"http://www.example.co.kr:8080":           {"http://www.example.co.kr:8080/", "http", "www.example.co.kr", 8080, "/"},
		"http://한글.kr/":                           {"http://xn--bj0bj06e.kr/", "http", "xn--bj0bj06e.kr", 80, "/"},
		"https://[2001:db8::1]:444/":              {"https://[2001:db8::1]:444/", "https", "2001:db8::1", 444, "/"},
		"http://203.0.113.10/":                    {"http://203.0.113.10/", "http", "203.0.113.10", 80, "/"},
	} {
		if got, err := ParseURL(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		"":                                 "host",
		"ftp://example.com/":               "scheme",
		"https://user:secret@example.com/": "user",
		"https://example.com:0/":           "port",
		"https://example.com:99999/":       "port",
		"https://exa mple.com/":            "form",
		"https://.example.com/":            "host",
		"https://example.com/" + strings.Repeat("a", maxURL): "length",
		"javascript://alert(1)":                              "scheme",
	} {
		var wrong *URLError
		if _, err := ParseURL(text); !errors.As(err, &wrong) || wrong.Why != why {
			t.Errorf("%.40q: %v, want %s", text, err, why)
		}
	}
}
