package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// engineConfig is the engine's main configuration: nothing but a name that is not this machine's, so that
// no file of this machine (config.xml where it stands, or in a person's home) has a say.
const engineConfig = "<clickhouse><display_name>" + displayName + "</display_name></clickhouse>\n"

// usersConfig are the roles. The library makes every session one of its only user,
// which has both; an analyst's session takes the one, for good, since an analyst can
// send no SET. It may then read tables, views and dictionaries, and
// nothing that reaches files, programs or other machines.
const usersConfig = `<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <roles>
    <writer><grants><query>GRANT ALL ON *.*</query></grants></writer>
    <analyst><grants><query>GRANT SELECT, dictGet ON *.*</query></grants></analyst>
  </roles>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT writer</query><query>GRANT analyst</query></grants>
      <databases><system>
%s      </system></databases>
    </default>
  </users>
</clickhouse>
`

// writersTables are the system's tables that an analyst finds empty, however it gets at
// them (system.processes needs no grant, and merge() names no table): they tell of
// others' statements, of this machine, or of the engine's insides.
var writersTables = []string{
	"processes", "errors", "query_cache", "query_condition_cache", "asynchronous_inserts", "mutations", "merges", "moves", "backups",
	"server_settings", "settings_changes", "disks", "disk_types", "storage_policies", "remote_data_paths", "filesystem_cache", "filesystem_cache_settings",
	"parts", "parts_columns", "detached_parts", "detached_tables", "dropped_tables", "dropped_tables_parts", "projection_parts", "projection_parts_columns",
	"stack_trace", "named_collections", "clusters", "macros", "users", "grants", "role_grants", "roles", "quotas", "quotas_usage", "quota_usage", "quota_limits", "row_policies",
	"schema_inference_cache", "dns_cache", "warnings", "user_processes", "user_directories", "certificates", "fail_points", "background_schedule_pool",
	"metrics", "events", "asynchronous_metrics", "jemalloc_bins", "jemalloc_stats", "jemalloc_profile_text", "symbols", "trace_log", "query_log",
}

// writeConfig writes both files anew, moves this process to an empty directory beside them, and returns
// the arguments that name them: relative, for the engine might not be able to read the whole name. It takes
// an unknown table's name for that of a file where it stands, and its answers would tell whether there is one.
func writeConfig(dir string) ([]string, error) {
	var policies strings.Builder
	for _, table := range writersTables {
		fmt.Fprintf(&policies, "        <%s><filter>has(currentRoles(), 'writer')</filter></%[1]s>\n", table)
	}
	nothing := filepath.Join(dir, "nothing")
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "engine.xml"), []byte(engineConfig), 0o600),
		os.WriteFile(filepath.Join(dir, "users.xml"), fmt.Appendf(nil, usersConfig, policies.String()), 0o600),
		os.RemoveAll(nothing), os.Mkdir(nothing, 0o700))
	if err != nil {
		return nil, err
	}
	return []string{"--config-file=../engine.xml", "--users_config=../users.xml"}, os.Chdir(nothing)
}
