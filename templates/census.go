package templates

// Census is how many servers and zones there are in an internet that is known
// as a whole.
type Census struct {
	Servers, Machines, Zones int
}
