#!/usr/bin/env python3
"""What Python adds to a frame: processor time of the C library's call alone, of pictures run as one batch, and of pictures run one by one.

usage: python_session.py MODEL.fxm, with the wheel of `make wheel` installed. Microseconds a picture, the least of seven rounds of 2000 pictures of noise.
"""

import sys
import time
from typing import Callable

import ferrite
import numpy as np
from ferrite import _library

PICTURES, ROUNDS = 2000, 7


def microseconds(work: Callable[[], object]) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start
    return min(once() for _ in range(ROUNDS)) / PICTURES * 1e6


def main() -> None:
    session = ferrite.Session(sys.argv[1])
    pictures = np.random.default_rng(1).integers(0, 256, (PICTURES, *session.input_shape), dtype=np.uint8)
    call, bytes_of_one = _library.library.ferrite_run, pictures[0].nbytes
    print(f"ferrite_run  {microseconds(lambda: [call(session._handle, one.ctypes.data, bytes_of_one, None) for one in pictures]):.1f}")
    print(f"as a batch   {microseconds(lambda: session.run(pictures)):.1f}")
    print(f"one by one   {microseconds(lambda: [session.run(one) for one in pictures]):.1f}")


if __name__ == "__main__":
    main()
