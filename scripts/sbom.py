#!/usr/bin/python3
"""What a program of ours was linked from, as SPDX 2.3 (JSON).

usage: scripts/sbom.py PROGRAM

PROGRAM is build/ferrite-edge, build/ferrite-mqtt, build/ferrite-mjpeg or one of their -armv7 or -x86_64; beside the objects that it was linked from
lies the map that the linker wrote of it (scripts/build-device.sh, build-linked.sh). Writes PROGRAM.spdx.json: a package for each Debian package of which the linker took a file, by
dpkg's word on whose file it is, with the files and their SHA-256; for Ferrite's own dependencies that leave no file behind, the Swift compiler; and
for shared libraries those that the program asks for by name. A file that no package owns, or a package whose licence isn't known here, is an error.
The same program, packages and SOURCE_DATE_EPOCH give the same bytes.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# By the source package, without what distinguishes a cross compiler's.
LICENCES = {
    "glibc": "LGPL-2.1-or-later", "cross-toolchain-base": "LGPL-2.1-or-later", "gcc": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgpiod": "LGPL-2.1-or-later", "libjpeg-turbo": "IJG AND BSD-3-Clause AND Zlib", "libsodium": "ISC", "mosquitto": "EPL-2.0 OR BSD-3-Clause",
}
LINKED_FOR_32_BITS = ROOT / ".cache/armhf"
"""Libraries that scripts/setup.sh unpacks without installing, with a list of whose they are."""
TRIPLES = {"aarch64": "aarch64-linux-gnu", "armv7": "arm-linux-gnueabihf", "x86_64": "x86_64-linux-gnu"}
SWIFT_LICENCE = "Apache-2.0 WITH Swift-exception"


def run(*command) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def linked_files(text: str, scratch: str) -> list[pathlib.Path]:
    """The archives of which the linker took members, and the objects that it took whole, but for our own, by its map."""
    members, _, rest = text.partition("\nDiscarded input sections\n")
    archives = re.findall(r"^(\S+\.a)\(\S+\)$", members, re.M)
    objects = re.findall(r"^LOAD (\S+\.o)$", rest, re.M)
    found = {pathlib.Path(name).resolve() for name in archives + objects}
    ours = (ROOT / scratch).resolve()
    # The compiler driver's own scratch objects are of no package.
    return sorted(path for path in found if ours not in path.parents and path.suffix in (".a", ".o"))


def unpacked(path: pathlib.Path) -> list[str] | None:
    """The package, architecture, version, source package and its version of a file that was unpacked without being installed."""
    if LINKED_FOR_32_BITS not in path.parents:
        return None
    for line in (LINKED_FOR_32_BITS / "packages.tsv").read_text().splitlines():
        name, *fields = line.split("\t")
        if name == path.name:
            return fields
    sys.exit(f"sbom: {path}: is of no Debian package")


def place(path: pathlib.Path) -> str:
    """Where a file's package puts it."""
    return f"/usr/lib/{TRIPLES['armv7']}/{path.name}" if LINKED_FOR_32_BITS in path.parents else str(path)


def owner(path: pathlib.Path) -> str:
    """The Debian package of a file that is installed; /lib and /usr/lib are one folder under two names."""
    names = [str(path), str(path).removeprefix("/usr")]
    for name in names:
        done = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(": ")[0].split(",")[0]
    sys.exit(f"sbom: {path}: is of no Debian package")


def described(path: pathlib.Path) -> dict:
    """The Debian package of a file as SPDX has it."""
    form = "${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}"
    fields = unpacked(path) or run("dpkg-query", "-W", "-f", form, owner(path)).split("\t")
    name, architecture, version, source, source_version = fields
    licence = next((text for key, text in LICENCES.items() if re.fullmatch(rf"{key}(-\d+)?(-cross)?(-ports)?", source)), None)
    if licence is None:
        sys.exit(f"sbom: {name}: no licence is known for its source package {source}")
    return package_entry(name, version, licence, f"pkg:deb/debian/{name}@{version}?arch={architecture}",
                         f"built from Debian's source package {source} {source_version}")


