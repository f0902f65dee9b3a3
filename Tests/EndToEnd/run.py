#!/usr/bin/python3
"""Runs the end-to-end tests of the modules named; the last line is 'end to end: N passed, N failed'."""

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fixtures


class Result(unittest.TextTestResult):
    """Counts what passed and says how long it took."""

    passed = 0

    def startTest(self, test):
        self._started = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self.stream.writeln(f"    {time.monotonic() - self._started:.1f} s")


def main() -> int:
    fixtures.prepare()
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    failed = len({str(test).split(" [")[0] for test, _ in result.failures + result.errors})
    print(f"end to end: {result.passed} passed, {failed} failed", flush=True)
    return 0 if result.wasSuccessful() and result.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
