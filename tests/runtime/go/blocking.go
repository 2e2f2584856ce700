package main

import (
	"runtime"
	"sync"
)

//go:noinline
func behind(block func()) {
	// One finalizer blocks; ten that come in a later collection starve.
	dead("blocker", func(*T) { block() })
	runtime.GC()
	drain()
	for i := 0; i < 10; i++ {
		dead("other", func(*T) { note("x") })
	}
	runtime.GC()
	say("drained %t, others %d", drain(), noted())
}

func init() {
	blockers := map[string]func(){
		"nil_receive": func() { var c chan int; <-c },
		"nil_send":    func() { var c chan int; c <- 1 },
		"receive":     func() { c := make(chan int); sink = c; <-c },
		"send":        func() { c := make(chan int); sink = c; c <- 1 },
		"send_full":   func() { c := make(chan int, 1); sink = c; c <- 1; c <- 2 },
		"range": func() {
			c := make(chan int)
			sink = c
			for range c {
			}
		},
		"select_empty": func() { select {} },
		"select": func() {
			a, b := make(chan int), make(chan int)
			sink = a
			select {
			case <-a:
			case b <- 1:
			}
		},
		"mutex_twice":    func() { var m sync.Mutex; sink = &m; m.Lock(); m.Lock() },
		"wait_group":     func() { var g sync.WaitGroup; sink = &g; g.Add(1); g.Wait() },
		"join_goroutine": func() { c := make(chan int); go func() { var n chan int; <-n; c <- 1 }(); <-c },
		"select_default": func() {
			c := make(chan int)
			select {
			case <-c:
			default:
			}
		},
		"offloaded":      func() { c := make(chan int); go func() { <-c }() },
		"closed_receive": func() { c := make(chan int); close(c); <-c },
		"send_room":      func() { c := make(chan int, 1); c <- 1 },
	}
	for name, block := range blockers {
		program("behind_"+name, func() { behind(block) })
	}
	program("released", func() {
		gate := make(chan int)
		dead("blocker", func(*T) { <-gate })
		runtime.GC()
		say("drained %t", drain())
		for i := 0; i < 1000; i++ {
			dead("other", func(*T) { note("x") })
		}
		runtime.GC()
		say("drained %t, others %d", drain(), noted())
		gate <- 1
		say("drained %t, others %d", drain(), noted())
	})
	program("waits_for_another_finalizer", func() {
		gate := make(chan int)
		dead("x", func(*T) { <-gate })
		runtime.GC()
		drain()
		dead("y", func(*T) { gate <- 1 })
		runtime.GC()
		say("drained %t", drain())
	})
	program("mutex_held_by_main", func() {
		var m sync.Mutex
		m.Lock()
		dead("a", func(*T) { m.Lock(); say("got it"); m.Unlock() })
		runtime.GC()
		say("drained %t", drain())
		m.Unlock()
		say("drained %t", drain())
	})
	program("serial", func() {
		var m sync.Mutex
		inside, most := 0, 0
		for i := 0; i < 100; i++ {
			dead("a", func(*T) {
				m.Lock()
				inside++
				most = max(most, inside)
				m.Unlock()
				runtime.Gosched()
				m.Lock()
				inside--
				m.Unlock()
			})
		}
		collect(1)
		say("most at once: %d", most)
	})
	program("order_of_collections", func() {
		gate := make(chan int)
		dead("hold", func(*T) { <-gate; say("hold") })
		runtime.GC()
		drain()
		for _, name := range []string{"gc1", "gc2", "gc3"} {
			dead(name, func(t *T) { say("%s", t.name) })
			runtime.GC()
		}
		gate <- 1
		drain()
	})
	program("full_buffer_lets_three_pass", func() {
		c := make(chan int, 3)
		for i := 0; i < 5; i++ {
			dead("a", func(*T) { c <- 1; note("x") })
		}
		runtime.GC()
		say("drained %t, done %d", drain(), noted())
		<-c
		<-c
		say("drained %t, done %d", drain(), noted())
	})
	program("cleared_behind_stuck", func() {
		dead("blocker", func(*T) { select {} })
		runtime.GC()
		drain()
		func() {
			t := &T{}
			runtime.SetFinalizer(t, func(*T) { say("never") })
			runtime.SetFinalizer(t, nil)
		}()
		runtime.GC()
		say("drained %t", drain())
	})
}
