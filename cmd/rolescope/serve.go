package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// readHeaderTimeout and idleTimeout bound what a silent client holds.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// shutdownTimeout is how long answers under way may take to end: a page asks for 20 s at most.
	shutdownTimeout = 5 * time.Second
)

// The settings that name addresses to listen on.
const (
	settingHTTPAddr    = "ROLESCOPE_HTTP_ADDR"
	settingMetricsAddr = "ROLESCOPE_METRICS_ADDR"
)

// listen opens the address that a setting gives.
func listen(ctx context.Context, setting, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, hintf(setting+"=127.0.0.1:0 (a free port), or another address",
			"the address %s is taken by another program (%s): %w", addr, setting, err)
	}
	if err != nil {
		return nil, &hinted{fmt.Errorf("listen at %s (%s): %w", addr, setting, err), setting + "=127.0.0.1:8080"}
	}
	return l, nil
}

// listenOrFree is listen with a free port instead of one that is taken, which it says.
func listenOrFree(ctx context.Context, addr string, say io.Writer) (net.Listener, error) {
	l, err := listen(ctx, settingHTTPAddr, addr)
	host, _, split := net.SplitHostPort(addr)
	if !errors.Is(err, syscall.EADDRINUSE) || split != nil {
		return l, err
	}
	if l, err = listen(ctx, settingHTTPAddr, net.JoinHostPort(host, "0")); err == nil {
		fmt.Fprintf(say, "%s is taken (ROLESCOPE_HTTP_ADDR): the dashboard gets a free port.\n", addr)
	}
	return l, err
}

// serveHTTP answers at l until ctx ends; answers under way are then finished.
func serveHTTP(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout}
	stopped := make(chan error, 1)
	unhook := context.AfterFunc(ctx, func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := server.Shutdown(bounded)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		stopped <- err
	})
	err := server.Serve(l)
	if unhook() {
		return fmt.Errorf("serve HTTP: %w", err) // ctx lives: the listener failed
	}
	return <-stopped
}
