import Exporter
import Glibc

/// How often a network's input has which value: a curve for each channel, and the bell of mean 0 and deviation 1 to compare with.
struct InputHistogram {
  static let height = 132
  private static let curveHeight = 108

  private let statistics: InputStatistics
  /// What the axis reaches over: -3...3, and further where the input does.
  private let range: ClosedRange<Double>

  init(_ statistics: InputStatistics) {
    self.statistics = statistics
    let ends = statistics.counts.indices.flatMap { channel in
      [0, 255].map { statistics.value($0, channel: channel) }
    }
    range = min(-3, ends.min() ?? 0)...max(3, ends.max() ?? 0)
  }

  /// The share of the pixels in each column. A pixel value stands for all that is nearer to it than to its neighbours.
  private func shares(_ channel: Int, columns: Int) -> [Double] {
    let counts = statistics.counts[channel]
    let total = Double(max(counts.reduce(0, +), 1))
    var below = [0.0]
    for count in counts { below.append(below[below.count - 1] + Double(count) / total) }
    let (black, white) = (statistics.value(0, channel: channel), statistics.value(255, channel: channel))
    /// The share of the pixels before a value, in the order of pixels.
    func shareBefore(_ value: Double) -> Double {
      let place = min(max((value - black) / (white - black) * 255 + 0.5, 0), 256)
      let pixel = min(Int(place), 255)
      return below[pixel] + (below[pixel + 1] - below[pixel]) * (place - Double(pixel))
    }
    let step = (range.upperBound - range.lowerBound) / Double(columns - 1)
    return (0..<columns).map { column in
      let value = range.lowerBound + Double(column) * step
      return abs(shareBefore(value + step / 2) - shareBefore(value - step / 2))
    }
  }

  private func column(_ value: Double, _ columns: Int) -> Int {
    let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return min(max(Int(share * Double(columns - 1)), 0), columns - 1)
  }

  func draw(on canvas: inout Canvas, x: Int, y: Int, width: Int) {
    let bottom = y + Self.curveHeight
    let step = (range.upperBound - range.lowerBound) / Double(width - 1)
    let bell = (0..<width).map { column in
      let value = range.lowerBound + Double(column) * step
      return exp(-value * value / 2) / (2 * Double.pi).squareRoot() * step
    }
    let channels = statistics.counts.count
    let curves = statistics.counts.indices.prefix(3).map { shares($0, columns: width) }
    // A single spike, such as of a black background, would flatten all that is beside it.
    let greatest = 1.5 * max(bell.max() ?? 0, curves.map { $0.sorted()[width * 99 / 100] }.max() ?? 0)
    func top(_ height: Double) -> Int { bottom - Int(min(height / greatest, 1) * Double(Self.curveHeight)) }
    let colors: [Color] = channels == 3 ? [.vermillion, .green, .blue] : [.blue, .vermillion, .green]
    for (curve, color) in zip(curves, colors) {
      for column in 0..<width where curve[column] > 0 {
        for row in top(curve[column])..<bottom {
          canvas[x + column, row] = canvas[x + column, row].mixed(with: color, share: 0.5)
        }
      }
    }
    for column in stride(from: 0, to: width, by: 2) { canvas[x + column, min(top(bell[column]), bottom - 1)] = .black }
    canvas.fill(x: x, y: bottom, width: width, height: 1, .black)
    for mark in [range.lowerBound, -1, 0, 1, range.upperBound] {
      let place = x + column(mark, width)
      canvas.fill(x: place, y: bottom, width: 1, height: 4, .black)
      let text = mark.decimals(mark == mark.rounded() ? 0 : 1)
      let textWidth = BitmapFont.advance * text.count
      let left = min(max(place - textWidth / 2, x), x + width - textWidth)
      canvas.text(text, x: left, y: bottom + 8, scale: 1)
    }
  }
}
