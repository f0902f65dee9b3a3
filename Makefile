# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build demo test unit-test page-test device deb board-test fuzz fuzz-test sanitize coverage mutants soak accuracy lint format clean

# One configuration for programs and tests, so that nothing is built twice.
SWIFT_FLAGS := -c release

setup:
	scripts/setup.sh host

# Product by product: without one, SwiftPM compiles the protoc of a dependency, too, ten minutes of C++ that nothing here uses.
PRODUCTS := ferrite ferrite-edge ferrite-mqtt kernel-bench

build: setup
	for product in $(PRODUCTS); do swift build $(SWIFT_FLAGS) --product $$product || exit 1; done

# From trained weights to answers on drawn faces, in about a minute once built.
demo: build
	scripts/demo.sh

# Everything: unit tests, the page in a browser, the device program on emulated cores, pins on an emulated Raspberry Pi, style.
test: unit-test page-test board-test fuzz-test lint

unit-test: setup
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build

# The page of `ferrite compare` as a browser shows it. Debian's own Python sees Debian's Selenium.
page-test: build
	scripts/setup.sh browser
	/usr/bin/python3 Tests/EndToEnd/run.py test_page

# The medium network on FER-2013: make accuracy FER2013=FOLDER with the arrays that training/README.md describes.
accuracy: build
	scripts/accuracy.sh $(FER2013)

# build/ferrite-edge, the static program for 64-bit ARM boards, and build/ferrite-mqtt, which tells an MQTT broker of its decisions.
device:
	scripts/setup.sh host device
	scripts/build-device.sh
	scripts/build-mqtt.sh

# build/ferrite-edge_VERSION_arm64.deb, ..._amd64.deb and the same of ferrite-mqtt: program, service, boards, manual page.
deb: device
	scripts/build-device.sh x86_64
	scripts/build-mqtt.sh x86_64
	scripts/build-deb.sh arm64
	scripts/build-deb.sh amd64

# The device program as three ARM cores run it, and in an emulated Raspberry Pi 3B whose pins are read from outside.
board-test: build device
	scripts/setup.sh board
	/usr/bin/python3 Tests/EndToEnd/run.py test_kernels test_cores test_threads test_stream test_telling test_mqtt test_detect test_package test_install test_board test_outputs test_camera

# Everything that reads a file, fed with damaged ones for MINUTES altogether (Fuzz/README.md); a minute of it is part of `make test`.
MINUTES ?= 10
fuzz: setup
	Fuzz/fuzz.py $(MINUTES)

fuzz-test: setup
	Fuzz/fuzz.py --check

# The tests of EdgeRuntime and Quantize under the address, undefined-behaviour and thread sanitizers.
sanitize: setup
	scripts/sanitize.sh address
	scripts/sanitize.sh thread

# Fails where the tests run less than 90 % of the lines of EdgeRuntime or Quantize.
coverage: setup
	scripts/sanitize.sh address
	scripts/coverage.py

# Small changes to the arithmetic, each of which a test has to notice (docs/testing.md). Minutes; not part of `make test`.
mutants: setup
	Tests/Mutants/mutants.py

# A million frames through `watch` on this machine: no allocation, no growth, no decision missed. Minutes; not part of `make test`.
soak: build
	/usr/bin/python3 Tests/EndToEnd/soak.py 1000000

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Fuzz

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks Fuzz

clean:
	rm -rf .build .build-* build
