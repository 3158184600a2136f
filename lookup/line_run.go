package lookup

// The sentences of experiments. They are said by the server only.

// Runs are the ways in which a page can come, in the order in which they are
// compared.
func Runs() []string { return []string{"one", "kept", "six", "streams"} }

func (f RunStarted) Line() Line {
	return line("run.started."+f.Run, "url", shown(f.URL), "percent", num(f.Percent))
}

func (f RunMeasured) Line() Line {
	return line("run.measured."+f.Outcome, "connections", num(f.Connections), "requests", num(f.Requests), "elapsed", num(f.ElapsedUs), "received", num(f.Received),
		"lost", num(f.Lost), "detail", dash(shown(f.Detail)))
}

func (f HoleFilled) Line() Line {
	return line("hole.filled", "conn", num(f.Conn), "waited", num(f.WaitedUs), "octets", num(f.Octets), "requests", num(f.Requests))
}

// runKeys lists the keys of these sentences.
func runKeys() []string {
	keys := []string{"hole.filled", "run.measured.done", "run.measured.failed"}
	for _, r := range Runs() {
		keys = append(keys, "run.started."+r)
	}
	return keys
}
