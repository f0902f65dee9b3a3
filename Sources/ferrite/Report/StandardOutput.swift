// The C library's `stdout` is a variable, which nothing here or in Swift's library ever sets.
@unsafe @preconcurrency import Glibc

/// Results that nobody can get are a failure: a full disk, or a closed output.
func flushOutput() throws {
  errno = 0
  guard unsafe fflush(stdout) == 0, unsafe ferror(stdout) == 0 else {
    throw BadData("standard output: can't be written\(errno == 0 ? "" : " (\(systemMessage(errno)))")")
  }
}
