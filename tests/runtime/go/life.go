package main

import (
	"os"
	"runtime"
)

func init() {
	program("once", func() {
		dead("a", func(t *T) { say("ran %s", t.name) })
		collect(5)
	})
	program("alive", func() {
		t := &T{name: "a"}
		runtime.SetFinalizer(t, func(t *T) { say("ran") })
		collect(2)
		say("still here")
		runtime.KeepAlive(t)
	})
	program("nil_clears", func() {
		func() {
			t := &T{}
			runtime.SetFinalizer(t, func(*T) { say("ran") })
			runtime.SetFinalizer(t, nil)
			runtime.SetFinalizer(t, nil)
		}()
		collect(2)
		say("end")
	})
	program("set_clear_set", func() {
		func() {
			t := &T{}
			runtime.SetFinalizer(t, func(*T) { say("first") })
			runtime.SetFinalizer(t, nil)
			runtime.SetFinalizer(t, func(*T) { say("second") })
		}()
		collect(2)
	})
	program("clear_inside", func() {
		dead("a", func(t *T) { runtime.SetFinalizer(t, nil); say("ran") })
		collect(3)
	})
	program("resurrect", func() {
		dead("a", func(t *T) { sink = t; say("kept") })
		collect(3)
		say("name %s", sink.(*T).name)
		sink = nil
		collect(2)
		say("end")
	})
	program("set_again_inside", func() {
		var again func(t *T)
		runs := 0
		again = func(t *T) { runs++; runtime.SetFinalizer(t, again) }
		dead("a", again)
		for i := 0; i < 5; i++ {
			collect(1)
			say("%d", runs)
		}
	})
	program("register_inside", func() {
		dead("outer", func(*T) {
			for i := 0; i < 10; i++ {
				i := i
				dead("inner", func(*T) { note("%d", i) })
			}
			say("outer")
		})
		collect(3)
		flush()
	})
	program("gc_inside", func() {
		dead("a", func(*T) { runtime.GC(); say("returned") })
		collect(1)
		say("end")
	})
	program("gc_does_not_wait", func() {
		started, proceed := make(chan int), make(chan int)
		dead("a", func(*T) { started <- 1; <-proceed; say("ended") })
		runtime.GC()
		<-started
		say("gc has returned")
		proceed <- 1
		drain()
	})
	program("results_ignored", func() {
		func() {
			runtime.SetFinalizer(&T{n: 3}, func(x any) (int, error) { say("n %d", x.(*T).n); return 1, nil })
		}()
		collect(1)
	})
	program("fields_intact", func() {
		func() {
			runtime.SetFinalizer(&T{name: "x", n: 7, other: &T{name: "y"}}, func(t *T) {
				say("%s %d %s", t.name, t.n, t.other.name)
			})
		}()
		collect(1)
	})
	program("exit_without_gc", func() {
		dead("a", func(*T) { say("never") })
		say("end")
	})
	program("exit_while_stuck", func() {
		dead("a", func(*T) { select {} })
		runtime.GC()
		say("drained %t", drain())
	})
	program("exit_inside", func() {
		dead("a", func(*T) { say("leaving"); os.Exit(7) })
		collect(1)
	})
	program("on_global", func() {
		runtime.SetFinalizer(global, func(*T) { say("never") })
		collect(2)
		say("%s", global.name)
	})
	program("many", func() {
		for i := 0; i < 500; i++ {
			dead("a", func(*T) { note("x") })
		}
		collect(2)
		say("%d", noted())
	})
}

var global = &T{name: "global"}
