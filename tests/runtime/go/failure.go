package main

import (
	"runtime"
	"strings"
)

func init() {
	program("panic_recovered", func() {
		dead("a", func(*T) {
			defer func() { say("recovered %v", recover()) }()
			panic("boom")
		})
		collect(1)
		dead("b", func(t *T) { say("ran %s", t.name) })
		collect(1)
	})
	program("panic_ends_the_program", func() {
		dead("a", func(*T) { panic("boom") })
		collect(1)
		select {}
	})
	program("goexit_kills_the_worker", func() {
		left := make(chan int)
		dead("a", func(*T) {
			defer close(left)
			defer say("deferred")
			runtime.Goexit()
		})
		runtime.GC()
		<-left
		for runs("runtime.runFinalizers") {
			runtime.Gosched()
		}
		dead("b", func(*T) { say("never") })
		runtime.GC()
		func() { runtime.AddCleanup(&T{}, func(int) { say("cleanup") }, 1) }()
		runtime.GC()
		for pending("cleanups") != 0 {
			runtime.Gosched()
		}
		say("executed %t", pending("finalizers") == 0)
	})
	program("goexit_of_a_goroutine", func() {
		c := make(chan int)
		go func() {
			defer func() { c <- 1 }()
			runtime.Goexit()
			say("never")
		}()
		<-c
		say("end")
	})
	program("set_twice", func() {
		t := &T{}
		runtime.SetFinalizer(t, func(*T) {})
		runtime.SetFinalizer(t, func(*T) {})
	})
	program("not_a_function", func() { runtime.SetFinalizer(&T{}, "text") })
	program("no_parameter", func() { runtime.SetFinalizer(&T{}, func() {}) })
	program("two_parameters", func() { runtime.SetFinalizer(&T{}, func(a, b *T) {}) })
	program("nothing", func() { runtime.SetFinalizer(nil, func(*T) {}) })
	program("a_number", func() { runtime.SetFinalizer(42, func(*T) {}) })
}

// runs: whether a goroutine with that frame exists.
func runs(frame string) bool {
	buf := make([]byte, 1<<20)
	return strings.Contains(string(buf[:runtime.Stack(buf, true)]), frame)
}
