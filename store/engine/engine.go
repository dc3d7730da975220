// Package engine is ClickHouse as a child process: it installs the engine's
// library (libchdb), runs it in a re-executed copy of our own binary, and serves
// ClickHouse's HTTP interface for it on loopback.
//
// It is not a client and knows no tables: the room store speaks to it through
// clickhouse-go as it would to a real server. cmd wires it; nothing else of ours
// may be imported here. The environment and the clock of decisions stay outside.
//
// Two processes matter. The parent calls Start, which keeps the listening socket
// and supervises; the child runs Child, which loads the library and answers
// requests. The child ends when its parent does, however the parent ends.
package engine

// Version is the npm version of the engine's library that this release is built
// for: ClickHouse 26.7.2. Another version may have other defaults, so it is exact.
const Version = "26.7.3-stable.1"

// The users of the endpoint.
const (
	// UserWriter may do everything.
	UserWriter = "rolescope"
	// UserReader is held by what holds the analyst, and has places of its own: this program's questions do
	// not wait behind those of others' tools.
	UserReader = "reader"
	// UserAnalyst may read tables, and nothing of the host.
	UserAnalyst = "analyst"
	// userDefault is the analyst by another name: what tools fill in, and what the library's currentUser()
	// says, with which JDBC drivers go on.
	userDefault = "default"
)
