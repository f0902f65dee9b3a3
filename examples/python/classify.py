#!/usr/bin/env python3
"""classify.py MODEL.fxm IMAGE.pgm...: a line for each picture, a binary PGM of the model's size. All of them run as one batch."""

import sys

import ferrite
import numpy as np

with ferrite.Session(sys.argv[1]) as session:
    if not session.labels:
        sys.exit(f"classify.py: {sys.argv[1]}: the model doesn't tell classes")
    if len(session.inputs) > 1:
        sys.exit(f"classify.py: {sys.argv[1]}: the model takes more than pictures: {', '.join(one.name for one in session.inputs[1:])}")
    height, width, _ = session.input_shape
    # A PGM's pixels stand behind its header, to the end of the file.
    pictures = np.stack([np.fromfile(path, np.uint8)[-height * width:].reshape(height, width) for path in sys.argv[2:]])
    result = session.run(pictures)
    for path, label, probabilities in zip(sys.argv[2:], result.label, result.probabilities):
        print(f"{path}: {label} {probabilities.max():.6f}")
