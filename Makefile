# CI runs these targets (.ci/stages); `make test` needs only Go.
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD    := CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(VERSION) -X main.commit=$(shell git rev-parse --short=12 HEAD 2>/dev/null)"
space    := $(subst ,, )
# Seconds for each fuzz target.
FUZZTIME ?= 30
LINTER   := $(shell go env GOPATH)/bin/golangci-lint
# What Pis run under emulation: what computes, and what waits for sockets and clocks.
QEMU_PURE := ./prefetch ./placement ./store ./wire ./replica
QEMU_REST := ./socket ./rpcconn ./rpcserver ./rpcclient ./eventloop ./resp
# Of packages and tests that begin no goroutine the race detector learns nothing, for minutes.
# stages_test.go checks that they begin none, that test-rest runs them, and what else race
# leaves out or has otherwise: what measures memory, what -short shortens, what has other code.
RACE_NOT  := ./autoscale ./bench/report
RACE_SKIP := TestAPowerCutLosesNothingThatWasSaved|TestLargeRingsAgainstLibrary|TestKeysMadeToCollide|TestDeadBytesStayFew|TestColdestIsNearlyAsGoodAsTheOldestOfAll|TestASeedPlaysTheSameEveryTime|TestPlantedBugsAreFound
TEST_REST := $(RACE_NOT) ./master ./worker ./placement ./replica ./store ./socket ./eventloop ./rpcconn ./rpcserver ./rpcclient ./resp/... ./bench/study/runner ./testcluster/rollout

# "hosts" has netns run the tests of whole hosts, too, and fail where a program that they need is missing.
HOSTS    ?=

# The simulation: how many seeds, and the first. Chaos: for how long, and its seed.
SEEDS    ?= 300
SEED     ?= 1
MINUTES  ?= 2
CHAOS    ?= 1
# Where the study's figures are.
STUDY    ?= docs/study

.PHONY: build test test-rest race prebuild qemu-pure qemu-rest lint lint-ansible netns rollout rollout-quick rollout-arm cross dist twice qemu fuzz bench bench-quick study study-quick demo sim sim-hunt chaos ci nightly cover clean

build: ## both binaries, static, into bin/
	$(BUILD) -o bin/ ./cmd/pikvd ./cmd/pikv

test: ## all tests that need nothing but Go; the others say why they skip
	all=$$(go list ./...) && go test $$(echo "$$all" | grep -v '/cmd/pikvd$$')
	go test ./cmd/pikvd # alone: it attacks nodes and measures their memory, and a collector that gets no processor is late

test-rest: ## what of it race does not run, or not so
	go test -p 3 $(TEST_REST)
	go test ./cmd/pikvd

race: ## the tests under the race detector (needs a C compiler); -short: the simulated schedules have one thread
	all=$$(go list ./...) && CGO_ENABLED=1 go test -race -short -skip '^($(RACE_SKIP))$$' -p 3 -timeout 20m $$(echo "$$all" | grep -vxE 'pikv/($(subst $(space),|,$(RACE_NOT:./%=%)))')

lint: ## formatting, vet and the linters of .golangci.yml
	$(LINTER) run --allow-parallel-runners ./...

netns: ## as root: processes with addresses of their own, links cut and slowed; with HOSTS=hosts whole hosts with systemd, too
	PIKV_REQUIRE=root,python,$(HOSTS) go test -count=1 -timeout 30m -run Netns ./testcluster/... ./discovery ./bench/study/...

rollout: ## as root: the playbooks of ansible/ against whole Debian hosts; minutes
	PIKV_REQUIRE=root,hosts,rollout go test -count=1 -v -timeout 60m -run Netns ./testcluster/rollout

rollout-quick: ## some of it: bare hosts, a cluster, an upgrade under load, the end
	PIKV_REQUIRE=root,hosts,rollout go test -count=1 -v -timeout 25m -run 'Netns/^(CheckOnBareHosts|Site|Upgrade|Reset)$$' ./testcluster/rollout

rollout-arm: ## as root: the arm64 package on a Debian host of which every program is emulated; minutes, and ten more the first time
	PIKV_REQUIRE=root,hosts,emulation go test -count=1 -v -timeout 40m -run NetnsThePackageOnAnEmulatedPi ./testcluster/installed

lint-ansible: ## ansible-lint and yamllint over ansible/
	cd ansible && ansible-lint -q --offline && yamllint --strict .

