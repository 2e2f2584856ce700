package main

import "runtime"

//go:noinline
func fin(t *T) *T {
	runtime.SetFinalizer(t, func(t *T) { say("ran %s", t.name) })
	return t
}

func (t *T) Close() { say("closed %s", t.name) }

func init() {
	program("dependency", func() {
		func() { fin(&T{name: "a", other: fin(&T{name: "b"})}) }()
		for i := 1; i <= 3; i++ {
			say("gc %d", i)
			collect(1)
		}
	})
	program("chain", func() {
		func() {
			var t *T
			for i := 5; i > 0; i-- {
				t = fin(&T{name: string(rune('0' + i)), other: t})
			}
		}()
		for i := 1; i <= 6; i++ {
			say("gc %d", i)
			collect(1)
		}
	})
	program("dependency_through_plain", func() {
		func() { fin(&T{name: "a", other: &T{other: fin(&T{name: "b"})}}) }()
		for i := 1; i <= 2; i++ {
			say("gc %d", i)
			collect(1)
		}
	})
	program("cycle_one", func() {
		func() { a := fin(&T{name: "a"}); a.other = &T{other: a} }()
		collect(4)
		say("end")
	})
	program("cycle_both", func() {
		func() { a := fin(&T{name: "a"}); a.other = fin(&T{name: "b", other: a}) }()
		collect(4)
		say("end")
	})
	program("self_direct", func() {
		func() { a := fin(&T{name: "a"}); a.other = a }()
		collect(2)
	})
	program("self_through_any", func() {
		func() { a := fin(&T{name: "a"}); a.any = a }()
		collect(2)
	})
	program("self_through_list", func() {
		func() { a := fin(&T{name: "a"}); a.list = []*T{a} }()
		collect(3)
		say("end")
	})
	program("self_through_closure", func() {
		func() { a := fin(&T{name: "a"}); a.fn = func() { say("%s", a.name) } }()
		collect(3)
		say("end")
	})
	program("into_a_cycle", func() {
		func() {
			l, r := &T{}, &T{}
			l.other, r.other = r, l
			fin(&T{name: "a", other: l})
		}()
		collect(2)
	})
	program("out_of_a_cycle", func() {
		func() {
			l, r := &T{}, &T{}
			l.other, r.other = r, l
			r.any = fin(&T{name: "a"})
		}()
		collect(2)
	})
	program("closure_captures", func() {
		func() {
			a := &T{name: "a"}
			runtime.SetFinalizer(a, func(*T) { say("ran %s", a.name) })
		}()
		collect(4)
		say("end")
	})
	program("method_value", func() {
		func() {
			a := &T{name: "a"}
			close := a.Close
			runtime.SetFinalizer(a, func(*T) { close() })
		}()
		collect(4)
		say("end")
	})
	program("method_expression", func() {
		func() { runtime.SetFinalizer(&T{name: "a"}, (*T).Close) }()
		collect(2)
	})
	program("held_by_goroutine", func() {
		gate, entered := make(chan int), make(chan int)
		func() {
			a := fin(&T{name: "a"})
			go func() { entered <- 1; <-gate; runtime.KeepAlive(a); entered <- 1 }()
		}()
		<-entered
		collect(2)
		say("held")
		gate <- 1
		<-entered
		for stuckIn := 0; stuckIn < 3; stuckIn++ {
			collect(1)
		}
	})
	program("parent_clears_child", func() {
		func() {
			b := fin(&T{name: "b"})
			a := &T{name: "a", other: b}
			runtime.SetFinalizer(a, func(a *T) { say("ran a"); runtime.SetFinalizer(a.other, nil) })
		}()
		collect(3)
		say("end")
	})
}
