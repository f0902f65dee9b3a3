/// A square of a grey image at another size, by averaging areas: exact, and the same on every machine.
///
/// Pixel i of an axis covers i...i+1, and so many of them make the square's side S; a pixel of the result covers S/size of them. Its
/// value is the mean of what it covers, rounded half up.
@safe
public struct SquareReduction {
  /// Of a square's side: `S * S * 255` fits 32 bits.
  public static let greatestSide = 4096

  /// Width and height of the result, 1...4096.
  public let size: Int
  /// Width and height of the square, 1...4096.
  public let side: Int
  private let columns: UnsafeMutablePointer<UInt32>

  /// - Parameter memory: `side` values of 4 bytes, aligned to them, that outlive this value.
  public init(side: Int, to size: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    precondition(1...Self.greatestSide ~= side && 1...Self.greatestSide ~= size, "an extent is out of range")
    self.side = side
    self.size = size
    unsafe columns = memory.bindMemory(to: UInt32.self, capacity: side)
  }

  /// - Parameters:
  ///   - source: the square's first pixel; pixels are `pixelStep` bytes apart, rows `rowStep`.
  ///   - output: `size * size` bytes.
  public func run(
    unsafeSource source: UnsafeRawPointer, pixelStep: Int, rowStep: Int, to output: UnsafeMutableRawPointer
  ) {
    let area = UInt64(side * side)
    for y in 0..<size {
      unsafe sumRows(y, source, pixelStep, rowStep)
      for x in 0..<size {
        var sum: UInt64 = 0
        forEachCovered(by: x) { column, weight in sum += unsafe UInt64(weight) * UInt64(columns[column]) }
        unsafe output.storeBytes(of: UInt8((sum + area / 2) / area), toByteOffset: y * size + x, as: UInt8.self)
      }
    }
  }

  /// For each column the sum of what row `y` of the result covers, each pixel as often as `size`ths of it are covered.
  private func sumRows(_ y: Int, _ source: UnsafeRawPointer, _ pixelStep: Int, _ rowStep: Int) {
    for column in 0..<side { unsafe columns[column] = 0 }
    forEachCovered(by: y) { row, weight in
      let line = unsafe source + row * rowStep
      for column in 0..<side {
        let pixel = unsafe line.load(fromByteOffset: column * pixelStep, as: UInt8.self)
        unsafe columns[column] &+= UInt32(weight) &* UInt32(pixel)
      }
    }
  }

  /// The pixels that one of the result covers, in `size`ths of a pixel each: they sum to `side`.
  @inline(__always)
  private func forEachCovered(by index: Int, _ body: (_ pixel: Int, _ weight: Int) -> Void) {
    let (start, end) = (index * side, (index + 1) * side)
    var place = start
    while place < end {
      let pixel = place / size
      let next = min((pixel + 1) * size, end)
      body(pixel, next - place)
      place = next
    }
  }
}
