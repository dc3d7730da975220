package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// configTag is the default written in the i-th field's tag.
func configTag(i int) string {
	_, def, _ := strings.Cut(reflect.TypeFor[config]().Field(i).Tag.Get("env"), "default=")
	return def
}

func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	for _, s := range (config{}).settings(nil) {
		if s.Name == "" || len(s.Doc) < 20 {
			t.Errorf("setting %q: %q says too little", s.Name, s.Doc)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"ROLESCOPE_DATADIR=/x":                "unknown variable ROLESCOPE_DATADIR",
		"ROLESCOPE_WORKERS=0":                 "1 to 256",
		"ROLESCOPE_WORKERS=many":              "ROLESCOPE_WORKERS",
		"ROLESCOPE_ENGINE_MEMORY_MIB=10":      "256 to",
		"ROLESCOPE_STREAM_MIB=1":              "16 to",
		"ROLESCOPE_STREAM_MIB=17592186044416": "16 to",
		"ROLESCOPE_DATA_DIR=/data/q?m":        "as a pattern",
		"ROLESCOPE_DRAIN_TIMEOUT=1ms":         "at least 1s",
	} {
		_, err := loadConfig(t.Context(), []string{"HOME=/home/somebody", entry})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want something about %q", entry, err, want)
		}
	}
}

func TestDefaultDataDir(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(t.Context(), []string{"XDG_DATA_HOME=/data/of/mine"})
	if want := filepath.FromSlash("/data/of/mine/rolescope"); err != nil || c.DataDir != want {
		t.Errorf("got %q, %v, want %q", c.DataDir, err, want)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, c := range []config{
		{NATSURL: "nats://s3cret@host:4222", ClickHouseURL: "http://user:s3cret@host:8123/db"},
		{NATSURL: "nats://u:s3cret@one:4222,nats://u:s3cret@two:4222", ClickHouseURL: "http://h:8123/x?username=u&password=s3cret"},
		{NATSURL: "nats://u:s3cret@one,nats://s3cret@two", ClickHouseURL: "http://h/x?s3cret"},
		{NATSURL: "s3cret@host", ClickHouseURL: "http://h/x?a=1;password=s3cret#s3cret"},
		{NATSURL: "nats://u:s3cr%et@host", ClickHouseURL: "http://u:s3cret@h:port/x"},
		{NATSURL: "nats:s3cret", ClickHouseURL: "http:///x?password=s3cret"},
	} {
		for _, s := range c.settings(nil) {
			if strings.Contains(s.Value, "s3cr") {
				t.Errorf("%s shows its password: %s", s.Name, s.Value)
			}
		}
	}
	// What is not secret is shown.
	for in, want := range map[string]string{
		"":                         "",
		"localhost:4222":           "localhost:4222",
		"nats://one:4222,nats://b": "nats://one:4222,nats://b",
		"http://u:p@h:8123/db?x=1": "http://u:xxxxx@h:8123/db?x=xxxxx",
	} {
		if got := redactURL(in); got != want {
			t.Errorf("%s is shown as %s, want %s", in, got, want)
		}
	}
}
