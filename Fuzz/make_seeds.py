#!/usr/bin/python3
"""Makes Fuzz/Corpus, the inputs that fuzzing starts from, out of the committed networks and boards. Models are those of
Tests/EdgeRuntimeTests/Fixtures/networks.

    Fuzz/make_seeds.py        after 'make build' and 'Fuzz/fuzz.py --build'

The same files every time; each is a few kilobytes, so that libFuzzer runs through them in a second.
"""

import base64
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import zlib

import fuzz

ROOT = fuzz.ROOT
CORPUS = fuzz.SEEDS
FERRITE = ROOT / ".build/release/ferrite"
NETWORKS = ROOT / "Tests/ExporterTests/Fixtures"

def put(target: str, name: str, data: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def npy(descriptor: str, shape: tuple, data: bytes) -> bytes:
    """An array in NumPy's format, version 1.0."""
    header = f"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def networks() -> None:
    for path in sorted(NETWORKS.glob("*.onnx")):
        # The detector has several outputs and lists.
        if path.stat().st_size < 20_000 or path.stem == "detector":
            put("onnx", path.name, path.read_bytes())


def cascades() -> None:
    """Two stages of seeded stumps, as OpenCV writes them, and what `ferrite export` makes of them."""
    random.seed(20)
    features = [(0, 0, 1, 1), (1, 2, 3, 4), (6, 6, 4, 4), (0, 9, 8, 5)]

    def stump(feature: int) -> str:
        subset = " ".join(str(random.randrange(-2**31, 2**31)) for _ in range(8))
        return (f"<_><internalNodes>0 -1 {feature} {subset}</internalNodes>"
                f"<leafValues>{random.uniform(-1, 0):.6f} {random.uniform(0, 1):.6f}</leafValues></_>")

    def stage(stumps: list) -> str:
        inner = "\n".join(map(stump, stumps))
        return f"<_><stageThreshold>-0.25</stageThreshold><weakClassifiers>{inner}</weakClassifiers></_>"

    rects = "".join(f"<_><rect>{x} {y} {w} {h}</rect></_>" for x, y, w, h in features)
    document = (
        '<?xml version="1.0"?>\n<opencv_storage><cascade type_id="opencv-cascade-classifier">\n'
        "<stageType>BOOST</stageType><featureType>LBP</featureType><height>24</height><width>24</width>\n"
        "<featureParams><maxCatCount>256</maxCatCount></featureParams>\n<stages>"
        f"{stage([0, 1])}\n{stage([2, 3, 1])}</stages>\n<features>{rects}</features></cascade></opencv_storage>\n")
    put("cascade-xml", "small.xml", document.encode())
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "small.xml"
        source.write_text(document)
        subprocess.run(
            [FERRITE, "export", source, "-o", source.with_suffix(".fxc")], check=True, stdout=subprocess.DEVNULL)
        put("cascade", "small.fxc", source.with_suffix(".fxc").read_bytes())


def boards() -> None:
    for path in sorted((ROOT / "boards").glob("*.board")):
        put("board", path.name, path.read_bytes())
    put("board", "lights.board", b"led.happy = status\nblink.happy = 100 50\nstrength = probability\n"
        b"pwm.sad = pwmchip0 1 20000 500 1500\npulse.sad = 300\n")
    put("board", "bits.board", b"chip-label = c\r\nactive-low = yes\nsafe = low\ndrive = open-drain\nbias = pull-up\n"
        b"bit.0 = 17\nbit.1 = GPIO27\nheartbeat = 5\n# end")


def arrays() -> None:
    for name, descriptor, shape, size in (
            ("bytes", "|u1", (2, 3, 4), 24), ("colour", "|u1", (1, 2, 2, 3), 12), ("integers", "<i4", (3,), 12),
            ("long", "<i8", (2,), 16), ("numbers", "<f4", (2, 3), 24), ("doubles", "<f8", (1, 2), 16)):
        put("array", f"{name}.npy", npy(descriptor, shape, bytes(range(size))))
    put("table", "faces.csv", b"emotion,pixels,Usage\n0,0 1 2 3 4 5,Training\n6,\"9 8 7 6 5 255\",PublicTest\r\n"
        b"3,1 2 3,PrivateTest\n")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth: int, colour: int, channels: int, extra: bytes = b"") -> bytes:
    row = -(-5 * channels * depth // 8)
    data = b"".join(bytes([y % 5]) + bytes((y * 37 + x * 11) % 256 for x in range(row)) for y in range(4))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 4, depth, colour, 0, 0, 0)) + extra
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def pictures() -> None:
    palette = chunk(b"PLTE", bytes(range(48))) + chunk(b"tRNS", bytes([0, 128]))
    for name, data in (
            ("grey", png(8, 0, 1)), ("deep", png(16, 0, 1)), ("colour", png(8, 2, 3)), ("alpha", png(8, 6, 4)),
            ("palette", png(4, 3, 1, palette)), ("bits", png(1, 0, 1))):
        put("image", f"{name}.png", data)
    grey = bytes(range(20))
    put("image", "binary.pgm", b"P5\n# five by four\n5 4 255\n" + grey)
    put("image", "decimal.pgm", b"P2 5 4 19\n" + b" ".join(str(value).encode() for value in grey))
    # Encoded once by Pillow 13: encoders differ from version to version.
    for name, data in JPEGS.items():
        put("image", f"{name}.jpg", base64.b64decode(data))
    header = b"P5 5 4 255\n"
    put("frames", "pgm", b"\x00" + header + grey + b"P5\n#c\n5 4\n255\n" + grey)
    put("frames", "raw", b"\x01" + grey + grey)
    put("frames", "pictures", b"\x02P5 16 16 255\n" + bytes(256) + b"P5 17 20 255\n" + bytes(340))
    put("frames", "three-channels", b"\x05" + grey * 3)


