package engine

import "syscall"

// childAttributes: the kernel kills the child when the thread that started it
// ends, and signals typed at the terminal (Ctrl-C) do not reach it: its parent
// decides when it stops.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
