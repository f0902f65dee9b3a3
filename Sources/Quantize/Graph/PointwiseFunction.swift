/// A function of one number, made of elementary ones: what a chain of element-wise operators on one tensor computes,
/// however an exporter spells it.
///
/// Constants may differ by channel, so that a function of a tensor's values is one for each of its channels.
public indirect enum PointwiseFunction: Equatable, Sendable {
  /// The number itself.
  case argument
  /// One number, or one for each channel.
  case constant([Double])
  case unary(Unary, PointwiseFunction)
  case binary(Binary, PointwiseFunction, PointwiseFunction)
  /// The second where the first is not 0, else the third.
  case choice(PointwiseFunction, PointwiseFunction, PointwiseFunction)

  public enum Unary: Equatable, Sendable {
    case negate, magnitude, reciprocal, squareRoot, exponential, logarithm, sigmoid, tanh, errorFunction
    /// `log(1 + e^x)`.
    case softplus
    /// The nearest whole number, halves to the even one.
    case roundedToEven
  }

  public enum Binary: Equatable, Sendable {
    case add, subtract, multiply, divide, minimum, maximum, power
    /// 1 where it holds, else 0.
    case greater, equal
  }

  public static func constant(_ number: Double) -> Self { .constant([number]) }
}

extension PointwiseFunction {
  /// This function of what another one makes.
  public func of(_ inner: Self) -> Self {
    switch self {
    case .argument: inner
    case .constant: self
    case .unary(let function, let operand): .unary(function, operand.of(inner))
    case .binary(let function, let left, let right): .binary(function, left.of(inner), right.of(inner))
    case .choice(let condition, let yes, let no): .choice(condition.of(inner), yes.of(inner), no.of(inner))
    }
  }

  /// How many functions and constants it is made of.
  public var terms: Int {
    switch self {
    case .argument: 0
    case .constant: 1
    case .unary(_, let operand): 1 + operand.terms
    case .binary(_, let left, let right): 1 + left.terms + right.terms
    case .choice(let condition, let yes, let no): 1 + condition.terms + yes.terms + no.terms
    }
  }

  /// Whether a constant differs by channel.
  public var differsByChannel: Bool {
    switch self {
    case .argument: false
    case .constant(let numbers): numbers.count > 1
    case .unary(_, let operand): operand.differsByChannel
    case .binary(_, let left, let right): left.differsByChannel || right.differsByChannel
    case .choice(let condition, let yes, let no):
      condition.differsByChannel || yes.differsByChannel || no.differsByChannel
    }
  }

  /// True if every constant is one number or has one for each of so many channels.
  func hasConstants(for channels: Int) -> Bool {
    switch self {
    case .argument: true
    case .constant(let numbers): numbers.count == 1 || numbers.count == channels
    case .unary(_, let operand): operand.hasConstants(for: channels)
    case .binary(_, let left, let right): left.hasConstants(for: channels) && right.hasConstants(for: channels)
    case .choice(let condition, let yes, let no):
      condition.hasConstants(for: channels) && yes.hasConstants(for: channels) && no.hasConstants(for: channels)
    }
  }

  /// True if the function is never negative, from its form alone; false may only mean that the form doesn't tell.
  ///
  /// - Parameter argument: whether the argument is known not to be.
  public func isNonNegative(ofNonNegative argument: Bool) -> Bool {
    switch self {
    case .argument: argument
    case .constant(let numbers): numbers.allSatisfy { $0 >= 0 }
    case .unary(let function, let operand):
      switch function {
      case .magnitude, .squareRoot, .exponential, .sigmoid, .softplus: true
      case .reciprocal, .tanh, .errorFunction, .roundedToEven: operand.isNonNegative(ofNonNegative: argument)
      case .negate, .logarithm: false
      }
    case .binary(let function, let left, let right):
      switch function {
      case .add, .divide, .minimum:
        left.isNonNegative(ofNonNegative: argument) && right.isNonNegative(ofNonNegative: argument)
      case .multiply:
        left == right || left.isNonNegative(ofNonNegative: argument) && right.isNonNegative(ofNonNegative: argument)
      case .maximum:
        left.isNonNegative(ofNonNegative: argument) || right.isNonNegative(ofNonNegative: argument)
      case .power: left.isNonNegative(ofNonNegative: argument)
      case .subtract: false
      case .greater, .equal: true
      }
    case .choice(_, let yes, let no):
      yes.isNonNegative(ofNonNegative: argument) && no.isNonNegative(ofNonNegative: argument)
    }
  }

