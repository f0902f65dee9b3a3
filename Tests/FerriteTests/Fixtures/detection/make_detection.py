#!/usr/bin/env python3
"""Makes astronaut.pgm and opencv.json: what OpenCV's detector finds on a photograph and on faces that `ferrite faces` draws.

    make_detection.py [.build/release/ferrite]

The photograph is a part of NASA's portrait of Eileen Collins, in the public domain, as scikit-image ships it (skimage.data.astronaut),
in grey. Each entry of opencv.json has the picture, the parameters, and the rectangles as x, y, width, height. Drawn faces are those
of `ferrite faces --count 70 --seed 5 --size 160 --format pgm`, by their names in that folder. The cascade is that of Debian's opencv-data.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import cv2
from skimage import data

HERE = pathlib.Path(__file__).parent
CASCADE = "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml"


def entry(detector, name: str, picture, factor: str, neighbours: int, least: int) -> dict:
    found = detector.detectMultiScale(
        picture, scaleFactor=float(factor), minNeighbors=neighbours, minSize=(least, least))
    boxes = sorted([int(value) for value in box] for box in found)
    return {"image": name, "scale_factor": factor, "neighbours": neighbours, "min_face": least, "boxes": boxes}


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else ".build/release/ferrite"
    cv2.setNumThreads(1)
    detector = cv2.CascadeClassifier(CASCADE)
    astronaut = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[20:276, 100:356]
    cv2.imwrite(str(HERE / "astronaut.pgm"), astronaut)
    entries = [entry(detector, "astronaut.pgm", astronaut, *parameters)
               for parameters in [("1.1", 3, 1), ("1.1", 0, 1), ("1.05", 5, 40), ("1.25", 0, 1), ("1.5", 1, 1), ("2", 0, 1)]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = str(pathlib.Path(temporary) / "faces")
        words = [program, "faces", "-o", folder, "--count", "70", "--seed", "5", "--size", "160", "--format", "pgm"]
        subprocess.run(words, check=True, capture_output=True)
        for path in sorted(pathlib.Path(folder).glob("*/*.pgm")):
            picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            name = str(path.relative_to(folder))
            entries.append(entry(detector, name, picture, "1.1", 3, 1))
            entries.append(entry(detector, name, picture, "1.2", 0, 1))
    lines = ",\n".join(json.dumps(value, separators=(",", ":")) for value in entries)
    (HERE / "opencv.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
