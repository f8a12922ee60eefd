# Every target is one line that a person could type. The checks themselves are in .ci/run, which CI runs, too.

.DEFAULT_GOAL := help

# The program starts with every new shell, so start-up time matters most. Without cgo no dynamic loader and no libc are
# loaded, and without symbols fewer pages: it starts about a quarter faster than after a plain `go build` (measured).
# -trimpath keeps the builder's paths out. No -X: --version uses Go's own build information.
GOBUILD := CGO_ENABLED=0 go
FLAGS := -trimpath -ldflags '-s -w'

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./awsmfa as for a release
	$(GOBUILD) build $(FLAGS) .

install: ## install awsmfa into Go's bin directory
	$(GOBUILD) install $(FLAGS) .

test: ## run the tests; the last line names the shells that are missing and were skipped
	go test ./...
	@go test -v -run '^$$' ./shells | grep '^not proved here' || echo 'every shell was tested'

alone: ## run the tests with Go and POSIX utilities only, and no variables
	bash .ci/run alone

race: ## run the tests with the race detector, nothing cached
	go test -race -count=1 ./...

lint: ## vet and lint, for this system and for the others we build for
	bash .ci/run tidy fmt vet lint

fmt: ## format the Go files
	go tool -modfile=tools/golangci-lint/go.mod golangci-lint fmt

windows: ## run the Windows tests in a Wine beside the clone
	bash .ci/run windows

fuzz: ## run each fuzz target for FUZZTIME (10s)
	bash .ci/run fuzz

mutate: ## change the code in a few places; a test must fail for each (MUTATE=-h for more)
	go run ./internal/mutate $(MUTATE)

sentences: ## print every sentence that awsmfa says to a person
	go run ./internal/sentences

messages: ## write docs/ja/messages.md, every sentence beside its translation
	go run ./internal/sentences messages

reference: ## write docs/reference.md and docs/errors.md from the code
	go run ./tools/reference

manual: ## write the manual pages into build/man; man -l shows one
	go run ./tools/reference -man build/man -version "$$(git describe --always --dirty)" -date "$$(git log -1 --format=%cs)"

pictures: ## write docs/pictures, from real runs in a terminal (tmux)
	go run ./internal/demo --pictures docs/pictures

licenses: ## write THIRD_PARTY_LICENSES.txt from the modules that a release links
	go run ./tools/licenses

bench: ## measure a cached call, ten thousand profiles, a hundred cold starts at once
	go run ./internal/bench

demo: ## show the whole program against a stand-in for AWS; no account needed
	go run ./internal/demo

clients: ## run real AWS clients with awsmfa; installs them first
	bash .ci/run clients

cross: ## build for every system we release for
	bash .ci/run build

ci: ## everything that CI runs; as root it installs the shells
	bash .ci/run

clean: ## remove the files of build and release
	rm -rf awsmfa awsmfa.exe build dist

.PHONY: clients sentences messages reference manual licenses help build install test alone windows race lint fmt fuzz mutate bench demo cross ci clean