JPEGS = {
    "grey":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCN"
        "l4x9lnN+gXz/wAALCAAJABEBAREA/8QAFwAAAwEAAAAAAAAAAAAAAAAAAQMFBP/EACcQAAEBBgMJAAAAAAAAAAAAAAECAAMEBREhMUFRExQ2"
        "VIGCo7LR/9oACAEBAAA/AC5k8PBOdtFLQ6djNVq2rQam2AYKmoSsIlkKFgG7x8DQ44JF9DUnoy95nXNeFHxsU+4kiuz0S1CXZNXb/9k=",
    "progressive":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCN"
        "l4x9lnN+gXz/wgALCAAJABEBAREA/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAIEA//aAAgBAQAAAAEFwos//8QAGxAAAQQDAAAAAAAAAAAAAAAA"
        "AwABAhASEzT/2gAIAQEAAQUCYMYNtWRkfpHX/8QAHRAAAQIHAAAAAAAAAAAAAAAAAAECEBEhIzKBof/aAAgBAQAGPwKbqIW27Uy4Oj//xAAb"
        "EAACAgMBAAAAAAAAAAAAAAABEQCxEDHwYf/aAAgBAQABPyFxx6QoU/nU5jKtDL//2gAIAQEAAAAQm//EAB4QAQACAQQDAAAAAAAAAAAAAAER"
        "ITEAEEFRgdHw/9oACAEBAAE/EIEdzSamDtrBoRMRsGHOBfTK+NfT07Dcdv/Z",
    "subsampled":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8"
        "ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAAR"
        "CAAKABIDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABAUA/8QAGxAAAgIDAQAAAAAAAAAAAAAAAAEDUQQRYRT/xAAXAQADAQAAAAAA"
        "AAAAAAAAAAACAwQF/8QAGBEAAwEBAAAAAAAAAAAAAAAAAAECBBT/2gAMAwEAAhEDEQA/AJsWDwXFgcGxJUhkSVIiVti8+iib4OGLelSMEaXT"
        "Z//Z",
    "colour-progressive":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8"
        "ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wgAR"
        "CAAKABIDAREAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAwIE/8QAGQEBAAIDAAAAAAAAAAAAAAAAAwECAAQF/9oADAMBAAIQAxAAAAHM"
        "VVzYSFs+U13SV//EABgQAAMBAQAAAAAAAAAAAAAAAAABAhAS/9oACAEBAAEFAlAoOBCz/8QAFxEBAQEBAAAAAAAAAAAAAAAAAgAQEv/aAAgB"
        "AwEBPwEuLu4xz//EABcRAAMBAAAAAAAAAAAAAAAAAAAREiD/2gAIAQIBAT8Boef/xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAY/Al//"
        "xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAE/IUs//9oADAMBAAIAAwAAABBRIb//xAAXEQEAAwAAAAAAAAAAAAAAAAAAAREg/9oACAED"
        "AQE/EMLSW//EABcRAAMBAAAAAAAAAAAAAAAAAAABECH/2gAIAQIBAT8Q0aiFP//EABkQAQEAAwEAAAAAAAAAAAAAAAEAEVFhcf/aAAgBAQAB"
        "PxDlc7zE0RNFg0X/2Q==",
    "restarts":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H/"
        "///6/+b9//j/2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAAR"
        "CAAKABIDASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAAQDBf/EABsQAAICAwEAAAAAAAAAAAAAAAABAlEEEWEU/8QAFgEBAQEAAAAA"
        "AAAAAAAAAAAABAID/8QAGBEAAwEBAAAAAAAAAAAAAAAAAAECAxP/3QAEAAH/2gAMAwEAAhEDEQA/AI4Y3DeGLwpglRRBKg6psjLWj//QeXgO"
        "lpUDAT2o/9k=",
    "cmyk":
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAoHB4jHhkoIyEjLSsoMDxkQTw3Nzx7WF1JZJGAmZaPgIyKoLTmw6Cq2q2KjMj/y9ru9f///5vB////"
        "+v/m/f/4/8AAFAgACgASBEMRAE0RAFkRAEsRAP/EABgAAAMBAQAAAAAAAAAAAAAAAAAEBQMG/8QAHhAAAQIHAQAAAAAAAAAAAAAAAAERAgME"
        "FEFRYTH/2gAOBEMATQBZAEsAAD8An02Bew4SIYXLJXpsBYcNYZD4AfTwLDhpa8A5mmwW2TSGUkCvTYBk0g9JQB9PAZNIMsmgP//Z",
}


def main() -> None:
    shutil.rmtree(CORPUS, ignore_errors=True)
    for make in (networks, cascades, boards, arrays, pictures):
        make()
    calibration = CORPUS / "calibration"
    calibration.mkdir()
    subprocess.run([fuzz.PROGRAM, "calibration-seed", calibration / "small.fxcal"], check=True, env=fuzz.ENVIRONMENT)
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    print(f"{len(files)} seeds, {sum(path.stat().st_size for path in files)} bytes")


if __name__ == "__main__":
    main()
