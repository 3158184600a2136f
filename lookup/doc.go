// Package lookup is Rootwalk's vocabulary: names, records, questions, and the
// facts that become true while a name is being found. It imports nothing else
// of Rootwalk; the packages below it run things and report facts in its words.
//
// A run of anything is a [Trace]: an append-only list of [Event]s, each of
// which carries one [Fact]. Code that runs something is handed a [Step] and
// calls [Step.Report]; the zero Step discards, so the same code also runs
// without an audience. Any number of readers call [Trace.Follow], while the
// trace grows or long after.
//
// Two seams separate the embedded lab internet, the real one and tests: a
// [Network] (one host's view of it) and a [Clock] (lesson time).
//
// Everything here is safe for concurrent use unless a comment says otherwise,
// and every value reported as a fact must not be changed afterwards.
package lookup

//go:generate go run rootwalk/cmd/eventgen -root ..
