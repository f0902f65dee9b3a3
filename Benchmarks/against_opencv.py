#!/usr/bin/env python3
"""Ferrite's face detector against OpenCV's on photographs: do they find the same faces, and how long does each take?

    Benchmarks/against_opencv.py FER2013 [--ferrite .build/release/ferrite] [--edge build/ferrite-edge-x86_64] [--faces 600]
        [--cascade /usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml] [--rounds 9]

FER2013 is a folder with public_test-images.npy (uint8 N,48,48). Its faces are put at seeded places and sizes, eight a picture, into
scikit-image's photographs, brought to 640x480; those photographs are looked at as they are, too. Both detectors get the same grey
pixels and the same parameters (factor 1.1, 3 neighbours, least size 48, and again without a least size). Two rectangles agree from an
intersection over union of 0.5 on. Times are medians of interleaved rounds over the same pictures, one thread each.

Needs numpy, scikit-image and an OpenCV with CascadeClassifier: pip install 'opencv-python-headless<5' scikit-image
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import cv2
import numpy as np
from skimage import data

WIDTH, HEIGHT = 640, 480
PHOTOGRAPHS = ["astronaut", "camera", "cat", "coffee", "rocket", "coins", "brick", "grass", "gravel", "moon",
               "hubble_deep_field", "retina", "immunohistochemistry"]


def photographs() -> list[np.ndarray]:
    pictures = []
    for name in PHOTOGRAPHS:
        picture = getattr(data, name)()
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
        pictures.append(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
    return pictures


def scenes(faces: np.ndarray, count: int, seed: int = 1) -> tuple[list[np.ndarray], list[list[tuple]]]:
    """Photographs with eight faces each in a grid of 4 x 2 cells, 56 to 150 pixels wide; and where the faces are."""
    generator = np.random.default_rng(seed)
    backgrounds, pictures, places = photographs(), [], []
    order = generator.permutation(len(faces))[:count]
    for start in range(0, count, 8):
        picture = backgrounds[start // 8 % len(backgrounds)].copy()
        placed = []
        for cell, index in enumerate(order[start:start + 8]):
            side = int(generator.integers(56, 151))
            x = cell % 4 * 160 + int(generator.integers(0, 160 - side))
            y = cell // 4 * 240 + int(generator.integers(0, 240 - side))
            picture[y:y + side, x:x + side] = cv2.resize(faces[index], (side, side), interpolation=cv2.INTER_CUBIC)
            placed.append((x, y, side, side))
        pictures.append(picture)
        places.append(placed)
    return pictures, places


def overlap(a, b) -> float:
    """Intersection over union of two x, y, width, height."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def matched(these: list, those: list) -> int:
    """How many of these agree with one of those, each of which serves once."""
    left, count = list(those), 0
    for box in these:
        best = max(left, key=lambda other: overlap(box, other), default=None)
        if best is not None and overlap(box, best) >= 0.5:
            left.remove(best)
            count += 1
    return count


def ferrite(program: str, cascade: pathlib.Path, files: list[pathlib.Path], least: int) -> list[list[tuple]]:
    words = [program, "detect", str(cascade), *map(str, files), "--json", "--min-face", str(max(least, 1))]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    return [[(f["x"], f["y"], f["width"], f["height"]) for f in json.loads(line)["faces"]] for line in lines]


def opencv(detector, picture: np.ndarray, least: int) -> list[tuple]:
    found = detector.detectMultiScale(picture, scaleFactor=1.1, minNeighbors=3, minSize=(least, least))
    return [tuple(map(int, box)) for box in found]


def compare(arguments, detector, cascade, pictures, places, files, least: int) -> None:
    ours = ferrite(arguments.ferrite, cascade, files, least)
    theirs = [opencv(detector, picture, least) for picture in pictures]
    ours_total, theirs_total = sum(map(len, ours)), sum(map(len, theirs))
    agreed = sum(matched(a, b) for a, b in zip(ours, theirs))
    same = sum(len(set(a) & set(b)) for a, b in zip(ours, theirs))
    print(f"least size {least}: OpenCV finds {theirs_total} faces, Ferrite {ours_total}; {agreed} agree: "
          f"{agreed / theirs_total:.2%} of OpenCV's, {agreed / ours_total:.2%} of Ferrite's; {same} to the pixel")
    total = sum(map(len, places))
    print(f"    of {total} faces put in, OpenCV finds {sum(map(hits, places, theirs))}, Ferrite "
          f"{sum(map(hits, places, ours))} (a rectangle's centre within the face, 0.5 to 1.5 times its width)")


def is_hit(place: tuple, box: tuple) -> bool:
    x, y, side, _ = place
    left, top, width, height = box
    return x < left + width / 2 < x + side and y < top + height / 2 < y + side and 0.5 <= width / side <= 1.5


def hits(places: list, found: list) -> int:
    return sum(any(is_hit(place, box) for box in found) for place in places)


def time(arguments, detector, cascade, pictures, files, least: int) -> None:
    ours, theirs, ratios = [], [], []
    for _ in range(arguments.rounds):
        words = [arguments.edge, "detect", str(cascade), *map(str, files), "--frames", "5", "--json", "--min-face", str(max(least, 1))]
        lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
        ours.append(statistics.mean(json.loads(line)["latency_us"]["p50"] for line in lines))
        each = []
        for picture in pictures:
            ticks = []
            for _ in range(5):
                start = cv2.getTickCount()
                opencv(detector, picture, least)
                ticks.append(cv2.getTickCount() - start)
            each.append(statistics.median(ticks) / cv2.getTickFrequency() * 1e6)
        theirs.append(statistics.mean(each))
        ratios.append(ours[-1] / theirs[-1])
    print(f"least size {least}: Ferrite {statistics.median(ours):.0f} us a picture, OpenCV {statistics.median(theirs):.0f} us; "
          f"ratio {statistics.median(ratios):.3f}, rounds {min(ratios):.3f} to {max(ratios):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fer2013", type=pathlib.Path)
    parser.add_argument("--ferrite", default=".build/release/ferrite")
    parser.add_argument("--edge", help="time this device program for this machine, too")
    parser.add_argument("--cascade", default="/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml")
    parser.add_argument("--faces", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detector = cv2.CascadeClassifier(arguments.cascade)
    pictures, places = scenes(np.load(arguments.fer2013 / "public_test-images.npy"), arguments.faces)
    alone = photographs()
    pictures, places = pictures + alone, places + [[] for _ in alone]
    with tempfile.TemporaryDirectory() as folder:
        cascade = pathlib.Path(folder) / "face.fxc"
        subprocess.run([arguments.ferrite, "export", arguments.cascade, "-o", cascade], check=True, capture_output=True)
        files = []
        for index, picture in enumerate(pictures):
            files.append(pathlib.Path(folder) / f"{index:04}.pgm")
            cv2.imwrite(str(files[-1]), picture)
        print(f"{len(pictures)} pictures of {WIDTH}x{HEIGHT}, OpenCV {cv2.__version__}")
        for least in (48, 0):
            compare(arguments, detector, cascade, pictures, places, files, least)
            if arguments.edge:
                time(arguments, detector, cascade, pictures[:12], files[:12], least)


if __name__ == "__main__":
    main()
