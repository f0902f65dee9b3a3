# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build device test demo lint format clean

SWIFT_BUILD := swift build -c release

setup:
	scripts/setup.sh host

build: setup
	$(SWIFT_BUILD)

# build/ferrite-edge, the static program for 64-bit ARM boards.
device:
	scripts/setup.sh host device
	scripts/build-device.sh

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-* build
