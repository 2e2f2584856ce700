// Go halves of the program pairs: `pairs NAME` runs one. The Python halves are in ../programs.py.
package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/metrics"
	"sort"
	"strings"
	"sync"
	"time"
)

// T has a pointer field, which keeps it out of the tiny allocator.
type T struct {
	name  string
	n     int
	other *T
	any   any
	list  []*T
	fn    func()
}

var (
	programs = map[string]func(){}
	sink     any
	mu       sync.Mutex
	lines    []string
)

func program(name string, f func()) { programs[name] = f }

// say prints at once; note collects, for lines whose order Go leaves open; flush prints those sorted.
func say(format string, args ...any) {
	mu.Lock()
	defer mu.Unlock()
	fmt.Printf(format+"\n", args...)
}
func note(format string, args ...any) {
	mu.Lock()
	defer mu.Unlock()
	lines = append(lines, fmt.Sprintf(format, args...))
}
func flush() {
	mu.Lock()
	defer mu.Unlock()
	sort.Strings(lines)
	fmt.Println(strings.Join(lines, " "))
	lines = nil
}
func noted() int {
	mu.Lock()
	defer mu.Unlock()
	return len(lines)
}

func try(f func()) {
	defer func() {
		if r := recover(); r != nil {
			say("panic: %v", r)
		}
	}()
	f()
}

func pending(kind string) uint64 {
	s := []metrics.Sample{{Name: "/gc/" + kind + "/queued:" + kind}, {Name: "/gc/" + kind + "/executed:" + kind}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}

var header = regexp.MustCompile(`^goroutine \d+ \[([^\],]*)`)

// stuck: whether the goroutine whose stack holds that frame waits for something. Looks at it, not at the clock.
func stuck(frame string) bool {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for _, block := range strings.Split(string(buf), "\n\n") {
		if !strings.Contains(block, frame) {
			continue
		}
		switch m := header.FindStringSubmatch(block); {
		case m == nil:
		case m[1] == "running" || m[1] == "runnable" || m[1] == "syscall":
		default:
			return true
		}
	}
	return false
}

// drain: true once the queues are empty and executed, false once what holds them up waits.
func drain() bool {
	seen := 0
	for {
		f, c := pending("finalizers"), pending("cleanups")
		if f == 0 && c == 0 {
			return true
		}
		if (f == 0 || stuck("runtime.runFinalizers")) && (c == 0 || stuck("runtime.runCleanups")) {
			if seen++; seen == 3 {
				return false
			}
		} else {
			seen = 0
		}
		time.Sleep(time.Millisecond)
	}
}

func collect(times int) {
	for i := 0; i < times; i++ {
		runtime.GC()
		drain()
	}
}

// dead makes an object nobody refers to, with a finalizer.
//
//go:noinline
func dead(name string, f func(*T)) {
	runtime.SetFinalizer(&T{name: name}, f)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "random" {
		randomPrograms()
		return
	}
	if len(os.Args) == 2 {
		if f := programs[os.Args[1]]; f != nil {
			f()
			return
		}
	}
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(strings.Join(names, "\n"))
}
