// Rootwalk lets people see how the internet finds a name and opens a
// connection: it really does both, on an internet of its own inside the
// program, and draws each step as it happens.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
)

// Exit statuses. Those of a lookup tell its outcome.
const (
	exitOK       = 0 // an answer
	exitNodata   = 1 // the name exists, the type does not
	exitUsage    = 2
	exitNxdomain = 3 // no such name
	exitFailed   = 4 // no answer could be had
	exitProgram  = 5 // the program itself could not do its work
)

const usage = `Rootwalk shows how the internet finds a name: a real lookup, drawn live.

Usage
  rootwalk [serve] [flags]                 serve the page (the default)
  rootwalk lookup [flags] NAME [TYPE]      the same lookup, told in the terminal
  rootwalk open [flags] URL                on from there: socket, TLS, HTTP
  rootwalk dns [flags]                     the resolver alone, for dig and other programs
  rootwalk version                         what this is and what it was built with

  rootwalk serve -h, and so on                              the flags of each

Everything runs inside the program, on a lab internet with its own root, top
level domains and web servers: no network, no set-up and no rights are needed.
With -net internet, lookup, open and dns ask the servers of the real Internet instead.

Examples
  rootwalk                                 then open http://127.0.0.1:8080/
  rootwalk serve -addr 0.0.0.0:8080        for a class in the same network
  rootwalk lookup www.example.co.kr
  rootwalk lookup -format json mx.example MX
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// run is the program with its surroundings as arguments, so that tests can be
// those.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	switch command {
	case "serve":
		return serve(ctx, args, env, stdout, stderr)
	case "lookup":
		return lookupCommand(ctx, args, env, stdout, stderr)
	case "open":
		return openCommand(ctx, args, env, stdout, stderr)
	case "dns":
		return dnsCommand(ctx, args, env, stdout, stderr)
	case "version":
		fmt.Fprintln(stdout, version())
		return exitOK
	case "help":
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	fmt.Fprintf(stderr, "rootwalk: there is no command %q; the commands are serve, lookup, dns and version (rootwalk -h tells more)\n", command)
	return exitUsage
}

// version is one line about this build.
func version() string {
	v := "(devel)"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		v = b.Main.Version
	}
	return fmt.Sprintf("rootwalk %s, %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// parse reads flags, each of which may also come from the environment:
// -lab-speed is ROOTWALK_LAB_SPEED. What is written on the command line wins.
// The status is -1 where the command is to go on.
func parse(fs *flag.FlagSet, args []string, env func(string) (string, bool), stdout, stderr io.Writer) (status int) {
	fs.SetOutput(io.Discard)
	var bad error
	fs.VisitAll(func(f *flag.Flag) {
		name := "ROOTWALK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := env(name); ok && bad == nil {
			if err := fs.Set(f.Name, v); err != nil {
				bad = fmt.Errorf("%s=%q: %w", name, v, err)
			}
		}
	})
	if bad == nil {
		bad = fs.Parse(args)
	}
	switch {
	case errors.Is(bad, flag.ErrHelp):
		fs.SetOutput(stdout)
		fs.Usage()
		return exitOK
	case bad != nil:
		fmt.Fprintf(stderr, "rootwalk %s: %v (rootwalk %s -h lists the flags)\n", fs.Name(), bad, fs.Name())
		return exitUsage
	}
	return -1
}

// describe is the help of one command.
func describe(fs *flag.FlagSet, synopsis, text string) {
	fs.Usage = func() {
		w := fs.Output()
		fmt.Fprintf(w, "Usage: rootwalk %s\n\n%s\n\nFlags (each also as a variable: -lab-speed is ROOTWALK_LAB_SPEED)\n", synopsis, strings.TrimSpace(text))
		fs.PrintDefaults()
	}
}
