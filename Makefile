# Thin on purpose: Meson and Ninja build, scripts/ do; this file names what people ask for.
# Every target first asks scripts/install-deps, which is silent and quick when nothing is missing.

FUZZ_SECONDS ?= 600
PREFIX       ?= /usr/local

.PHONY: all demo check install bench fuzz clean deps check-deps

all: deps
	@scripts/build

demo: all
	@build/hinomi demo

check: check-deps
	@scripts/check

install: all
	@meson configure build -Dprefix=$(PREFIX) >/dev/null && meson install -C build

bench: all
	@scripts/install-deps --bench
	@scripts/bench

fuzz: check-deps
	@scripts/fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build build-* web/dist web/node_modules

deps:
	@scripts/install-deps

check-deps:
	@scripts/install-deps --check
