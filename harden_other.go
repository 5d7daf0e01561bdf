//go:build !linux

package main

// keepMemory has nothing that it could do here.
func keepMemory() {}
