import EdgeRuntime

/// From format to format.
extension FixedFormat {
  /// The raw value of `raw * 2^-fraction` in this format: rounded first, then fitted; exact for every `fraction`.
  ///
  /// - Parameter raw: within ±2^62.
  public func raw(_ raw: Int64, fraction: Int, rounding: Rounding, overflow: Overflow) -> Int64 {
    let dropped = fraction - self.fraction
    return dropped >= 0
      ? overflow.fit(rounding.shiftRight(raw, by: dropped), into: self)
      : overflow.fit(raw, shiftedLeft: -dropped, into: self)
  }
}
