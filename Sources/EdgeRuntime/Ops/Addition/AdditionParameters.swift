/// How two tensors' binary points are brought together and their sum to the output's.
public struct AdditionParameters: Equatable, Sendable {
  /// Bits that each input is shifted left by, 0...`mostLeft`; a negative number, -31 at least, shifts right, RND.
  public var first: Int32
  public var second: Int32
  /// Bits that are dropped from the sum, RND: 0...31.
  public var shift: Int32

  /// Sixteen bits, moved so far, leave room for their sum in 32.
  public static let mostLeft: Int32 = 14

  public init(first: Int32, second: Int32, shift: Int32) {
    self.first = first
    self.second = second
    self.shift = shift
  }

  /// The greatest magnitude that a sum can reach, the rounding half included.
  public func bound(_ firstFormat: FixedFormat, _ secondFormat: FixedFormat) -> Int64 {
    let half: Int64 = shift == 0 ? 0 : 1 << Int64(shift - 1)
    return reach(firstFormat, first) + reach(secondFormat, second) + half
  }

  private func reach(_ format: FixedFormat, _ left: Int32) -> Int64 {
    let most = max(format.maximumRaw, -format.minimumRaw)
    return left >= 0 ? most << Int64(left) : Rounding.rnd.shiftRight(most, by: Int(-left))
  }
}
