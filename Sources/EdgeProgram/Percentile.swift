/// One of the times by which reports tell how long things took: the least one that `permille` of 1000 don't exceed.
public struct Percentile: Sendable {
  public let permille: Int
  /// In JSON.
  public let key: StaticString
  /// In Prometheus's text.
  public let quantile: StaticString

  public static let half = Percentile(permille: 500, key: "p50", quantile: "0.5")
  public static let ninety = Percentile(permille: 900, key: "p90", quantile: "0.9")
  public static let ninetyNine = Percentile(permille: 990, key: "p99", quantile: "0.99")
  public static let mostOfAll = Percentile(permille: 999, key: "p999", quantile: "0.999")
  public static let greatest = Percentile(permille: 1000, key: "max", quantile: "1")

  /// Those of a stream's stages.
  public static var ofStages: InlineArray<4, Percentile> { [half, ninetyNine, mostOfAll, greatest] }
  /// Those of a benchmark.
  public static var ofFrames: InlineArray<5, Percentile> { [half, ninety, ninetyNine, mostOfAll, greatest] }
}

extension TextWriter {
  /// A JSON object of microseconds.
  ///
  /// - Parameters:
  ///   - fractionDigits: 0 to 3.
  ///   - nanoseconds: of a percentile.
  public mutating func percentiles<let count: Int>(
    _ percentiles: InlineArray<count, Percentile>, fractionDigits: Int, _ nanoseconds: (Percentile) -> UInt64
  ) {
    for index in percentiles.indices {
      text(index == 0 ? "{\"" : ",\"")
      text(percentiles[index].key)
      text("\":")
      microseconds(nanoseconds(percentiles[index]), fractionDigits: fractionDigits)
    }
    text("}")
  }

  /// The head of a table of stages' times.
  @export(interface)
  public mutating func stagesHead() { text("  us                 p50       p99     p99.9       max\n") }

  /// A row of it.
  @export(interface)
  public mutating func stage(_ name: StaticString, _ nanoseconds: (Percentile) -> UInt64) {
    text("  ")
    text(name)
    blanks(12 - name.utf8CodeUnitCount)
    let percentiles = Percentile.ofStages
    for index in percentiles.indices {
      microseconds(nanoseconds(percentiles[index]), fractionDigits: 0, width: 10)
    }
    text("\n")
  }

  /// Nanoseconds as microseconds, what is left of them rounded up, and blanks before it up to `width` bytes.
  ///
  /// - Parameter fractionDigits: 0 to 3.
  @export(interface)
  public mutating func microseconds(_ nanoseconds: UInt64, fractionDigits: Int = 0, width: Int = 0) {
    var unit: UInt64 = 1000
    for _ in 0..<fractionDigits { unit /= 10 }
    let scaled = nanoseconds / unit + (nanoseconds % unit == 0 ? 0 : 1)
    decimal(Int64(clamping: scaled), fractionDigits: fractionDigits, width: width)
  }
}
