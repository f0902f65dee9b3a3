/// What a line or a light does while its class is the decision.
public enum Pattern: Equatable, Sendable {
  /// Active all the time.
  case steady
  /// Active once, for so many nanoseconds from when the class became the decision.
  case pulse(nanoseconds: UInt64)
  /// Active and inactive by turns, active first.
  case blink(onNanoseconds: UInt64, offNanoseconds: UInt64)

  /// - Parameter elapsed: nanoseconds since the class became the decision.
  public func isActive(after elapsed: UInt64) -> Bool {
    switch self {
    case .steady: true
    case .pulse(let nanoseconds): elapsed < nanoseconds
    case .blink(let on, let off): elapsed % (on + off) < on
    }
  }

  /// Nanoseconds since the class became the decision, greater than `elapsed`, at which the state changes next; nil for never.
  public func nextChange(after elapsed: UInt64) -> UInt64? {
    switch self {
    case .steady: nil
    case .pulse(let nanoseconds): elapsed < nanoseconds ? nanoseconds : nil
    case .blink(let on, let off):
      elapsed - elapsed % (on + off) + (elapsed % (on + off) < on ? on : on + off)
    }
  }
}
