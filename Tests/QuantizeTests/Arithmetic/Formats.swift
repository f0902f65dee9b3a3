import EdgeRuntime

extension FixedFormat {
  /// Signed and unsigned formats of these widths.
  static func every(_ widths: ClosedRange<Int>, fraction: Int) -> [FixedFormat] {
    widths.flatMap { width in
      [true, false].map { FixedFormat(width: width, fraction: fraction, isSigned: $0) }
    }
  }
}

extension SeededGenerator: RandomNumberGenerator {}
