/// Which value of the input each value of the output is; what is outside the input is one constant.
///
/// Cropping, padding, taking every n-th row, repeating rows and setting them apart are all of this form.
public struct RearrangeParameters: Equatable, Sendable {
  public var rows: Axis
  public var columns: Axis
  /// The input channel that is the output's first; -65535...65535.
  public var firstChannel: Int
  /// Whether a place between two of the input's is the one before it; otherwise it is outside.
  public var repeats: Bool
  /// The raw value outside.
  public var fill: Int32

  public init(rows: Axis, columns: Axis, firstChannel: Int = 0, repeats: Bool = false, fill: Int32 = 0) {
    self.rows = rows
    self.columns = columns
    self.firstChannel = firstChannel
    self.repeats = repeats
    self.fill = fill
  }

  /// Place `i` of the output lies at `(i * step + offset) / divisor` of the input.
  public struct Axis: Equatable, Sendable {
    /// 1...255.
    public var step: Int
    /// -2^24...2^24.
    public var offset: Int
    /// 1...255.
    public var divisor: Int

    public init(step: Int = 1, offset: Int = 0, divisor: Int = 1) {
      self.step = step
      self.offset = offset
      self.divisor = divisor
    }

    /// The place in an input of so many, -1 outside.
    ///
    /// - Parameter index: below 2^16, so that products stay below 2^25.
    @inlinable
    public func source(_ index: Int, of count: Int, repeats: Bool) -> Int {
      let place = index &* step &+ offset
      guard place >= 0 else { return -1 }
      let source = place / divisor
      return source < count && (repeats || source &* divisor == place) ? source : -1
    }
  }
}
