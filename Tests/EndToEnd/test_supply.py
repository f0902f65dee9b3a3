"""The list of what a program was linked from is complete: it is held against what the linker says that it read, by another way than the one that made it."""

import copy
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import fixtures

SBOM = fixtures.ROOT / "scripts/sbom.py"
PROGRAMS = {"ferrite-edge": ("scripts/build-device.sh",), "ferrite-mqtt": ("scripts/build-linked.sh", "mqtt"),
            "ferrite-mjpeg": ("scripts/build-linked.sh", "mjpeg")}


def read_by_the_linker(script: str, *arguments: str) -> set[str]:
    """The files of archives of which the linker took a member, and the objects, but for our own: its own trace of a link made anew."""
    done = subprocess.run([fixtures.ROOT / script, *arguments], capture_output=True, text=True, env={**os.environ, "LINK_FLAGS": "-Wl,--trace,--trace"})
    assert done.returncode == 0, done.stderr
    # A member of an archive is "(ARCHIVE)MEMBER", an object its path.
    names = re.findall(r"^\((\S+\.a)\)\S+$", done.stdout, re.M) + re.findall(r"^(/\S+\.o)$", done.stdout, re.M)
    assert len(names) > 20, done.stdout[-2000:]
    found = {str(pathlib.Path(name).resolve()) for name in names if not name.startswith(".build-")}
    return {name for name in found if not name.startswith(str(fixtures.ROOT))}


def unlisted(document: dict, files: set[str]) -> set[str]:
    """Those of the files that the document doesn't say the program is linked from, or that are of no package of it."""
    linked = {link["relatedSpdxElement"] for link in document["relationships"] if link["relationshipType"] == "STATIC_LINK"}
    packages = {package["name"] for package in document["packages"] if package["SPDXID"] in linked}
    listed = {entry["fileName"].removeprefix(".") for entry in document["files"]
              if entry["SPDXID"] in linked and entry["comment"].removeprefix("of the package ") in packages}
    return files - listed


class Supply(unittest.TestCase):
    def document(self, program: pathlib.Path) -> dict:
        done = subprocess.run([SBOM, program], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(program.with_name(f"{program.name}.spdx.json").read_text())

    def test_every_file_that_the_linker_took_is_listed(self):
        for name, script in PROGRAMS.items():
            with self.subTest(name):
                files = read_by_the_linker(*script)
                document = self.document(fixtures.ROOT / "build" / name)
                self.assertEqual(unlisted(document, files), set())
                self.assertEqual({entry["fileName"].removeprefix(".") for entry in document["files"]}, files)
                # And would be missed.
                for entry in document["files"]:
                    poorer = copy.deepcopy(document)
                    poorer["files"].remove(entry)
                    poorer["relationships"] = [link for link in poorer["relationships"] if link["relatedSpdxElement"] != entry["SPDXID"]]
                    self.assertEqual(unlisted(poorer, files), {entry["fileName"].removeprefix(".")})

    def test_the_device_program_is_of_the_libraries_that_the_security_page_names(self):
        document = self.document(fixtures.EDGE)
        names = " ".join(package["name"] for package in document["packages"])
        for library in ("ferrite-edge", "swift-standard-library", "libc6-dev", "libgpiod-dev", "libsodium-dev", "libgcc"):
            self.assertIn(library, names)
        self.assertNotIn("DYNAMIC_LINK", {link["relationshipType"] for link in document["relationships"]})

    def test_the_programs_for_32_bits_are_of_packages_for_them(self):
        for name, libraries in {"ferrite-edge": {"libgpiod-dev", "libsodium-dev"}, "ferrite-mqtt": {"libmosquitto1"},
                                "ferrite-mjpeg": {"libjpeg62-turbo"}}.items():
            document = self.document(fixtures.ROOT / f"build/{name}-armv7")
            packages = {package["name"]: package for package in document["packages"]}
            for library in libraries:
                self.assertIn("?arch=armhf", packages[library]["externalRefs"][0]["referenceLocator"])
            self.assertNotIn(str(fixtures.ROOT), json.dumps(document))

    def test_the_list_is_about_this_program_and_well_formed(self):
        for name in PROGRAMS:
            program = fixtures.ROOT / "build" / name
            document = self.document(program)
            self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
            digest = hashlib.sha256(program.read_bytes()).hexdigest()
            self.assertIn({"algorithm": "SHA256", "checksumValue": digest}, document["packages"][0]["checksums"])
            identifiers = [entry["SPDXID"] for entry in document["packages"] + document["files"]]
            self.assertEqual(len(identifiers), len(set(identifiers)))
            for identifier in identifiers:
                self.assertRegex(identifier, r"^SPDXRef-[A-Za-z0-9.-]+$")
            for package in document["packages"]:
                self.assertTrue({"name", "versionInfo", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"} <= set(package))
            for link in document["relationships"]:
                self.assertIn(link["relatedSpdxElement"], identifiers)
                self.assertIn(link["spdxElementId"], [*identifiers, "SPDXRef-DOCUMENT"])
            for entry in document["files"]:
                data = pathlib.Path(entry["fileName"].removeprefix(".")).read_bytes()
                self.assertIn({"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}, entry["checksums"])

    def test_a_file_of_no_package_is_an_error(self):
        map_file = fixtures.ROOT / ".build-aarch64/ferrite-edge.map"
        whole = map_file.read_text()
        with tempfile.NamedTemporaryFile(suffix=".a") as stray:
            try:
                map_file.write_text(f"{stray.name}(stray.o)\n{whole}")
                done = subprocess.run([SBOM, fixtures.EDGE], capture_output=True, text=True)
            finally:
                map_file.write_text(whole)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"sbom: {stray.name}: is of no Debian package", done.stderr)

    def test_a_program_that_is_not_there_is_named(self):
        done = subprocess.run([SBOM, "build/absent"], capture_output=True, text=True, cwd=fixtures.ROOT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sbom: build/absent: is not there", done.stderr)
