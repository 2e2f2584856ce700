package main

import "sync"

func init() {
	program("channel_range", func() {
		c := make(chan int, 2)
		go func() {
			for i := 0; i < 4; i++ {
				c <- i
			}
			close(c)
		}()
		for v := range c {
			say("%d", v)
		}
	})
	program("channel_closed", func() {
		c := make(chan *T, 1)
		c <- &T{name: "a"}
		close(c)
		v, ok := <-c
		say("%t %t", v != nil, ok)
		v, ok = <-c
		say("%t %t", v != nil, ok)
		try(func() { c <- nil })
		try(func() { close(c) })
		try(func() { var n chan int; close(n) })
	})
	program("channel_select", func() {
		a, b := make(chan int, 1), make(chan int, 1)
		var n chan int
		pick := func() {
			select {
			case v, ok := <-a:
				say("a %d %t", v, ok)
			case b <- 1:
				say("b sent")
			case <-n:
				say("never")
			default:
				say("default")
			}
		}
		pick()
		pick()
		a <- 5
		pick()
		pick()
	})
	program("channel_handover", func() {
		c, back := make(chan int), make(chan int)
		go func() { back <- 10 * <-c }()
		c <- 4
		say("%d", <-back)
	})
	program("wait_group", func() {
		var g sync.WaitGroup
		var m sync.Mutex
		total := 0
		for i := 1; i <= 10; i++ {
			g.Add(1)
			go func() { defer g.Done(); m.Lock(); total += i; m.Unlock() }()
		}
		g.Wait()
		say("%d", total)
		try(func() { g.Done() })
	})
}
