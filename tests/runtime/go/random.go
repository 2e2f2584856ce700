// Random programs: `pairs random` reads programs from standard input, one instruction a line, an empty line after each
// program, and prints what each prints, with an empty line after it. The Python half is ../random_programs.py.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// O is an object of a random program.
type O struct {
	name   string
	fields [3]*O
}

// machine is a random program that runs.
type machine struct {
	vars     [8]*O
	saved    []*O
	handles  [8]runtime.Cleanup
	gates    [4]chan struct{}
	channels [3]chan int
	armed    map[string]bool
}

func randomPrograms() {
	debug.SetGCPercent(-1)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<20)
	m := newMachine()
	for in.Scan() {
		if in.Text() == "" {
			fmt.Println()
			m = newMachine()
			continue
		}
		m.step(strings.Fields(in.Text()))
	}
}

func newMachine() *machine {
	m := &machine{armed: map[string]bool{}}
	for i := range m.gates {
		m.gates[i] = make(chan struct{})
	}
	for i := range m.channels {
		m.channels[i] = make(chan int, i)
	}
	return m
}

//go:noinline
func (m *machine) step(op []string) {
	n := make([]int, len(op))
	for i, word := range op {
		n[i], _ = strconv.Atoi(word)
	}
	switch op[0] {
	case "new":
		m.vars[n[1]] = &O{name: op[2]}
	case "drop":
		m.vars[n[1]] = nil
	case "forget":
		m.saved = nil
	case "link":
		if m.vars[n[1]] != nil {
			m.vars[n[1]].fields[n[2]] = m.vars[n[3]]
		}
	case "fin":
		m.finalize(n[1], op[2])
	case "clear":
		if o := m.vars[n[1]]; o != nil {
			runtime.SetFinalizer(o, nil)
			delete(m.armed, o.name)
		}
	case "clean":
		m.cleanup(n[1], n[2], n[3], op[4])
	case "stop":
		m.handles[n[1]].Stop()
		m.handles[n[1]] = runtime.Cleanup{}
	case "gate":
		if o := m.vars[n[1]]; o != nil && !m.armed[o.name] {
			gate := m.gates[n[2]]
			runtime.SetFinalizer(o, func(o *O) { <-gate; note("gate %s", o.name) })
			m.armed[o.name] = true
		}
	case "open":
		close(m.gates[n[1]])
	case "send":
		select {
		case m.channels[n[1]] <- n[2]:
			note("sent %d", n[2])
		default:
			note("full")
		}
	case "receive":
		select {
		case v := <-m.channels[n[1]]:
			note("got %d", v)
		default:
			note("empty")
		}
	case "gc":
		runtime.GC()
		m.report()
	case "quiet":
		runtime.GC()
		say("drained %v", drain())
	}
}

func (m *machine) report() {
	say("drained %v %d %d", drain(), pending("finalizers"), pending("cleanups"))
	flush()
}

//go:noinline
func (m *machine) finalize(v int, kind string) {
	o := m.vars[v]
	if o == nil || m.armed[o.name] {
		return
	}
	m.armed[o.name] = true
	armed := m.armed
	switch kind {
	case "log":
		runtime.SetFinalizer(o, func(o *O) { note("fin %s", o.name) })
	case "save":
		runtime.SetFinalizer(o, func(o *O) { note("save %s", o.name); delete(armed, o.name); m.saved = append(m.saved, o) })
	case "again":
		runtime.SetFinalizer(o, func(o *O) {
			note("again %s", o.name)
			runtime.SetFinalizer(o, func(o *O) { note("second %s", o.name) })
		})
	case "other":
		runtime.SetFinalizer(o, func(o *O) {
			note("other %s", o.name)
			name := o.name
			runtime.SetFinalizer(&O{name: name}, func(*O) { note("made by %s", name) })
			runtime.AddCleanup(&O{name: name}, func(name string) { note("cleanup made by %s", name) }, name)
		})
	case "unlink":
		runtime.SetFinalizer(o, func(o *O) { note("unlink %s", o.name); o.fields = [3]*O{} })
	}
}

//go:noinline
func (m *machine) cleanup(v, h, a int, name string) {
	o := m.vars[v]
	if o == nil {
		return
	}
	arg := m.vars[a]
	if arg == o {
		arg = nil
	}
	m.handles[h] = runtime.AddCleanup(o, func(arg *O) {
		if arg == nil {
			note("clean %s", name)
		} else {
			note("clean %s with %s", name, arg.name)
		}
	}, arg)
}
