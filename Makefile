# Every target is one line a person could type; the checks themselves are in .ci/run, and CI runs the same.

.DEFAULT_GOAL := help

# The program starts for every new shell, so its start is what counts. Without cgo there is no dynamic loader and no
# libc to load, and without symbols there are fewer pages: measured here, about a quarter quicker to start than a plain
# `go build`. -trimpath keeps the builder's paths out. No -X: --version comes from Go's own build info.
GOBUILD := CGO_ENABLED=0 go
FLAGS := -trimpath -ldflags '-s -w'

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./awsmfa, as a release is built
	$(GOBUILD) build $(FLAGS) .

install: ## install awsmfa into Go's bin directory
	$(GOBUILD) install $(FLAGS) .

test: ## run the tests; a shell that is missing is skipped, and named in the last line
	go test ./...
	@go test -v -run '^$$' ./shells | grep '^not proved here' || echo 'every shell was proved'

alone: ## run the tests with Go and POSIX utilities only, and no variables
	bash .ci/run alone

race: ## run the tests with the race detector, nothing cached
	go test -race -count=1 ./...

lint: ## vet and lint, for this system and for the others we build for
	bash .ci/run tidy fmt vet lint

fmt: ## format the Go files as lint wants them
	go tool -modfile=tools/go.mod golangci-lint fmt

windows: ## run the Windows tests in a Wine beside the clone
	bash .ci/run windows

fuzz: ## run each fuzz target for FUZZTIME (10s)
	bash .ci/run fuzz

mutate: ## change the code in a few places, and see a test fail for each; MUTATE=-h for more
	go run ./internal/mutate $(MUTATE)

bench: ## measure a cached call, ten thousand profiles, a hundred cold starts at once
	go run ./internal/bench

demo: ## show the whole program against a stand-in for AWS, no account needed
	go run ./internal/demo

cross: ## build for every system we release for
	bash .ci/run build

ci: ## everything CI runs; installs the shells when root
	bash .ci/run

clean: ## remove what build and release left here
	rm -rf awsmfa awsmfa.exe dist

.PHONY: help build install test alone windows race lint fmt fuzz mutate bench demo cross ci clean
