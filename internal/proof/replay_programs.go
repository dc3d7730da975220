package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// proofSkill is a skill that only the second tagger knows, by a word that many adverts have: by it an
// answer shows whose readings it is made of, whatever version it names.
const proofSkill = "- {id: " + proofID + ", label: Proof, kind: practice, aliases: [experience]}\n"

const proofID = "proof-of-replay"

// buildNext builds the program as the next version might be: another number, and one skill more.
func (r *replayProof) buildNext() error {
	source, err := os.ReadFile("enrich/enrich.go")
	if err != nil {
		return err
	}
	constant := regexp.MustCompile(`const Version = "([^"]+)"`)
	found := constant.FindSubmatch(source)
	if found == nil {
		return errors.New("enrich/enrich.go has no constant Version")
	}
	r.r.Was, r.r.Now = string(found[1]), string(found[1])+"-proof"
	overlay := map[string]map[string]string{"Replace": {}}
	for path, data := range map[string][]byte{
		"enrich/enrich.go":           constant.ReplaceAll(source, []byte(`const Version = "`+r.r.Now+`"`)),
		"enrich/taxonomy/proof.yaml": []byte(proofSkill),
	} {
		own, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		overlay["Replace"][own] = filepath.Join(r.work, filepath.Base(path))
		if err := os.WriteFile(overlay["Replace"][own], data, 0o600); err != nil {
			return err
		}
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	file := filepath.Join(r.work, "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return err
	}
	r.next = filepath.Join(r.work, "next")
	if b, err := exec.Command("go", "build", "-overlay", file, "-o", r.next, "./cmd/rolescope").CombinedOutput(); err != nil {
		return fmt.Errorf("build the next version: %w: %s", err, b)
	}
	return nil
}

// startUp starts `up` of the next version as the owner of a data directory, and lets the reader ask it.
func (r *replayProof) startUp(dir string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r.dir, r.web = dir, listener.Addr().String()
	_ = listener.Close()
	sources := filepath.Join(r.work, "sources.yaml")
	if err := os.WriteFile(sources, []byte("sources: []\n"), 0o600); err != nil {
		return err
	}
	r.env = []string{"ROLESCOPE_SOURCES=" + sources, "ROLESCOPE_CONTACT=proof@rolescope.example", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_HTTP_ADDR=" + r.web}
	log, err := os.OpenFile(filepath.Join(r.work, "up.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	up, ends := r.commandNext(dir, "up"), make(chan error, 1)
	up.Stdout, up.Stderr = log, log
	if err := up.Start(); err != nil {
		return err
	}
	go func() { ends <- up.Wait() }()
	r.up, r.ends = up, ends
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		var info struct {
			PID        int    `json:"pid"`
			AnalystURL string `json:"analyst_url"`
		}
		data, err := os.ReadFile(filepath.Join(dir, "instance.json"))
		if err == nil && json.Unmarshal(data, &info) == nil && info.PID == up.Process.Pid {
			if r.read != nil {
				r.read.ask(strings.TrimSuffix(info.AnalystURL, "/default"), "http://"+r.web)
			}
			return nil
		}
		select {
		case <-tick.C:
		case err := <-ends:
			ends <- err
			return fmt.Errorf("up ends: %w, see its log", err)
		case <-late:
			return errors.New("up does not come to own the data directory")
		}
	}
}

func (r *replayProof) stopUp() {
	_ = r.up.Process.Signal(os.Interrupt)
	select {
	case <-r.ends:
	case <-time.After(stopTimeout):
		_ = r.up.Process.Kill()
	}
}
