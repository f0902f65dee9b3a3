# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build device board-test test demo lint format clean

SWIFT_BUILD := swift build -c release

setup:
	scripts/setup.sh host

build: setup
	$(SWIFT_BUILD)

# build/ferrite-edge, the static program for 64-bit ARM boards.
device:
	scripts/setup.sh host device
	scripts/build-device.sh

# The device program as three ARM cores run it, and in an emulated Raspberry Pi 3B whose pins are read from outside.
board-test: build device
	scripts/setup.sh board
	python3 Tests/EndToEnd/run.py

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-* build
