//go:build !linux

package engine

import "errors"

// Confinement says what this system lets Start take from the child.
func Confinement() (active bool, detail string) {
	return false, "only Linux (5.19 or later) can confine it"
}

// confineThread is for Linux.
func confineThread(exe, lib, dataDir string) error {
	_, why := Confinement()
	return errors.New(why)
}

// onOwnThread runs f.
func onOwnThread(f func()) { f() }
