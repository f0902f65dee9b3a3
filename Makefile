# Everything a user types. `make demo` and `make test` do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build demo test unit-test page-test device deb sbom reproducible docs board-test test-board fuzz fuzz-test sanitize coverage mutants soak accuracy library wheel lint format clean

# One configuration for programs and tests, so that nothing is built twice.
SWIFT_FLAGS := -c release

setup:
	scripts/setup.sh host

# Product by product: without one, SwiftPM compiles the protoc of a dependency, too, ten minutes of C++ that nothing here uses.
PRODUCTS := ferrite ferrite-edge ferrite-mqtt ferrite-mjpeg kernel-bench

build: setup
	for product in $(PRODUCTS); do swift build $(SWIFT_FLAGS) --product $$product || exit 1; done

# From trained weights to answers on drawn faces, in about a minute once built.
demo: build
	scripts/demo.sh

# Everything: unit tests, the page in a browser, the device program on emulated cores, pins on an emulated Raspberry Pi, style.
test: unit-test docs page-test board-test fuzz-test lint

unit-test: setup
	swift build $(SWIFT_FLAGS) --product ferritePackageTests
	swift test $(SWIFT_FLAGS) --skip-build

# build/docs: EdgeRuntime's pages by DocC, for a web server (python3 -m http.server -d build/docs).
docs: setup
	swift build $(SWIFT_FLAGS) --target EdgeRuntime
	scripts/build-docs.py

# The page of `ferrite compare` as a browser shows it. Debian's own Python sees Debian's Selenium.
page-test: build
	scripts/setup.sh browser
	/usr/bin/python3 Tests/EndToEnd/run.py test_page

# The medium network on FER-2013: make accuracy FER2013=FOLDER with the arrays that training/README.md describes.
accuracy: build
	scripts/accuracy.sh $(FER2013)

# build/ferrite-edge, the static program for 64-bit ARM boards, build/ferrite-mqtt, which tells an MQTT broker of its decisions, and
# build/ferrite-mjpeg, which makes frames of a camera's JPEG pictures; and the same for 32-bit ones, with -armv7 behind their names.
device:
	scripts/setup.sh host device
	for machine in aarch64 armv7; do scripts/build-device.sh $$machine && scripts/build-linked.sh mqtt $$machine && \
	  scripts/build-linked.sh mjpeg $$machine || exit 1; done

# build/library: ferrite.h with libferrite.a and libferrite.so for this machine, 64-bit and 32-bit ARM (docs/library.md).
library:
	scripts/setup.sh host device
	for machine in "" aarch64 armv7; do scripts/build-library.sh $$machine || exit 1; done

# build/wheel: the Python package for the same machines.
wheel: library
	scripts/setup.sh python
	for machine in "" aarch64 armv7; do scripts/build-wheel.sh $$machine || exit 1; done

# build/ferrite-edge_VERSION_arm64.deb, ..._armhf.deb, ..._amd64.deb and the same of ferrite-mqtt and ferrite-mjpeg: program, service, boards,
# manual page.
deb: device
	scripts/build-device.sh x86_64
	for program in mqtt mjpeg; do scripts/build-linked.sh $$program x86_64 || exit 1; done
	for machine in arm64 armhf amd64; do scripts/build-deb.sh $$machine || exit 1; done

# build/ferrite-edge.spdx.json and so on: what the programs and the library were linked from, by version, as SPDX 2.3. The Debian packages have it too.
sbom: device library
	for library in build/library/lib/*/libferrite.a; do scripts/sbom.py $$library || exit 1; done
	for program in ferrite-edge ferrite-mqtt ferrite-mjpeg; do scripts/sbom.py build/$$program && scripts/sbom.py build/$$program-armv7 || exit 1; done

# Two clean builds of the programs and packages for boards, in folders that have nothing in common, give the same bytes.
reproducible:
	scripts/setup.sh host device
	scripts/reproducible.sh

# The device program as 64-bit and 32-bit ARM cores run it, and in an emulated Raspberry Pi 3B whose pins are read from outside.
board-test: build device library
	scripts/setup.sh board python
	/usr/bin/python3 Tests/EndToEnd/run.py test_kernels test_cores test_armv7 test_threads test_stream test_telling test_mqtt test_detect test_package test_install test_power test_signing test_supply test_faults test_versions test_contract test_tutorial test_formats test_inputs test_networks test_mjpeg test_board test_outputs test_camera test_library test_wheel test_swift

# What takes longer than a submission's tests should: 20 power cuts in the emulated Raspberry Pi, and 1000 on a disk that loses its cache;
# the package under a running systemd; the lines by libgpiod 2. As root.
test-board: build device
	scripts/setup.sh board systemd
	FERRITE_POWER_CUTS=20 FERRITE_POWER_MOMENTS=1000 /usr/bin/python3 Tests/EndToEnd/run.py test_power test_systemd
	if scripts/setup.sh gpiod2; then \
	  GPIOD2=1 scripts/build-device.sh && \
	  FERRITE_EDGE=build/ferrite-edge-gpiod2 /usr/bin/python3 Tests/EndToEnd/run.py test_board test_outputs; \
	else echo "test-board: no libgpiod 2 could be fetched: it was NOT tested"; fi

# Everything that reads a file, fed with damaged ones for MINUTES altogether (Fuzz/README.md); a minute of it is part of `make test`.
MINUTES ?= 10
fuzz: setup
	Fuzz/fuzz.py $(MINUTES)

fuzz-test: setup
	Fuzz/fuzz.py --check

# The tests of EdgeRuntime and Quantize under the address, undefined-behaviour and thread sanitizers; the committed networks in a debug build.
sanitize: setup
	scripts/sanitize.sh address
	scripts/sanitize.sh thread
	scripts/sanitize.sh none

# Fails where the tests run less than 90 % of the lines of EdgeRuntime or Quantize.
coverage: setup
	scripts/sanitize.sh address
	scripts/coverage.py

# Small changes to the arithmetic, each of which a test has to notice (docs/testing.md). Minutes; not part of `make test`.
mutants: setup
	Tests/Mutants/mutants.py

# Frames through `watch` on this machine, a day's worth at 23 a second, and twice a fifth of them beside busy programs: no allocation, memory flat to the page,
# no decision missed; how long they took. Minutes; not part of `make test`.
FRAMES := 2000000
soak: build
	/usr/bin/python3 Tests/EndToEnd/soak.py $(FRAMES)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Fuzz examples

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks Fuzz examples

clean:
	rm -rf .build .build-* build