  /// True if `f(a x) = a f(x)` for every positive `a`, from its form: a leaky ReLU is such a function. False may only mean
  /// that the form doesn't tell.
  public var isHomogeneous: Bool { degree == .of(1) }

  /// `d` with `f(a x) = a^d f(x)` for every positive `a`.
  private enum Degree: Equatable {
    case of(Int)
    /// Zero, which is of every degree.
    case any
    case none
  }

  private var degree: Degree {
    switch self {
    case .argument: return .of(1)
    case .constant(let numbers): return numbers.allSatisfy { $0 == 0 } ? .any : .of(0)
    case .unary(let function, let operand):
      switch (function, operand.degree) {
      case (.negate, let degree), (.magnitude, let degree): return degree
      case (.reciprocal, .of(let degree)): return .of(-degree)
      case (_, .of(0)): return .of(0)
      default: return .none
      }
    case .binary(let function, let left, let right):
      switch (function, left.degree, right.degree) {
      case (.add, .any, let degree), (.add, let degree, .any), (.subtract, .any, let degree),
        (.subtract, let degree, .any), (.minimum, .any, let degree), (.minimum, let degree, .any),
        (.maximum, .any, let degree), (.maximum, let degree, .any):
        return degree
      case (.multiply, .of(let first), .of(let second)): return .of(first + second)
      case (.divide, .of(let first), .of(let second)): return .of(first - second)
      case (.power, .of(0), .of(0)): return .of(0)
      case (.greater, .none, _), (.greater, _, .none), (.equal, .none, _), (.equal, _, .none): return .none
      case (.greater, let first, let second), (.equal, let first, let second):
        return first == second || first == .any || second == .any ? .of(0) : .none
      case (.add, let first, let second), (.subtract, let first, let second), (.minimum, let first, let second),
        (.maximum, let first, let second):
        return first == second ? first : .none
      default: return .none
      }
    case .choice(let condition, let yes, let no):
      guard condition.degree == .of(0) else { return .none }
      if yes.degree == .any { return no.degree }
      return no.degree == .any || no.degree == yes.degree ? yes.degree : .none
    }
  }
}

extension PointwiseFunction {
  public static func + (left: Self, right: Self) -> Self { .binary(.add, left, right) }
  public static func - (left: Self, right: Self) -> Self { .binary(.subtract, left, right) }
  public static func * (left: Self, right: Self) -> Self { .binary(.multiply, left, right) }
  public static func / (left: Self, right: Self) -> Self { .binary(.divide, left, right) }

  /// `x * scale + shift`, by channel; constants that are the same for all channels are one.
  public static func channelwise(scale: [Float], shift: [Float]) -> Self {
    func constant(_ numbers: [Float]) -> Self {
      .constant(Set(numbers).count == 1 ? [Double(numbers[0])] : numbers.map(Double.init))
    }
    let scaled = scale.allSatisfy { $0 == 1 } ? argument : argument * constant(scale)
    return shift.allSatisfy { $0 == 0 } ? scaled : scaled + constant(shift)
  }

  /// `min(max(x, least), greatest)`; infinite ends are none.
  public static func clip(_ operand: Self, least: Double, greatest: Double) -> Self {
    let raised = least == -.infinity ? operand : .binary(.maximum, operand, .constant(least))
    return greatest == .infinity ? raised : .binary(.minimum, raised, .constant(greatest))
  }
}
