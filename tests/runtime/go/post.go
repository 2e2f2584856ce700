package main

// The two programs of the post-mortem.

import (
	"fmt"
	"runtime"
)

type TestStruct struct{ name string }

//go:noinline
func newTestStruct() *TestStruct {
	v := &TestStruct{"n1"}
	runtime.SetFinalizer(v, func(p *TestStruct) { fmt.Println("gc Finalizer") })
	return v
}

type A struct{ name string }
type B struct{ name string }
type C struct{ name string }

var done chan struct{}

//go:noinline
func newA() *A {
	v := &A{"n1"}
	runtime.SetFinalizer(v, func(p *A) { fmt.Println("gc Finalizer A") })
	return v
}

//go:noinline
func newB() *B {
	v := &B{"n1"}
	runtime.SetFinalizer(v, func(p *B) {
		<-done
		fmt.Println("gc Finalizer B")
	})
	return v
}

//go:noinline
func newC() *C {
	v := &C{"n1"}
	runtime.SetFinalizer(v, func(p *C) { fmt.Println("gc Finalizer C") })
	return v
}

func init() {
	program("post_basic", func() {
		_ = newTestStruct()
		fmt.Println("== start ===")
		fmt.Println("== ... ===")
		collect(10)
		fmt.Println("== end ===")
	})
	program("post_abc", func() {
		a, b, c := newA(), newB(), newC()
		fmt.Println("== start ===")
		_, _, _ = a, b, c
		fmt.Println("== ... ===")
		collect(10)
		fmt.Println("== end ===")
	})
}