cross: ## static binaries for PCs and Pis into dist/; vet finds what 32 bits overflow
	GOOS=linux GOARCH=amd64 $(BUILD) -o dist/amd64/ ./cmd/pikvd ./cmd/pikv
	GOOS=linux GOARCH=arm64 $(BUILD) -o dist/arm64/ ./cmd/pikvd ./cmd/pikv
	GOOS=linux GOARCH=arm GOARM=6 $(BUILD) -o dist/armv6/ ./cmd/pikvd ./cmd/pikv
	CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=6 go vet ./...

dist: ## what is given to users, into dist/: tar.gz and .deb for PCs and Pis, SHA256SUMS
	packaging/build dist

twice: ## the same of the last commit, two times in different places: every byte must be the same, and no binary too large
	packaging/twice

qemu: qemu-pure qemu-rest ## tests as 64-bit and 32-bit Pis run them (needs qemu-user-static)

qemu-pure: QEMU_PKGS := $(QEMU_PURE)
qemu-rest: QEMU_PKGS := $(QEMU_REST)
qemu-pure qemu-rest:
	CGO_ENABLED=0 GOARCH=arm64 go test -short -timeout 20m -exec qemu-aarch64-static $(QEMU_PKGS)
	CGO_ENABLED=0 GOARCH=arm GOARM=6 go test -short -timeout 20m -exec "qemu-arm-static -cpu arm1176" $(QEMU_PKGS)

prebuild: ## for race, qemu-rest and fuzz, which then begin at once; vet sees the files that only the race detector has
	CGO_ENABLED=1 go test -race -run '^$$' -exec true ./... >/dev/null
	CGO_ENABLED=1 go vet -race ./...
	.ci/fuzz build
	CGO_ENABLED=0 GOARCH=arm64 go test -run '^$$' -exec true $(QEMU_REST) >/dev/null
	CGO_ENABLED=0 GOARCH=arm GOARM=6 go test -run '^$$' -exec true $(QEMU_REST) >/dev/null

fuzz: ## every fuzz target for FUZZTIME seconds, two at a time for each processor
	.ci/fuzz $(FUZZTIME)

bench: build ## the figures of docs/BENCHMARKS.md, measured here and written there; ONLY=placement,moves,proxy picks
	go run ./bench/figures -only "$(ONLY)" -write docs/BENCHMARKS.md

bench-quick: build ## some figures in short, printed and not recorded: they fail when something is broken, or all takes beyond 4 minutes of its 2
	go run ./bench/figures -quick -only "$(ONLY)"

study: build ## as root: the study's figures on simulated Pi 2s and on this machine, for an hour, into $(STUDY); goes on where it was ended, with the same pikv. What could not be measured is missing in the report, and fails
	bin/pikv study run --resume --target pis=5:2B --target x86 $(STUDY); ran=$$?; bin/pikv study report --unfinished $(STUDY) && exit $$ran

study-quick: build ## as root: a few points of every figure, in 3 minutes, into out/study-quick, which is emptied first; fails when the report lacks anything
	rm -rf out/study-quick
	bin/pikv study run --quick --target pis=5:2B --target x86 out/study-quick
	bin/pikv study report out/study-quick

demo: build ## a cluster on this machine: files in and out, the study's workload, a join, a drain, a death and spares under load
	go run ./bench/demo

sim: ## the simulated cluster: SEEDS schedules from SEED on, and the recorded seed of every planted bug
	go test -count=1 -timeout 60m -v -run 'Schedule|Planted' ./replica -args -seeds $(SEEDS) -first $(SEED)

sim-hunt: ## search afresh for a schedule that finds each planted bug
	go test -count=1 -timeout 120m -v -run Planted ./replica -args -hunt

chaos: ## as root: real processes in network namespaces, faults for MINUTES, every answer checked
	PIKV_REQUIRE=root go test -count=1 -timeout 120m -v -run Chaos ./bench/chaos -args -minutes $(MINUTES) -seed $(CHAOS)

ci: ## what .ci/run runs, with the time of each stage; sim plays the schedules that test leaves out
	.ci/stages

nightly: ci test sim-hunt twice rollout rollout-arm ## what takes too long for every commit
	$(MAKE) sim SEEDS=3000 SEED=1000
	$(MAKE) chaos MINUTES=30
	$(MAKE) fuzz FUZZTIME=120
	$(MAKE) demo

cover: ## statement coverage, by package and in cover.html
	go test -coverpkg=./... -coverprofile=cover.out ./... && go tool cover -html=cover.out -o cover.html

clean: ## what the targets above leave behind
	rm -rf bin dist out/fuzz cover.out cover.html && find . \( -name '*.test' -o -name '*.prof' \) -delete
