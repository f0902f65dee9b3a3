"""Gives the wheel the tag of the library in it; all else stands in pyproject.toml."""

import os
import pathlib
import sys

from setuptools import Distribution, setup
from wheel.bdist_wheel import bdist_wheel


class BinaryPackage(Distribution):
    def has_ext_modules(self):
        return True


class BinaryWheel(bdist_wheel):
    """For any Python 3, by ctypes, on the platform that scripts/build-wheel.sh has read off the library."""

    def get_tag(self):
        return "py3", "none", os.environ["FERRITE_WHEEL_PLATFORM"]


if not pathlib.Path("ferrite/libferrite.so").exists() or "FERRITE_WHEEL_PLATFORM" not in os.environ:
    sys.exit("ferrite: the wheel is built by `make wheel` in the folder above, which puts the compiled library into it")
setup(distclass=BinaryPackage, cmdclass={"bdist_wheel": BinaryWheel})
