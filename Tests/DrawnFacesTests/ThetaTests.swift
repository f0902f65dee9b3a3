import Foundation
import Testing

@testable import DrawnFaces

/// Pearson's r of two equally long series.
func correlation(_ a: [Double], _ b: [Double]) -> Double {
  let meanA = a.reduce(0, +) / Double(a.count)
  let meanB = b.reduce(0, +) / Double(b.count)
  var (ab, aa, bb) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    ab += (x - meanA) * (y - meanB)
    aa += (x - meanA) * (x - meanA)
    bb += (y - meanB) * (y - meanB)
  }
  return ab / (aa * bb).squareRoot()
}

@Suite("The true theta")
struct ThetaTests {
  private let size = 64

  /// Bilinear sampling as ONNX GridSample does it with `align_corners` 0, the border repeated.
  private func sample(_ face: DrawnFace, by theta: [Float]) -> [Double] {
    let size = face.size
    func pixel(_ x: Int, _ y: Int) -> Double {
      Double(face.pixels[min(max(y, 0), size - 1) * size + min(max(x, 0), size - 1)])
    }
    return (0..<size * size).map { position in
      let x = (2 * Float(position % size) + 1) / Float(size) - 1
      let y = (2 * Float(position / size) + 1) / Float(size) - 1
      let sourceX = Double(((theta[0] * x + theta[1] * y + theta[2] + 1) * Float(size) - 1) / 2)
      let sourceY = Double(((theta[3] * x + theta[4] * y + theta[5] + 1) * Float(size) - 1) / 2)
      let (left, top) = (sourceX.rounded(.down), sourceY.rounded(.down))
      let (fx, fy) = (sourceX - left, sourceY - top)
      let (column, row) = (Int(left), Int(top))
      let upper = pixel(column, row) * (1 - fx) + pixel(column + 1, row) * fx
      let lower = pixel(column, row + 1) * (1 - fx) + pixel(column + 1, row + 1) * fx
      return upper * (1 - fy) + lower * fy
    }
  }

  /// The middle of the face, which no placement moves out of the frame.
  private func middle(_ pixels: [Double]) -> [Double] {
    let inner = size / 4..<size * 3 / 4
    return inner.flatMap { row in inner.map { pixels[row * size + $0] } }
  }

  @Test("undoes the placement: the sampled drawing is the upright face")
  func samplingStraightens() {
    let faces = FaceSeries(seed: 21)
    var straightened: [Double] = []
    var asDrawn: [Double] = []
    for index in 0..<70 {
      let face = faces[index, size: size]
      let upright = middle(faces.upright[index, size: size].pixels.map(Double.init))
      straightened.append(correlation(middle(sample(face, by: face.theta.values)), upright))
      asDrawn.append(correlation(middle(face.pixels.map(Double.init)), upright))
    }
    let mean = (straightened.reduce(0, +) / 70, asDrawn.reduce(0, +) / 70)
    #expect(mean.0 > 0.85, "straightened faces correlate by \(mean.0)")
    #expect(mean.1 < 0.5, "faces as drawn correlate by \(mean.1)")
  }

  @Test("is the identity for an upright face")
  func uprightIsIdentity() {
    #expect(FaceSeries(seed: 1).upright[0, size: 48].theta.values == [1, 0, 0, 0, 1, 0])
  }

  @Test("stays within the stated placement")
  func rangeOfPlacement() {
    let faces = FaceSeries(seed: 3)
    let thetas = (0..<700).map { faces.theta($0) }
    let scales = thetas.map { ($0.row0.x * $0.row0.x + $0.row1.x * $0.row1.x).squareRoot() }
    let degrees = thetas.map { atan2($0.row1.x, $0.row0.x) * 180 / .pi }
    let shifts = thetas.flatMap { [abs($0.row0.z), abs($0.row1.z)] }
    #expect(scales.min()! >= 0.6 && scales.min()! < 0.62)
    #expect(scales.max()! <= 1.1 && scales.max()! > 1.08)
    #expect(degrees.min()! >= -35 && degrees.min()! < -33)
    #expect(degrees.max()! <= 35 && degrees.max()! > 33)
    #expect(shifts.max()! <= 0.4 && shifts.max()! > 0.38)
  }
}

@Suite("Directions")
struct DirectionTests {
  @Test("agree with the C library's cosine and sine")
  func accuracy() {
    for step in -4000...4000 {
      let turns = Double(step) / 1777
      let direction = Direction(turns: turns)
      // Most of the difference is the rounding of the argument 2 pi turns that the C library is given.
      #expect(abs(direction.cosine - cos(2 * .pi * turns)) < 5e-15)
      #expect(abs(direction.sine - sin(2 * .pi * turns)) < 5e-15)
    }
  }

  @Test("are exact at quarter turns", arguments: [(0.0, 1.0, 0.0), (0.25, 0, 1), (0.5, -1, 0), (-0.25, 0, -1)])
  func quarters(turns: Double, cosine: Double, sine: Double) {
    let direction = Direction(turns: turns)
    #expect(direction.cosine == cosine && direction.sine == sine)
  }
}
