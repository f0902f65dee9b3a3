import EdgeRuntime
import Foundation
import Quantize
import Testing

/// The worked examples of docs/fixed-point.md.
@Suite struct FixedPointPageTests {
  @Test func everyWorkedExampleHolds() throws {
    let examples = try Self.examples()
    #expect(examples.count >= 35)
    for example in examples {
      var words = Example(example)
      #expect(try words.isTrue() && words.isAtEnd, "\(example)")
    }
  }

  /// A test that takes any line would check nothing.
  @Test(arguments: [
    "2.75 Q(8, 4, signed) to Q(8, 1, signed) rnd sat = 2.5",
    "1 Q(8, 4, signed) + 1 Q(8, 4, signed) = 2 Q(8, 4, signed)",
    "0 Q(16, -22, signed) + 0 Q(16, 22, signed) = tooWide 63", "1 Q(8, 4, signed) negated = -1 Q(8, 4, signed)",
    "1 Q(8, 4, signed) scaled 1 = 2 Q(8, 4, signed)", "1 Q(8, 4, signed) shifted 1 trn sat = 1",
    "7 Q(4, 0, signed) += 1 Q(2, 0, signed) * 1 Q(2, 0, signed) rnd sat = -8",
    "Q(8, 6, signed) * Q(8, 7, signed) accumulated 65537 = Q(32, 13, signed)",
  ])
  func aWrongExampleFails(line: String) throws {
    var words = Example(line[...])
    #expect(try !words.isTrue())
  }

  /// The lines of the block, without comments and blank lines.
  private static func examples() throws -> [Substring] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let page = tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/fixed-point.md")
    let parts = try String(contentsOf: page, encoding: .utf8).split(separator: "```", omittingEmptySubsequences: false)
    let block = try #require(parts.first { $0.hasPrefix("fixed-point\n") })
    return block.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "#" } }
      .filter { !$0.allSatisfy(\.isWhitespace) }
  }
}

/// A line of the page, taken word after word.
private struct Example {
  private var rest: ArraySlice<Substring>

  init(_ line: Substring) {
    rest = line.replacing(", ", with: ",").split(separator: " ").map { Substring($0) }[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func isTrue() throws -> Bool {
    if rest.first?.hasPrefix("Q(") == true { return try isTrueOfFormats() }
    let number = try number()
    switch try next() {
    case "to":
      let format = try format()
      return try number.converted(to: format, rounding: rounding(), overflow: overflow()) == result(in: format)
    case "shifted":
      let shifted = try number.shifted(by: integer(), rounding: rounding(), overflow: overflow())
      return try shifted == result(in: number.format)
    case "scaled": return try number.scaled(byPowerOfTwo: integer()) == result()
    case "negated": return try -number == result()
    case "+": return try isTrue(number, plus: self.number())
    case "-": return try number - self.number() == result()
    case "*": return try number * self.number() == result()
    case "+=": return try isTrueOfStep(from: number)
    default: return false
    }
  }

  /// `A + B = C`, or `= tooWide BITS`.
  private mutating func isTrue(_ a: FixedNumber, plus b: FixedNumber) throws -> Bool {
    guard rest.dropFirst().first == "tooWide" else { return try a + b == result() }
    rest = rest.dropFirst(2)
    let width = try integer()
    do throws(FixedPointError) {
      _ = try a + b
      return false
    } catch { return error == .tooWide(width: width) }
  }

  private mutating func isTrueOfStep(from start: FixedNumber) throws -> Bool {
    let a = try number()
    guard try next() == "*" else { return false }
    let b = try number()
    var accumulator = Accumulator(
      format: start.format, rounding: try rounding(), overflow: try overflow(), start: start.raw)
    try accumulator.multiplyAdd(a, b)
    return try accumulator.sum == result(in: start.format)
  }

  /// `FORMAT * FORMAT accumulated TERMS = FORMAT`.
  private mutating func isTrueOfFormats() throws -> Bool {
    let a = try format()
    guard try next() == "*" else { return false }
    let b = try format()
    guard try next() == "accumulated" else { return false }
    let terms = try integer()
    guard try next() == "=" else { return false }
    return try a.product(with: b).accumulated(terms: terms) == format()
  }

  private mutating func next() throws -> Substring {
    let word = rest.popFirst()
    return try #require(word)
  }

  private mutating func integer() throws -> Int {
    let word = try next()
    return try #require(Int(word))
  }

  private mutating func rounding() throws -> Rounding {
    let word = try next()
    return try #require(Rounding(name: word))
  }

  private mutating func overflow() throws -> Overflow {
    let word = try next()
    return try #require(Overflow(name: word))
  }

  private mutating func format() throws -> FixedFormat {
    let word = try next()
    let match = try #require(word.wholeMatch(of: /Q\((\d+),(-?\d+),(signed|unsigned)\)/))
    let (width, fraction) = (try #require(Int(match.1)), try #require(Int(match.2)))
    return FixedFormat(width: width, fraction: fraction, isSigned: match.3 == "signed")
  }

  /// A number that its format holds as it stands.
  private mutating func number(in given: FixedFormat? = nil) throws -> FixedNumber {
    let word = try next()
    let value = try #require(Double(word))
    let number = FixedNumber(value, format: try given ?? format())
    try #require(number.value == value)
    return number
  }

  private mutating func result(in format: FixedFormat? = nil) throws -> FixedNumber {
    let word = try next()
    try #require(word == "=")
    return try number(in: format)
  }
}