def package_entry(name: str, version: str, licence: str, purl: str | None, comment: str) -> dict:
    entry = {
        "SPDXID": f"SPDXRef-{re.sub(r'[^A-Za-z0-9.-]', '-', name)}", "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION", "comment": comment}
    if purl:
        entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
    return entry


def file_entry(path: pathlib.Path, package: str) -> dict:
    data = path.read_bytes()
    checksums = [{"algorithm": name.upper(), "checksumValue": hashlib.new(name, data).hexdigest()} for name in ("sha1", "sha256")]
    return {"SPDXID": f"SPDXRef-File-{re.sub(r'[^A-Za-z0-9.-]', '-', place(path).lstrip('/'))}", "fileName": f".{place(path)}", "checksums": checksums,
            "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION", "comment": f"of the package {package}"}


def swift() -> dict:
    version = re.search(r"Swift version (\S+)", run("swift", "--version"))[1]
    return package_entry("swift-standard-library", version, SWIFT_LICENCE, None,
                         "the Embedded standard library, which the compiler puts into our own objects piece by piece")


def shared_libraries(program: pathlib.Path, triple: str) -> list[pathlib.Path]:
    """The libraries that a program asks for when it starts."""
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", program))
    folders = [pathlib.Path(f"/usr/lib/{triple}"), pathlib.Path(f"/usr/{triple}/lib")]
    if triple == TRIPLES["armv7"]:
        folders.insert(0, LINKED_FOR_32_BITS / "lib")
    return [next(folder / name for folder in folders if (folder / name).exists()) for name in sorted(needed)]


def document(program: pathlib.Path) -> dict:
    name, architecture = re.fullmatch(r"(.*?)(?:-(armv7|x86_64))?", program.name).groups(default="aarch64")
    scratch = f".build-{architecture}"
    text = (ROOT / scratch / f"{name}.map").read_text()
    version = re.search(r'exporterVersion = "ferrite (.*)"', (ROOT / "Sources/Exporter/Write/Provenance.swift").read_text())[1]
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    main = package_entry(program.name, version, "NOASSERTION", None, "no licence has been stated yet")
    main["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    packages, files, relations = [main], [], [("SPDXRef-DOCUMENT", "DESCRIBES", main["SPDXID"])]

    def add(package: dict, kind: str) -> None:
        if package["SPDXID"] not in [known["SPDXID"] for known in packages]:
            packages.append(package)
        if (main["SPDXID"], kind, package["SPDXID"]) not in relations:
            relations.append((main["SPDXID"], kind, package["SPDXID"]))

    add(swift(), "STATIC_LINK")
    for path in linked_files(text, scratch):
        package = described(path)
        add(package, "STATIC_LINK")
        files.append(file_entry(path, package["name"]))
        relations.append((main["SPDXID"], "STATIC_LINK", files[-1]["SPDXID"]))
    for library in shared_libraries(program, TRIPLES[architecture]):
        add(described(library), "DYNAMIC_LINK")
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"{program.name} {version}",
        "documentNamespace": f"urn:ferrite:sbom:{program.name}:{version}:{digest}",
        "creationInfo": {"created": datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": ["Tool: ferrite-scripts/sbom.py"]},
        "packages": packages, "files": files,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations]}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: scripts/sbom.py PROGRAM")
    program = pathlib.Path(sys.argv[1])
    if not program.is_file():
        sys.exit(f"sbom: {program}: is not there; make device builds it")
    if not re.fullmatch(r"ferrite-(edge|mqtt|mjpeg)(-\w+)?", program.name):
        sys.exit(f"sbom: {program}: is no program for boards")
    result = document(program)
    path = program.with_name(f"{program.name}.spdx.json")
    path.write_text(json.dumps(result, indent=1) + "\n")
    listed = ", ".join(f"{package['name']} {package['versionInfo']}" for package in result["packages"][1:])
    print(f"{path}: {listed}")


if __name__ == "__main__":
    main()
