// Package fetchtest is what tests of fetching share: a name server whose answers change under the
// client, as those of somebody do who wants it to ask a private address. Tests of ingest/fetch and of
// cmd/rolescope call it; it knows nothing of ours.
package fetchtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// Resolver resolves every name to the IPv4 address that answer returns when it is asked. It asks a
// name server of its own over a pipe, so that the real resolver of the net package is at work.
func Resolver(answer func() netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server, answer)
		}()
		return client, nil
	}}
}

// serve answers one question, which comes as over TCP: after its length.
func serve(conn net.Conn, answer func() netip.Addr) {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	var m dnsmessage.Message
	if _, err := io.ReadFull(conn, query); err != nil || m.Unpack(query) != nil {
		return
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: answer().As4()},
		}}
	}
	if reply, err := m.Pack(); err == nil {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
	}
}
