package store

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/store/engine"
)

func TestOpenSaysWhatIsWrongWithTheServer(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	wrong, err := url.Parse(server(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword(engine.UserWriter, "s3cret-guess")
	for name, c := range map[string]struct{ url, want string }{
		"nobody listens":  {"http://u:s3cret-guess@" + gone.Addr().String() + "/x", "reach ClickHouse at " + gone.Addr().String()},
		"nobody answers":  {"http://u:s3cret-guess@" + mute.Addr().String() + "/", "reach ClickHouse at " + mute.Addr().String()},
		"native, nobody":  {"clickhouse://u:s3cret-guess@" + gone.Addr().String() + "/x", "reach ClickHouse at " + gone.Addr().String()},
		"native, mute":    {"clickhouse://u:s3cret-guess@" + mute.Addr().String() + "/", "reach ClickHouse at " + mute.Addr().String()},
		"wrong password":  {wrong.String(), "or its password is wrong"},
		"no such scheme":  {"postgres://u:s3cret-guess@127.0.0.1:5432/x", "scheme"},
		"not a URL":       {"127.0.0.1:8123", ""},
		"broken password": {"http://u:s3cret-guess%zz@127.0.0.1:8123/x", "read CLICKHOUSE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := Open(t.Context(), Config{URL: c.url, Now: time.Now})
			var hint *engine.HintError
			if !errors.As(err, &hint) || hint.Hint == "" {
				t.Fatalf("got %v, want a hint error", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q tells the password", err)
			}
			if took := time.Since(start); took > 2*connectTimeout {
				t.Errorf("took %v", took)
			}
		})
	}
}
