import EdgeRuntime
import ImageData

/// A detector for pictures of one size.
@safe
final class FaceFinder {
  private let memory: UnsafeMutableRawBufferPointer
  private var detector: CascadeDetector

  /// - Parameters:
  ///   - extent: of pictures, within `CascadeDetector.frameExtents`.
  init(_ cascade: LoadedCascade, _ extent: ImageExtent, _ settings: DetectorSettings) {
    unsafe memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: CascadeDetector.memoryBytes(cascade.file, width: extent.width, height: extent.height, settings),
      alignment: Layout.alignment)
    detector = unsafe CascadeDetector(
      cascade.file, width: extent.width, height: extent.height, settings, unsafeMemory: memory)
  }

  deinit { unsafe memory.deallocate() }

  /// The faces of a grey picture, those on which most windows agree first.
  func faces(in image: PixelImage) -> [Detection] {
    precondition(image.extent.channels == 1 && image.extent.width == detector.frameWidth, "another picture's size")
    precondition(image.extent.height == detector.frameHeight, "another picture's size")
    unsafe image.pixels.withUnsafeBytes { pixels in
      guard let base = pixels.baseAddress else { return }
      unsafe detector.run(unsafeSource: base, pixelStep: 1, rowStep: image.extent.width)
    }
    return (0..<detector.count).map { detector[$0] }
  }

  /// Whether the last picture had more windows to group than there was room for.
  var isOverfull: Bool { detector.isOverfull }
}
