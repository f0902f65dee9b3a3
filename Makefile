# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build demo test unit-test page-test device deb sbom reproducible board-test soak accuracy lint format clean

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
test: unit-test page-test board-test lint

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

# build/ferrite-edge.spdx.json and ferrite-mqtt's: what they were linked from, by version, as SPDX 2.3. The Debian packages have it too.
sbom: device
	scripts/sbom.py build/ferrite-edge
	scripts/sbom.py build/ferrite-mqtt

# Two clean builds of the programs and packages for boards, in folders that have nothing in common, give the same bytes.
reproducible:
	scripts/setup.sh host device
	scripts/reproducible.sh

# The device program as three ARM cores run it, and in an emulated Raspberry Pi 3B whose pins are read from outside.
board-test: build device
	scripts/setup.sh board
	/usr/bin/python3 Tests/EndToEnd/run.py test_kernels test_cores test_threads test_stream test_telling test_mqtt test_detect test_package test_supply test_install test_signing test_faults test_versions test_contract test_board test_outputs test_camera

# Frames through `watch` on this machine, a day's worth at 23 a second, and a fifth of them beside busy programs: no allocation, memory flat to the page,
# no decision missed; how long they took. Minutes; not part of `make test`.
FRAMES := 2000000
soak: build
	/usr/bin/python3 Tests/EndToEnd/soak.py $(FRAMES)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build .build-* build
