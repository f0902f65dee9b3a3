# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build test demo lint format clean

SWIFT_BUILD := swift build -c release

setup:
	scripts/setup.sh host

build: setup
	$(SWIFT_BUILD)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-* build
