import Foundation

extension PointwiseFunction {
  /// The function of many arguments, channels last.
  ///
  /// - Parameter arguments: pixels x channels.
  /// - Returns: as many. Infinite where the function is, NaN where it has no value.
  public func values(at arguments: [Double]) -> [Double] {
    let values = evaluated(at: arguments)
    return values.count == arguments.count
      ? values : arguments.indices.map { values[$0 % values.count] }
  }

  /// The same, but a function without an argument may give one value, or one for each channel.
  private func evaluated(at arguments: [Double]) -> [Double] {
    switch self {
    case .argument: arguments
    case .constant(let numbers): numbers
    case .unary(let function, let operand): operand.evaluated(at: arguments).map(function.callAsFunction)
    case .binary(let function, let left, let right):
      function.joined(left.evaluated(at: arguments), right.evaluated(at: arguments))
    case .choice(let condition, let yes, let no):
      zip(condition.values(at: arguments), zip(yes.values(at: arguments), no.values(at: arguments))).map {
        $0 != 0 ? $1.0 : $1.1
      }
    }
  }
}

extension PointwiseFunction.Unary {
  public func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .negate: -x
    case .magnitude: x.magnitude
    case .reciprocal: 1 / x
    case .squareRoot: x.squareRoot()
    case .exponential: exp(x)
    case .logarithm: log(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: Foundation.tanh(x)
    case .errorFunction: erf(x)
    // The larger part apart, so that no exponential overflows.
    case .softplus: max(x, 0) + log1p(exp(-x.magnitude))
    case .roundedToEven: x.rounded(.toNearestOrEven)
    }
  }
}

extension PointwiseFunction.Binary {
  public func callAsFunction(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .minimum: Swift.min(left, right)
    case .maximum: Swift.max(left, right)
    case .power: pow(left, right)
    case .greater: left > right ? 1 : 0
    case .equal: left == right ? 1 : 0
    }
  }

  /// Of pairs; the shorter side, one value or one for each channel, is repeated.
  fileprivate func joined(_ left: [Double], _ right: [Double]) -> [Double] {
    if left.count == right.count { return zip(left, right).map { self($0, $1) } }
    if right.count == 1 { return left.map { self($0, right[0]) } }
    if left.count == 1 { return right.map { self(left[0], $0) } }
    return left.count > right.count
      ? left.indices.map { self(left[$0], right[$0 % right.count]) }
      : right.indices.map { self(left[$0 % left.count], right[$0]) }
  }
}
