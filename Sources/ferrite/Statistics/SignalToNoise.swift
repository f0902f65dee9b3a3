import Glibc

/// Signal to quantisation noise of a tensor against its float reference, gathered over images.
struct SignalToNoise: Equatable, Codable, Sendable {
  private var signal = 0.0
  private var noise = 0.0

  mutating func record(exact: Double, approximate: Double) {
    let difference = exact - approximate
    signal += exact * exact
    noise += difference * difference
  }

  mutating func merge(_ other: SignalToNoise) {
    signal += other.signal
    noise += other.noise
  }

  var isSound: Bool { signal.isFinite && noise.isFinite && signal >= 0 && noise >= 0 }

  /// `10 log10(signal / noise)`; nil without signal, infinite without noise.
  var decibels: Double? {
    guard signal > 0 else { return nil }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }
}
