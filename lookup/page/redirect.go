package page

import (
	"errors"
	"net/http"
)

// Turn is what a redirect makes of a request (RFC 9110 §15.4).
type Turn struct {
	To       URL
	Method   string
	KeepBody bool
	Rule     string // why the method is what it is: "same", "seeOther", "postToGet"
}

// Why a redirect is not followed.
var (
	ErrNoLocation = errors.New("page: a redirect without a Location")
	ErrLoop       = errors.New("page: the redirects lead back to where they have been")
	ErrTooMany    = errors.New("page: too many redirects")
)

// IsRedirect reports whether a status sends a browser elsewhere by itself (RFC
// 9110 §15.4): 300 and 304 do not.
func IsRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Redirect says where a response with a redirect status leads. 303 makes GET of
// all but HEAD (RFC 9110 §15.4.4); 301 and 302 make GET of POST, as browsers
// always did and the RFC allows (§15.4.2, §15.4.3); 307 and 308 keep method and
// body (§15.4.8, §15.4.9).
func Redirect(from URL, method string, status int, location string) (Turn, error) {
	if location == "" {
		return Turn{}, ErrNoLocation
	}
	to, err := from.Resolve(location)
	if err != nil {
		return Turn{}, err
	}
	t := Turn{To: to, Method: method, KeepBody: true, Rule: "same"}
	switch {
	case status == http.StatusSeeOther && method != http.MethodGet && method != http.MethodHead:
		t.Method, t.KeepBody, t.Rule = http.MethodGet, false, "seeOther"
	case (status == http.StatusMovedPermanently || status == http.StatusFound) && method == http.MethodPost:
		t.Method, t.KeepBody, t.Rule = http.MethodGet, false, "postToGet"
	}
	return t, nil
}
