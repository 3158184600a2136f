// Package web serves: the listener, the router, what every request passes
// through, the limits and the shutdown. It would still be needed if every page were
// deleted; what the pages say is none of its business.
package web
