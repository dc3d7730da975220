# Everything here is also plain go: nothing needs make, and nothing needs installing but Go and npm.
.DEFAULT_GOAL := help
.PHONY: help build test race lint vuln fuzz bench gen proof

FUZZTIME ?= 2m

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/rolescope
	CGO_ENABLED=0 go build -trimpath -o bin/rolescope ./cmd/rolescope

test: ## every test; the engine is installed on first use
	go test ./...

race: ## every test under the race detector
	go test -race ./...

lint: ## formatting, vet, staticcheck and the house rules
	@test -z "$$(go tool gofumpt -l .)" || { echo "run: go tool gofumpt -w ."; go tool gofumpt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test ./internal/lint

vuln: ## known vulnerabilities in what we call (needs the vulnerability database)
	go tool govulncheck ./...

fuzz: ## each fuzz target for FUZZTIME (default 2m); a crasher is kept in testdata/fuzz
	@for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
		done; \
	done

bench: ## every benchmark
	go test -run '^$$' -bench . -benchmem ./...

gen: ## rewrite generated files: the reference pages
	go test ./cmd/rolescope -run Reference -update

proof: ## what takes longer than CI may: kills at random moments (resumable; results in docs/proof), all recorded boards
	ROLESCOPE_REQUIRE_SHARED=1 ROLESCOPE_TEST_RECORDED=all go test ./cmd/rolescope -run TestReplayRecorded -timeout 30m
	go run ./internal/proof
	go run ./internal/proof emergence
