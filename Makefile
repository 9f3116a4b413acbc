# make          build bin/kactl
# make generate completions/ and man/, after a change to commands or keywords
# make packages deb and rpm, into dist/ (VERSION=1.2.3 ARCH=amd64,arm64)
# make image    an OCI image called kactl (BUILDER=podman, docker or buildah)
# make unit     the tests that need neither root nor a guest kernel nor much time
# make test     every test, the end-to-end ones included (root)
# make lint     gofmt, vet and staticcheck
# make sim      1,000,000 simulated histories of networks of routers, on all processors,
#               and broken routers that they must see (HISTORIES=10000 for less; what
#               fails is seen with HISTORY=N)
# make chaos    kactl beside keepalived and FRR, broken at random for 10 minutes (root;
#               LENGTH=1m for less, SEED=N for one course of things again)
# make demo     two directors, two real servers and a client, narrated (root)
# make bench    beside keepalived, genhash, ipvsadm and tcpdump, with limits; on a
#               machine that does nothing else (root). bench-check and so on
#               for one of the folders of test/bench
# make help     this text

export CGO_ENABLED := 0
GO ?= go

# What the tests and the demonstration need beyond Go: command:package.
NEEDS = keepalived:keepalived ipvsadm:ipvsadm tcpdump:tcpdump ip:iproute2 exim4:exim4-daemon-light \
        killall:psmisc mkfs.ext4:e2fsprogs tshark:tshark linux.uml:user-mode-linux /usr/lib/frr/vrrpd:frr \
        mandoc:mandoc groff:groff-base mmdebstrap:mmdebstrap rpm:rpm systemd-analyze:systemd \
        systemd-nspawn:systemd-container buildah:buildah zsh:zsh fish:fish curl:curl nft:nftables \
        nginx:nginx-light
DEMO_NEEDS = linux.uml:user-mode-linux
BENCH_NEEDS = keepalived:keepalived ipvsadm:ipvsadm tcpdump:tcpdump linux.uml:user-mode-linux

BENCHES = $(patsubst test/bench/%/main.go,bench-%,$(wildcard test/bench/*/main.go))

.PHONY: all help build generate packages bin/man image unit test lint sim chaos demo bench $(BENCHES) deps demo-deps bench-deps clean

all: build

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

build:
	$(GO) build -buildvcs=auto -trimpath -o bin/kactl .

generate:
	$(GO) run ./cmd/generate

# From goreleaser.yaml, which a release is made from.
VERSION ?= 0.0.0-dev
ARCH ?= $(shell $(GO) env GOARCH)
packages:
	$(GO) run ./packaging -version $(VERSION) -arch $(ARCH)

# The manual pages as packages have them.
bin/man:
	@rm -rf $@ && mkdir -p $@ && cp man/* $@ && gzip -n9 $@/*

BUILDER ?= podman
image: build
	$(BUILDER) build -f packaging/Containerfile -t kactl bin

# Each test that is left out says why: go test -short -v. The folders of test/
# that are not here test whole programs, as root; what is not here of test/bench has
# no test without it.
UNIT = ./cmd/... ./packaging/... ./pkg/... $(addprefix ./test/bench,/ /check /failover /vrrp /vrrp/tap) ./test/imports ./test/lab ./test/story ./test/uml
unit:
	$(GO) test -short -vet=off -p 4 $(UNIT)

# Judged by the clock, one at a time and with nothing beside: guests share the
# processors, and the flood judges by milliseconds.
ALONE = ./test/e2e ./test/flood

# KACTL_E2E=1: what is missing fails, nothing is left out. The packages with a
# kernel_test.go need a kernel with IPVS: test/kernel runs them on one.
test: deps lint
	@mkdir -p bin; kernel=$$(find pkg -name kernel_test.go | xargs -r -n1 dirname | tr '\n' '|'); \
	$(GO) list ./... | grep -vE "/($${kernel}$(subst $() ,|,$(ALONE:./%=%)))$$" >bin/packages
	KACTL_E2E=1 $(GO) test -count=1 -timeout 25m $$(cat bin/packages)
	KACTL_E2E=1 $(GO) test -count=1 -timeout 25m -p 1 $(ALONE)

lint:
	@unformatted=$$(gofmt -l cmd packaging pkg test main.go) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# A part of it is in make unit and make test. GOGC: a history leaves much behind, and
# needs little.
HISTORIES ?= 1000000
sim:
ifdef HISTORY
	$(GO) test -count=1 -v -run '^TestSimulation$$' ./pkg/vrrp -history=$(HISTORY)
else
	GOGC=400 $(GO) test -count=1 -v -timeout 0 -run '^TestSimulation$$' ./pkg/vrrp -histories=$(HISTORIES)
	$(GO) run ./test/sim/mutants
endif

# A round of it is in make test.
LENGTH ?= 10m
SEED ?= 0
chaos: deps
	KACTL_E2E=1 $(GO) test -count=1 -v -timeout 0 ./test/chaos -chaos=$(LENGTH) -seed=$(SEED)

demo: demo-deps build
	@$(GO) build -o bin/demo ./test/demo
	@KACTL_BIN="$(CURDIR)/bin/kactl" bin/demo

bench: $(BENCHES)

$(BENCHES): bench-%: bench-deps build
	@$(GO) build -o bin/$@ ./test/bench/$*
	@KACTL_BIN="$(CURDIR)/bin/kactl" bin/$@ $(BENCH_FLAGS)

deps: NEED = $(NEEDS)
demo-deps: NEED = $(DEMO_NEEDS)
bench-deps: NEED = $(BENCH_NEEDS)
deps demo-deps bench-deps:
	@PATH="$$PATH:/usr/sbin:/sbin"; missing=; \
	for need in $(NEED); do \
		command -v "$${need%%:*}" >/dev/null || missing="$$missing $${need#*:}"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing$$missing"; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qy --no-install-recommends $$missing; \
	fi

clean:
	rm -rf bin dist
