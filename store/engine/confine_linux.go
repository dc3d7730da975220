package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a child may do below its data directory: everything but run programs and
// make devices. And what it may do below the places it only reads.
const (
	mayChange = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	mayRead = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	mayRun  = mayRead | unix.LANDLOCK_ACCESS_FS_EXECUTE
	// mayOfFile is what can be allowed of a file; the kernel refuses a directory's rights there.
	mayOfFile = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
)

// landlockMin is the first version of Landlock (Linux 5.19) that lets a confined
// process rename between directories, as the engine does with every table.
const landlockMin = 2

// landlock is what each version of the kernel's interface added. Every right that
// is handled and not allowed by a rule is refused.
var landlock = []struct {
	since            int
	files, net, scop uint64
}{
	{since: 1, files: 1<<13 - 1},                                                              // all rights of the first version
	{since: 2, files: unix.LANDLOCK_ACCESS_FS_REFER},                                          // Linux 5.19
	{since: 3, files: unix.LANDLOCK_ACCESS_FS_TRUNCATE},                                       // Linux 6.2
	{since: 4, net: unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP}, // Linux 6.7
	{since: 5, files: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},                                      // Linux 6.10
	{since: 6, scop: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL},   // Linux 6.12
}

// landlockVersion asks the kernel; 0 is a kernel without Landlock, or with it switched off.
func landlockVersion() int {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(version)
}

// Confinement says what this kernel lets Start take from the child.
func Confinement() (active bool, detail string) {
	version := landlockVersion()
	switch {
	case version == 0:
		return false, "this kernel has no Landlock, or it is switched off (Linux 5.19 or later with landlock in its list of security modules)"
	case version < landlockMin:
		return false, fmt.Sprintf("this kernel's Landlock is too old (version %d; Linux 5.19 has %d)", version, landlockMin)
	case version < 4:
		return true, fmt.Sprintf("Landlock version %d: files beside its data are out of reach; its network is not confined (that takes Linux 6.7)", version)
	}
	return true, fmt.Sprintf("Landlock version %d: files beside its data and TCP are out of reach", version)
}

// confineThread takes from the calling thread, and from every process that it
// starts, the files beside the data directory, TCP (the listening socket is
// inherited open) and signals to others. The thread must be locked to its goroutine
// and never be unlocked: what is taken does not come back.
func confineThread(exe, lib, dataDir string) error {
	version := landlockVersion()
	if version < landlockMin {
		_, why := Confinement()
		return errors.New(why)
	}
	var attr unix.LandlockRulesetAttr
	for _, step := range landlock {
		if step.since <= version {
			attr.Handled_access_fs |= step.files
			attr.Handled_access_net |= step.net
			attr.Scoped |= step.scop
		}
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("make a Landlock ruleset: %w", errno)
	}
	defer unix.Close(int(fd))
	rules := map[string]uint64{exe: mayRun, lib: mayRead, dataDir: mayChange, "/dev/null": mayRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE}
	// The dynamic loader and what it loads are run; time zones, processors and memory are looked up.
	for _, path := range []string{"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/nix/store"} {
		rules[path] = mayRun
	}
	for _, path := range []string{
		"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/usr/share/zoneinfo",
		"/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm", "/dev/urandom", "/dev/random", "/dev/zero",
	} {
		rules[path] = mayRead
	}
	for path, rights := range rules {
		if err := allowBeneath(int(fd), path, rights&attr.Handled_access_fs); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("allow the engine %s: %w", filepath.Base(path), err)
		}
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	// Without it only the superuser may confine itself, and the capabilities would come back with the
	// child's program; the child has no use for set-user-id programs.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("enter the Landlock ruleset: %w", errno)
	}
	return nil
}

// onOwnThread runs f on a thread that ends with it. It is never the process's first
// thread: that one stands for the process when the kernel asks whether the confined
// child may look into it.
func onOwnThread(f func()) {
	runtime.LockOSThread() // and not unlocked: the thread ends with its goroutine
	if unix.Gettid() != unix.Getpid() {
		f()
		return
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread() // cannot be the first thread, which is locked here
		f()
	}()
	<-over
	runtime.UnlockOSThread()
}

// dropCapabilities leaves the superuser, as a container may run us, the power over
// file modes alone: Landlock does not keep the others from reading the memory and
// environment of other processes.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	const kept = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_FOWNER
	data[0].Permitted &= kept
	data[0].Effective = data[0].Permitted
	data[0].Inheritable = 0
	data[1] = unix.CapUserData{}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

func allowBeneath(ruleset int, path string, rights uint64) error {
	parent, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	var stat unix.Stat_t
	if err := unix.Fstat(parent, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= mayOfFile
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(parent)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
