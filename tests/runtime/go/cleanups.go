package main

import "runtime"

//go:noinline
func cleaned(name string) { runtime.AddCleanup(&T{}, func(s string) { say("cleanup %s", s) }, name) }

func init() {
	program("cleanup", func() {
		cleaned("a")
		collect(3)
	})
	program("cleanup_several", func() {
		func() {
			t := &T{}
			for _, s := range []string{"a", "b", "c"} {
				runtime.AddCleanup(t, func(s string) { say("cleanup %s", s) }, s)
			}
		}()
		collect(1)
	})
	program("cleanup_stop", func() {
		func() {
			t := &T{}
			var all []runtime.Cleanup
			for _, s := range []string{"a", "b", "c", "d", "e"} {
				all = append(all, runtime.AddCleanup(t, func(s string) { note("%s", s) }, s))
			}
			all[1].Stop()
			all[3].Stop()
			all[3].Stop()
		}()
		collect(2)
		flush()
	})
	program("cleanup_zero_stop", func() { runtime.Cleanup{}.Stop(); say("fine") })
	program("cleanup_stop_after_run", func() {
		c := func() runtime.Cleanup { return runtime.AddCleanup(&T{}, func(s string) { say("%s", s) }, "a") }()
		collect(1)
		c.Stop()
		say("end")
	})
	program("cleanup_cycle", func() {
		func() {
			l, r := &T{}, &T{}
			l.other, r.other = r, l
			runtime.AddCleanup(l, func(s string) { note("%s", s) }, "l")
			runtime.AddCleanup(r, func(s string) { note("%s", s) }, "r")
		}()
		collect(1)
		flush()
	})
	program("cleanup_after_finalizer", func() {
		func() {
			t := fin(&T{name: "a"})
			runtime.AddCleanup(t, func(s string) { say("cleanup %s", s) }, "a")
		}()
		for i := 1; i <= 3; i++ {
			say("gc %d", i)
			collect(1)
		}
	})
	program("cleanup_beside_stuck_finalizer", func() {
		dead("blocker", func(*T) { select {} })
		runtime.GC()
		for i := 0; i < 50; i++ {
			func() { runtime.AddCleanup(&T{}, func(int) { note("x") }, i) }()
		}
		runtime.GC()
		say("drained %t, cleanups %d", drain(), noted())
	})
	program("finalizer_beside_stuck_cleanup", func() {
		func() { runtime.AddCleanup(&T{}, func(int) { select {} }, 1) }()
		runtime.GC()
		dead("a", func(t *T) { say("ran %s", t.name) })
		runtime.GC()
		say("drained %t", drain())
	})
	program("cleanup_stop_while_queued", func() {
		hold := make(chan int)
		func() { runtime.AddCleanup(&T{}, func(int) { <-hold }, 1) }()
		runtime.GC()
		var handle runtime.Cleanup
		func() { handle = runtime.AddCleanup(&T{}, func(name string) { note("%s", name) }, "b") }()
		runtime.GC()
		handle.Stop()
		close(hold)
		collect(1)
		flush()
	})
	program("cleanup_arg_is_ptr", func() {
		t := &T{}
		try(func() { runtime.AddCleanup(t, func(*T) {}, t) })
	})
	program("cleanup_closes_over_ptr", func() {
		t := &T{}
		try(func() { runtime.AddCleanup(t, func(int) { t.n++ }, 1) })
	})
	program("cleanup_arg_holds_ptr", func() {
		func() {
			t := &T{}
			runtime.AddCleanup(t, func(h *T) { say("never") }, &T{other: t})
		}()
		collect(3)
		say("end")
	})
	program("cleanup_of_nothing", func() {
		try(func() { runtime.AddCleanup((*T)(nil), func(int) {}, 1) })
	})
}
