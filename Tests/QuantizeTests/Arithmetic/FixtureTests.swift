import EdgeRuntime
import Foundation
import Quantize
import Testing

/// Results that other programs computed; the script that wrote a file lies beside it and states its lines.
@Suite struct ArithmeticFixtureTests {
  /// Python's exact fractions: formats of 9 to 32 bits, binary points far apart.
  @Test func agreesWithFractions() throws { try check("fractions.txt", lines: 400) }

  /// AMD's own headers.
  @Test func agreesWithAPFixed() throws { try check("ap_fixed.txt", lines: 932) }

  private func check(_ name: String, lines count: Int) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == count)
    for line in lines {
      var words = Words(line.split(separator: " "))
      #expect(try isTrue(&words) && words.isAtEnd, "\(line)")
    }
  }

  private func isTrue(_ words: inout Words) throws -> Bool {
    switch try words.next() {
    case "convert":
      let number = try words.number()
      let (target, rule, mode) = (try words.format(), try words.rounding(), try words.overflow())
      return try number.converted(to: target, rounding: rule, overflow: mode).raw == words.integer()
    case "conversions":
      let (source, target) = (try words.format(), try words.format())
      let (rule, mode) = (try words.rounding(), try words.overflow())
      return try (source.minimumRaw...source.maximumRaw).allSatisfy { raw in
        let number = FixedNumber(raw: raw, format: source)
        return try number.converted(to: target, rounding: rule, overflow: mode).raw == words.integer()
      }
    case "sum": return try words.number() + words.number() == words.number()
    case "difference": return try words.number() - words.number() == words.number()
    case "product": return try words.number() * words.number() == words.number()
    case "negation": return try -words.number() == words.number()
    case "shift": return try words.number().shifted(by: Int(words.integer())).raw == words.integer()
    case "multiplyAdd":
      let (start, a, b) = (try words.number(), try words.number(), try words.number())
      var accumulator = Accumulator(
        format: start.format, rounding: try words.rounding(), overflow: try words.overflow(), start: start.raw)
      try accumulator.multiplyAdd(a, b)
      return try accumulator.sum.raw == words.integer()
    default: return false
    }
  }
}

/// The words of a fixture's line, taken one after another.
private struct Words {
  private var rest: ArraySlice<Substring>

  init(_ words: [Substring]) { rest = words[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func next() throws -> Substring {
    let word = rest.popFirst()
    return try #require(word)
  }

  mutating func integer() throws -> Int64 {
    let word = try next()
    return try #require(Int64(word))
  }

  mutating func rounding() throws -> Rounding {
    let word = try next()
    return try #require(Rounding(name: word))
  }

  mutating func overflow() throws -> Overflow {
    let word = try next()
    return try #require(Overflow(name: word))
  }

  mutating func number() throws -> FixedNumber { FixedNumber(raw: try integer(), format: try format()) }

  mutating func format() throws -> FixedFormat {
    let parts = try next().split(separator: ",")
    try #require(parts.count == 3)
    let (width, fraction) = (try #require(Int(parts[0])), try #require(Int(parts[1])))
    return FixedFormat(width: width, fraction: fraction, isSigned: parts[2] == "s")
  }
}

extension Rounding {
  init?(name: Substring) {
    guard let rule = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = rule
  }
}

extension Overflow {
  init?(name: Substring) {
    guard let mode = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = mode
  }
}
