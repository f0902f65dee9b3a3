#!/usr/bin/env python3
"""How much around a found face a network trained on FER-2013 wants to see.

    Benchmarks/face_margin.py FER2013 MODEL.fxm [--ferrite .build/release/ferrite] [--faces 1200]

FER2013 is a folder with public_test-images.npy and public_test-labels.npy; MODEL.fxm a network for its faces. Faces are put at seeded
places and sizes (70 to 199 pixels) into scikit-image's photographs, two a picture, and looked for by `ferrite detect`; where a
rectangle's place says that it is one of them, the square around it, with each margin, is brought to 48 x 48 by OpenCV's area mean and
classified. The first line has the found rectangles against the faces as they were put in, the second the network on those faces
themselves. Needs what against_opencv.py needs.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np

import against_opencv

MARGINS = [0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4]


def scenes(faces: np.ndarray, count: int, seed: int = 1):
    """Pictures, and of each the place and index of its two faces."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(faces))[:count]
    backgrounds = against_opencv.photographs()
    for start in range(0, count, 2):
        picture, placed = backgrounds[start // 2 % len(backgrounds)].copy(), []
        for half, index in enumerate(order[start:start + 2]):
            side = int(generator.integers(70, 200))
            x = half * 320 + int(generator.integers(20, 300 - side))
            y = int(generator.integers(20, 460 - side))
            picture[y:y + side, x:x + side] = cv2.resize(faces[index], (side, side), interpolation=cv2.INTER_CUBIC)
            placed.append((x, y, side, index))
        yield picture, placed


def square(picture: np.ndarray, box: tuple, margin: float) -> np.ndarray:
    """The square that `FaceSquare` takes, at 48 x 48."""
    x, y, extent, _ = box
    side = min((extent * round(margin * 256) + 128) // 256, *picture.shape)
    left = min(max((2 * x + extent - side) >> 1, 0), picture.shape[1] - side)
    top = min(max((2 * y + extent - side) >> 1, 0), picture.shape[0] - side)
    return cv2.resize(picture[top:top + side, left:left + side], (48, 48), interpolation=cv2.INTER_AREA)


def accuracy(program: str, model: pathlib.Path, folder: pathlib.Path, images: list, labels: list) -> float:
    np.save(folder / "c-images.npy", np.array(images, dtype=np.uint8))
    np.save(folder / "c-labels.npy", np.array(labels))
    words = [program, "run", str(model), "--data", str(folder / "c-images.npy"), "--json"]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    return float(np.mean([json.loads(line)["index"] == label for line, label in zip(lines, labels)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fer2013", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--ferrite", default=".build/release/ferrite")
    parser.add_argument("--cascade", default="/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml")
    parser.add_argument("--faces", type=int, default=1200)
    arguments = parser.parse_args()
    faces = np.load(arguments.fer2013 / "public_test-images.npy")
    all_labels = np.load(arguments.fer2013 / "public_test-labels.npy")
    relative, chosen, labels, crops = [], [], [], {margin: [] for margin in MARGINS}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cascade = folder / "face.fxc"
        subprocess.run([arguments.ferrite, "export", arguments.cascade, "-o", cascade], check=True, capture_output=True)
        pictures = list(scenes(faces, arguments.faces))
        files = [folder / f"{index:04}.pgm" for index in range(len(pictures))]
        for file, (picture, _) in zip(files, pictures):
            cv2.imwrite(str(file), picture)
        for (picture, placed), found in zip(pictures, against_opencv.ferrite(arguments.ferrite, cascade, files, 48)):
            for x, y, side, index in placed:
                boxes = [box for box in found if against_opencv.is_hit((x, y, side, side), box)]
                if not boxes:
                    continue
                box = boxes[0]
                relative.append(((box[0] + box[2] / 2 - x) / side - 0.5, (box[1] + box[3] / 2 - y) / side - 0.5, box[2] / side))
                chosen.append(faces[index])
                labels.append(int(all_labels[index]))
                for margin in MARGINS:
                    crops[margin].append(square(picture, box, margin))
        across, down, size = np.median(relative, axis=0)
        print(f"{len(labels)} of {arguments.faces} faces found; the median rectangle is {size:.3f} of the face's size, its "
              f"centre {across:+.3f} to the right and {down:+.3f} down")
        print(f"as they were put in: accuracy {accuracy(arguments.ferrite, arguments.model, folder, chosen, labels):.2%}")
        for margin in MARGINS:
            print(f"margin {margin:.2f}: accuracy {accuracy(arguments.ferrite, arguments.model, folder, crops[margin], labels):.2%}")


if __name__ == "__main__":
    main()
