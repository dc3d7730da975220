package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// notPublic are the ranges of the IANA special-purpose registries that are not reachable from
// everywhere, or that reach somewhere else than they say, and public addresses that clouds use for
// their own services. netip's predicates cover most; these are the rest and stand here for the eye.
var notPublic = prefixes(
	"0.0.0.0/8",        // this network; 0.0.0.0 reaches the machine itself
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carrier-grade NAT, and one cloud's metadata service
	"127.0.0.0/8",      // loopback
	"169.254.0.0/16",   // link-local, and most clouds' metadata services
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"168.63.129.16/32", // one cloud's host agent, on a public address
	"2001::/23",        // protocol assignments, Teredo
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4, which carries any IPv4 address inside
	"3fff::/20",        // documentation
)

// The only IPv6 addresses ever handed out for the public lie in globalUnicast. nat64 carries an
// IPv4 address in its last four bytes, which is then judged itself: on networks without IPv4 every
// public IPv4 host looks like that.
var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether addr is an address of the public internet.
func public(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !addr.IsValid() || (addr.Is6() && !globalUnicast.Contains(addr)) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// control refuses a connection to an address that is not permitted. The dialer calls it after name
// resolution with the very address it connects to, so a name cannot show one address to a check
// and another to the connection (DNS rebinding).
func control(permit func(netip.AddrPort) bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		if !strings.HasPrefix(network, "tcp") {
			return fmt.Errorf("dial %s %s: %w", network, address, ErrUnsafeAddress)
		}
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !permit(ap) {
			return fmt.Errorf("dial %s: %w", address, ErrUnsafeAddress)
		}
		return nil
	}
}

// literalAddress is the IP address that a URL's host states itself, if it does.
func literalAddress(host string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr, true
}

// permitPublic is the permit of every client that is not told otherwise.
func permitPublic(ap netip.AddrPort) bool { return public(ap.Addr()) }

// hostPort adds the scheme's port where an authority has none.
func hostPort(scheme, host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := "443"
	if scheme == "http" {
		port = "80"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}
