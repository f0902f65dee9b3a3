import Foundation

@testable import ImageData

/// Decodes a picture to one channel and to three.
func decodePicture(_ bytes: UnsafeRawBufferPointer) -> Bool {
  // Larger ones are allowed, but would take longer to clear than to decode.
  guard unsafe statedPixels(bytes) <= 1 << 16 else { return false }
  let data = unsafe Data(bytes)
  for channels in [1, 3] {
    do throws(DataError) {
      let image = try PixelImage(decoding: data, file: "fuzz", channels: channels)
      precondition(image.extent.channels == channels, "as many channels as asked for")
    } catch {
      precondition(!error.description.isEmpty, "an error has no words")
    }
  }
  return true
}

/// Width times height as a JPEG's frame header or a PNG's first chunk has them; 0 where there is neither.
private func statedPixels(_ bytes: UnsafeRawBufferPointer) -> Int {
  func bigEndian(_ at: Int, _ width: Int) -> Int {
    (at..<at + width).reduce(0) { unsafe $0 << 8 | Int(bytes[$1]) }
  }
  if bytes.count >= 24, unsafe bytes[0] == 0x89 {
    return min(bigEndian(16, 4), 1 << 24) * min(bigEndian(20, 4), 1 << 24)
  }
  var greatest = 0
  for at in 0..<max(0, bytes.count - 8) {
    guard unsafe bytes[at] == 0xFF, unsafe bytes[at + 1] & 0xF0 == 0xC0 else { continue }
    greatest = max(greatest, bigEndian(at + 5, 2) * bigEndian(at + 7, 2))
  }
  return greatest
}

/// Reads an array and its elements.
func readArray(_ bytes: UnsafeRawBufferPointer) -> Bool {
  do throws(DataError) {
    let array = try NumPyArray(decoding: unsafe Data(bytes), file: "fuzz.npy")
    let count = array.shape.reduce(1, *)
    var sum = 0
    for index in 0..<min(count, 4096) {
      switch array.element {
      case .uint8, .int32, .int64: sum &+= array.integer(index)
      case .float32, .float64: sum &+= Int(array.float(index).bitPattern)
      }
    }
    if array.element == .uint8 { sum &+= array.bytes(from: count / 2, count: count - count / 2).count }
    unsafe blackHole = UInt64(truncatingIfNeeded: sum)
  } catch {
    precondition(!error.description.isEmpty, "an error has no words")
  }
  return true
}

/// Reads a table and decodes its pictures.
func readTable(_ bytes: UnsafeRawBufferPointer) -> Bool {
  do throws(DataError) {
    let table = try ExpressionTable(decoding: unsafe Data(bytes), file: "fuzz.csv", classes: 7, usage: nil)
    for index in table.rows.indices {
      do throws(DataError) {
        let sample = try table.sample(index, extent: ImageExtent(width: 3, height: 2, channels: 1))
        precondition(sample.image.pixels.count == 6 && sample.label < 7, "a sample of another shape")
      } catch { continue }
    }
  } catch {
    precondition(!error.description.isEmpty, "an error has no words")
  }
  return true
}
