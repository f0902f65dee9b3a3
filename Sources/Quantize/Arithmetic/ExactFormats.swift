import EdgeRuntime

/// Why an exact result has no format.
public enum FixedPointError: Error, Equatable, Sendable {
  /// It needs so many bits, above 62: binary points too far apart, or factors too wide.
  case tooWide(width: Int)
  /// Its binary point would lie outside -128...128.
  case fractionOutOfRange(fraction: Int)
}

/// The formats that hold every exact result, by `ap_fixed`'s rules (AMD UG1399, "Binary Arithmetic Operators").
extension FixedFormat {
  /// Bits left of the binary point, the sign included (`I` of `ap_fixed`); negative where all values are far below one.
  public var integerBits: Int { width - fraction }

  /// Every `a + b`: the finer fraction, and one integer bit more than the larger operand. Signed if one of them is.
  public func sum(with other: FixedFormat) throws(FixedPointError) -> FixedFormat {
    try joined(with: other, isSigned: isSigned || other.isSigned)
  }

  /// Every `a - b`: as for a sum, and signed always.
  public func difference(with other: FixedFormat) throws(FixedPointError) -> FixedFormat {
    try joined(with: other, isSigned: true)
  }

  /// Every `a * b`: widths and fractions add. Signed if one of them is.
  public func product(with other: FixedFormat) throws(FixedPointError) -> FixedFormat {
    try .exact(
      width: width + other.width, fraction: fraction + other.fraction, isSigned: isSigned || other.isSigned)
  }

  /// Every `-a`: signed, and one bit more.
  public func negation() throws(FixedPointError) -> FixedFormat {
    try .exact(width: width + 1, fraction: fraction, isSigned: true)
  }

  /// Every sum of `terms` numbers of this format: ceil(log2 terms) guard bits, so that an accumulator never overflows.
  ///
  /// - Parameter terms: 1 and above.
  public func accumulated(terms: Int) throws(FixedPointError) -> FixedFormat {
    precondition(terms >= 1, "a sum has terms")
    let guardBits = Int.bitWidth - (terms - 1).leadingZeroBitCount
    return try .exact(width: width + guardBits, fraction: fraction, isSigned: isSigned)
  }

  /// An unsigned operand beside a signed one needs a bit for the sign.
  private func joined(with other: FixedFormat, isSigned: Bool) throws(FixedPointError) -> FixedFormat {
    let mine = integerBits + (other.isSigned && !self.isSigned ? 1 : 0)
    let others = other.integerBits + (self.isSigned && !other.isSigned ? 1 : 0)
    let fraction = max(fraction, other.fraction)
    return try .exact(width: max(mine, others) + 1 + fraction, fraction: fraction, isSigned: isSigned)
  }

  static func exact(width: Int, fraction: Int, isSigned: Bool) throws(FixedPointError) -> FixedFormat {
    guard width <= 62 else { throw .tooWide(width: width) }
    guard abs(fraction) <= 128 else { throw .fractionOutOfRange(fraction: fraction) }
    return FixedFormat(width: width, fraction: fraction, isSigned: isSigned)
  }
}
