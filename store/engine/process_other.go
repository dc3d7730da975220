//go:build !linux

package engine

import "syscall"

// childAttributes: signals typed at the terminal do not reach the child. That it
// ends with its parent rests on its standard input alone here.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
