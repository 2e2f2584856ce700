package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// obj is an object whose finalizer notes its name.
//
//go:noinline
func obj(name string) *T {
	t := &T{name: name}
	runtime.SetFinalizer(t, func(t *T) { note("%s", t.name) })
	return t
}

// rounds collects so often and says what was noted each time.
func rounds(n int) {
	for i := 0; i < n; i++ {
		collect(1)
		flush()
	}
}

// parked waits until so many goroutines wait in a place.
func parked(frame string) {
	for !stuck(frame) {
		time.Sleep(time.Millisecond)
	}
}

//go:noinline
func graph(f func()) { f() }

func init() {
	// -- graphs
	program("binary_tree", func() {
		graph(func() {
			var tree func(name string, depth int) *T
			tree = func(name string, depth int) *T {
				t := obj(name)
				if depth > 0 {
					t.list = []*T{tree(name+"0", depth-1), tree(name+"1", depth-1)}
				}
				return t
			}
			tree("r", 2)
		})
		rounds(4)
	})
	program("diamond", func() {
		graph(func() {
			a, b, c, d := obj("a"), obj("b"), obj("c"), obj("d")
			a.list = []*T{b, c}
			b.other, c.other = d, d
		})
		rounds(4)
	})
	program("child_saved_by_parent", func() {
		graph(func() {
			p := &T{name: "p", other: obj("c")}
			runtime.SetFinalizer(p, func(p *T) { note("p"); sink = p.other })
		})
		rounds(3)
		sink = nil
		rounds(2)
	})
	program("head_of_cycle", func() {
		graph(func() {
			x, a, b := obj("x"), obj("a"), obj("b")
			x.other, a.other, b.other = a, b, a
		})
		rounds(3)
	})
	program("tail_of_cycle", func() {
		graph(func() {
			x, a, b := obj("x"), &T{}, &T{}
			a.other, b.other, a.any = b, a, x
		})
		rounds(2)
	})
	program("three_cycle_one_armed", func() {
		graph(func() {
			a, b, c := obj("a"), &T{}, &T{}
			a.other, b.other, c.other = b, c, a
		})
		rounds(3)
	})
	program("two_self_loops_linked", func() {
		graph(func() {
			a, b := obj("a"), obj("b")
			a.other, b.other, a.any = a, b, b
		})
		rounds(3)
	})
	program("skip_level", func() {
		graph(func() {
			a, b, c := obj("a"), &T{}, obj("c")
			a.other, b.other = b, c
		})
		rounds(3)
	})
	program("shared_child_one_parent_lives", func() {
		graph(func() {
			c, a, b := obj("c"), obj("a"), obj("b")
			a.other, b.other = c, c
			sink = b
		})
		rounds(2)
		sink = nil
		rounds(3)
	})
	program("map_delete", func() {
		m := map[string]*T{}
		graph(func() { m["a"], m["b"] = obj("a"), obj("b") })
		rounds(1)
		delete(m, "a")
		rounds(1)
		runtime.KeepAlive(m)
	})
	program("in_live_channel", func() {
		c := make(chan *T, 1)
		graph(func() { c <- obj("a") })
		rounds(1)
		graph(func() { <-c })
		rounds(1)
		runtime.KeepAlive(c)
	})
	program("breaks_the_cycle", func() {
		graph(func() {
			x, a, b := &T{name: "x"}, obj("a"), &T{}
			x.other, a.other, b.other = a, b, a
			runtime.SetFinalizer(x, func(x *T) { note("x"); x.other.other.other = nil })
		})
		rounds(3)
	})
	program("lazarus", func() {
		graph(func() {
			t := &T{name: "l"}
			var again func(t *T)
			again = func(t *T) { t.n++; note("death %d", t.n); sink = t; runtime.SetFinalizer(t, again) }
			runtime.SetFinalizer(t, again)
		})
		for i := 0; i < 3; i++ {
			rounds(1)
			sink = nil
		}
	})
	program("parent_arms_child", func() {
		graph(func() {
			p := &T{name: "p", other: &T{name: "c"}}
			runtime.SetFinalizer(p, func(p *T) {
				note("p")
				runtime.SetFinalizer(p.other, func(c *T) { note("armed %s", c.name) })
			})
		})
		rounds(3)
	})
	program("clears_its_child", func() {
		graph(func() {
			p := &T{name: "p", other: obj("c")}
			runtime.SetFinalizer(p, func(p *T) { note("p"); runtime.SetFinalizer(p.other, nil) })
		})
		rounds(3)
	})
	program("closes_a_channel", func() {
		c := make(chan int)
		graph(func() { runtime.SetFinalizer(&T{}, func(*T) { close(c) }) })
		collect(1)
		_, ok := <-c
		say("%t", ok)
	})
	program("feeds_a_range", func() {
		c := make(chan int, 10)
		graph(func() {
			for i := 0; i < 5; i++ {
				runtime.SetFinalizer(&T{n: i}, func(t *T) { c <- t.n })
			}
		})
		collect(1)
		close(c)
		total := 0
		for v := range c {
			total += v
		}
		say("%d", total)
	})
	program("spawns_and_hands_over", func() {
		c := make(chan *T)
		graph(func() {
			runtime.SetFinalizer(&T{name: "a"}, func(t *T) { go func() { c <- t }() })
		})
		collect(1)
		graph(func() { t := <-c; say("%s", t.name); runtime.SetFinalizer(t, func(*T) { note("again") }) })
		collect(3)
		flush()
	})
	program("two_blockers_in_turn", func() {
		first, second := make(chan int), make(chan int)
		graph(func() { runtime.SetFinalizer(&T{}, func(*T) { <-first; note("first") }) })
		collect(1)
		graph(func() { runtime.SetFinalizer(&T{}, func(*T) { <-second; note("second") }) })
		runtime.GC()
		say("%t", drain())
		close(first)
		for noted() < 1 {
			runtime.Gosched()
		}
		say("%t", drain())
		close(second)
		say("%t", drain())
		flush()
	})
	// -- cleanups
	program("c_added_in_finalizer", func() {
		graph(func() {
			runtime.SetFinalizer(&T{}, func(t *T) { note("fin"); runtime.AddCleanup(t, func(int) { note("clean") }, 1) })
		})
		rounds(3)
	})
	program("c_arg_has_finalizer", func() {
		graph(func() { runtime.AddCleanup(&T{}, func(a *T) { note("clean with %s", a.name) }, obj("arg")) })
		rounds(3)
	})
	program("c_arg_with_handle_kept", func() {
		var h runtime.Cleanup
		graph(func() { h = runtime.AddCleanup(&T{}, func(a *T) { note("clean") }, obj("arg")) })
		rounds(3)
		h.Stop()
	})
	program("c_arg_of_stopped", func() {
		t := &T{}
		var h runtime.Cleanup
		graph(func() { h = runtime.AddCleanup(t, func(a *T) { note("never") }, obj("arg")) })
		rounds(1)
		h.Stop()
		rounds(1)
		runtime.KeepAlive(t)
	})
	program("c_arg_resurrects", func() {
		graph(func() { runtime.AddCleanup(&T{}, func(a *T) { sink = a }, obj("arg")) })
		rounds(2)
		sink = nil
		rounds(1)
	})
	program("c_child_of_finalized", func() {
		graph(func() {
			p := obj("p")
			p.other = &T{}
			runtime.AddCleanup(p.other, func(int) { note("c") }, 1)
		})
		rounds(3)
	})
	program("c_parent_of_finalized", func() {
		graph(func() {
			c := &T{other: obj("p")}
			runtime.AddCleanup(c, func(int) { note("c") }, 1)
		})
		rounds(2)
	})
	program("c_cycle_with_finalizer", func() {
		graph(func() {
			a, b := obj("a"), &T{}
			a.other, b.other = b, a
			runtime.AddCleanup(b, func(int) { note("clean") }, 1)
		})
		rounds(2)
	})
	program("c_many_objects", func() {
		graph(func() {
			for i := 0; i < 1000; i++ {
				runtime.AddCleanup(&T{}, func(int) { note("x") }, i)
			}
		})
		collect(1)
		say("%d", noted())
	})
	program("c_on_cleared", func() {
		graph(func() {
			t := obj("never")
			runtime.AddCleanup(t, func(int) { note("clean") }, 1)
			runtime.SetFinalizer(t, nil)
		})
		rounds(2)
	})
	program("c_registers_more", func() {
		graph(func() {
			runtime.AddCleanup(&T{}, func(int) {
				note("d1")
				runtime.AddCleanup(&T{}, func(int) { note("d2") }, 2)
			}, 1)
		})
		rounds(3)
	})
	program("c_same_twice", func() {
		f := func(name string) { note("%s", name) }
		graph(func() {
			t := &T{}
			runtime.AddCleanup(t, f, "same")
			runtime.AddCleanup(t, f, "same")
		})
		rounds(2)
	})
	program("c_stop_in_finalizer", func() {
		graph(func() {
			t := &T{}
			h := runtime.AddCleanup(t, func(int) { note("clean") }, 1)
			runtime.SetFinalizer(t, func(*T) { note("fin"); h.Stop() })
		})
		rounds(3)
	})
	program("c_waits_for_resurrection", func() {
		graph(func() {
			t := &T{}
			runtime.AddCleanup(t, func(int) { note("clean") }, 1)
			runtime.SetFinalizer(t, func(t *T) { note("fin"); sink = t })
		})
		rounds(2)
		sink = nil
		rounds(2)
	})
	program("c_recovers", func() {
		graph(func() {
			runtime.AddCleanup(&T{}, func(int) {
				defer func() { note("got %v", recover()) }()
				panic("p")
			}, 1)
			runtime.AddCleanup(&T{}, func(int) { note("next") }, 1)
		})
		rounds(1)
	})
	// -- time
	program("after_fires", func() { <-time.After(time.Millisecond); say("fired") })
	program("after_loses", func() {
		c := make(chan int, 1)
		c <- 1
		select {
		case v := <-c:
			say("%d", v)
		case <-time.After(time.Hour):
			say("late")
		}
	})
	program("after_wins", func() {
		select {
		case <-make(chan int):
			say("never")
		case <-time.After(time.Millisecond):
			say("late")
		}
	})
	program("after_gives_one_value", func() {
		c := time.After(0)
		<-c
		select {
		case <-c:
			say("again")
		default:
			say("once")
		}
	})
	program("timeout_in_finalizer", func() {
		done := make(chan int)
		graph(func() {
			runtime.SetFinalizer(&T{}, func(*T) {
				select {
				case <-done:
				case <-time.After(time.Millisecond):
					note("gave up")
				}
			})
		})
		runtime.GC()
		for !drain() {
		}
		flush()
	})
	// -- sync
	program("rw_readers_together", func() {
		var m sync.RWMutex
		m.RLock()
		m.RLock()
		say("%t %t", m.TryRLock(), m.TryLock())
		m.RUnlock()
		m.RUnlock()
		m.RUnlock()
		say("%t", m.TryLock())
	})
	program("rw_writer_alone", func() {
		var m sync.RWMutex
		m.Lock()
		say("%t %t", m.TryRLock(), m.TryLock())
		m.Unlock()
		say("%t", m.TryRLock())
	})
	program("rw_waiting_writer_keeps_readers_out", func() {
		var m sync.RWMutex
		got := make(chan string, 2)
		m.RLock()
		go func() { m.Lock(); got <- "writer"; m.Unlock() }()
		parked("RWMutex).Lock")
		say("%t", m.TryRLock())
		m.RUnlock()
		say("%s", <-got)
		m.RLock()
		say("reader")
	})
	program("rw_readers_go_on_after_writer", func() {
		var m sync.RWMutex
		got := make(chan int)
		m.Lock()
		for i := 0; i < 3; i++ {
			go func() { m.RLock(); got <- i; m.RUnlock() }()
		}
		m.Unlock()
		say("%d", <-got+<-got+<-got)
	})
	program("once_once", func() {
		var o sync.Once
		for i := 0; i < 3; i++ {
			o.Do(func() { say("%d", i) })
		}
	})
	program("once_that_panics_counts", func() {
		var o sync.Once
		try(func() { o.Do(func() { panic("p") }) })
		o.Do(func() { say("never") })
		say("end")
	})
	program("once_in_finalizers", func() {
		var o sync.Once
		graph(func() {
			for i := 0; i < 5; i++ {
				runtime.SetFinalizer(&T{}, func(*T) { o.Do(func() { note("closed") }) })
			}
		})
		rounds(2)
	})
	program("cond_signal", func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		ready := false
		done := make(chan int)
		go func() {
			m.Lock()
			for !ready {
				c.Wait()
			}
			m.Unlock()
			done <- 1
		}()
		parked("Cond).Wait")
		m.Lock()
		ready = true
		c.Signal()
		m.Unlock()
		say("%d", <-done)
	})
	program("cond_broadcast", func() {
		var m sync.Mutex
		var g sync.WaitGroup
		c := sync.NewCond(&m)
		ready := false
		for i := 0; i < 5; i++ {
			g.Go(func() {
				m.Lock()
				for !ready {
					c.Wait()
				}
				note("%d", i)
				m.Unlock()
			})
		}
		m.Lock()
		ready = true
		c.Broadcast()
		m.Unlock()
		g.Wait()
		flush()
	})
	program("cond_without_waiters", func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		c.Signal()
		c.Broadcast()
		say("%t", m.TryLock())
	})
	program("wg_go", func() {
		var g sync.WaitGroup
		for i := 0; i < 20; i++ {
			g.Go(func() { note("%d", i) })
		}
		g.Wait()
		flush()
	})
	program("wg_reuse", func() {
		var g sync.WaitGroup
		for i := 0; i < 3; i++ {
			g.Go(func() {})
			g.Wait()
			say("%d", i)
		}
	})
	program("wg_negative", func() { var g sync.WaitGroup; try(func() { g.Add(-1) }) })
	// -- context
	program("ctx_cancel", func() {
		c, cancel := context.WithCancel(context.Background())
		say("%v", c.Err() == nil)
		cancel()
		cancel()
		<-c.Done()
		say("%v", c.Err())
	})
	program("ctx_parent_ends_child", func() {
		p, cancel := context.WithCancel(context.Background())
		c, stop := context.WithCancel(p)
		defer stop()
		cancel()
		<-c.Done()
		say("%v", c.Err())
		late, end := context.WithCancel(p)
		defer end()
		say("%v", late.Err())
	})
	program("ctx_child_leaves_parent", func() {
		p, cancel := context.WithCancel(context.Background())
		c, stop := context.WithCancel(p)
		stop()
		say("%v %v", c.Err(), p.Err() == nil)
		cancel()
	})
	program("ctx_deadline", func() {
		c, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		<-c.Done()
		say("%v", c.Err())
		cancel()
		say("%v", c.Err())
	})
	program("ctx_parents_deadline_counts", func() {
		p, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		c, stop := context.WithTimeout(p, time.Hour)
		<-c.Done()
		say("%v", c.Err())
		stop()
		cancel()
	})
	program("ctx_in_select", func() {
		c, cancel := context.WithCancel(context.Background())
		got := make(chan string)
		go func() {
			select {
			case <-make(chan int):
				got <- "never"
			case <-c.Done():
				got <- "done"
			}
		}()
		parked("more.go")
		cancel()
		say("%s", <-got)
	})
	program("ctx_ends_a_finalizer", func() {
		c, cancel := context.WithCancel(context.Background())
		graph(func() { runtime.SetFinalizer(&T{}, func(*T) { <-c.Done(); note("%v", c.Err()) }) })
		runtime.GC()
		say("%t", drain())
		cancel()
		say("%t", drain())
		flush()
	})
	// -- channels
	program("ch_len_cap", func() {
		c := make(chan int, 3)
		c <- 1
		c <- 2
		say("%d %d", len(c), cap(c))
		<-c
		say("%d %d", len(c), cap(c))
	})
	program("ch_drains_after_close", func() {
		c := make(chan int, 3)
		c <- 1
		c <- 2
		close(c)
		for i := 0; i < 3; i++ {
			v, ok := <-c
			say("%d %t", v, ok)
		}
	})
	program("ch_of_channels", func() {
		c := make(chan chan int)
		go func() { (<-c) <- 7 }()
		back := make(chan int)
		c <- back
		say("%d", <-back)
	})
	program("ch_ping_pong", func() {
		a, b := make(chan int), make(chan int)
		go func() {
			for v := range a {
				b <- v + 1
			}
			close(b)
		}()
		v := 0
		for i := 0; i < 100; i++ {
			a <- v
			v = <-b
		}
		close(a)
		_, ok := <-b
		say("%d %t", v, ok)
	})
	program("ch_semaphore", func() {
		tickets := make(chan int, 2)
		tickets <- 1
		tickets <- 1
		select {
		case tickets <- 1:
			say("third")
		default:
			say("full")
		}
		<-tickets
		tickets <- 1
		say("%d", len(tickets))
	})
	program("ch_nil_disables_case", func() {
		a, b := make(chan int, 2), make(chan int, 2)
		a <- 1
		b <- 2
		close(a)
		close(b)
		for a != nil || b != nil {
			select {
			case v, ok := <-a:
				if ok {
					note("%d", v)
				} else {
					a = nil
				}
			case v, ok := <-b:
				if ok {
					note("%d", v)
				} else {
					b = nil
				}
			}
		}
		flush()
	})
	program("ch_select_send_on_closed", func() {
		c := make(chan int)
		close(c)
		try(func() {
			select {
			case c <- 1:
			default:
			}
		})
	})
	program("ch_close_wakes_everybody", func() {
		c := make(chan int)
		var g sync.WaitGroup
		for i := 0; i < 10; i++ {
			g.Go(func() { _, ok := <-c; note("%t", ok) })
		}
		close(c)
		g.Wait()
		say("%d", noted())
	})
	program("ch_sender_blocked_then_closed", func() {
		c := make(chan int)
		got := make(chan string)
		go func() {
			defer func() { got <- recover().(error).Error() }()
			c <- 1
		}()
		parked("more.go")
		close(c)
		say("%s", <-got)
	})
	program("ch_worker_pool", func() {
		work, results := make(chan int), make(chan int, 100)
		var g sync.WaitGroup
		for i := 0; i < 4; i++ {
			g.Go(func() {
				for v := range work {
					results <- v * v
				}
			})
		}
		for i := 0; i < 20; i++ {
			work <- i
		}
		close(work)
		g.Wait()
		close(results)
		total := 0
		for v := range results {
			total += v
		}
		say("%d", total)
	})
	program("main_asleep_too", func() {
		c := make(chan int)
		go func() { <-c }()
		say("before")
		c2 := make(chan int)
		<-c2
	})
}
