package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

const (
	// listenWait covers the moment in which the child of a killed parent still holds the address.
	listenWait = time.Second
	listenPoll = 50 * time.Millisecond
)

// listen opens the address, waiting a moment for a dying predecessor.
func listen(ctx context.Context, addr string) (*net.TCPListener, error) {
	timer := time.NewTimer(listenWait)
	defer timer.Stop()
	ticker := time.NewTicker(listenPoll)
	defer ticker.Stop()
	for {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err == nil {
			return l.(*net.TCPListener), nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
		select {
		case <-timer.C:
			return nil, fmt.Errorf("%w: %w", ErrAddrInUse, err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}
