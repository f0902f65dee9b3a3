import CLinux
import EdgeProgram
import EdgeRuntime

/// A cascade and a detector for frames of one size, in memory taken once.
struct FaceFinder: ~Copyable {
  private var detector: CascadeDetector

  /// - Parameters:
  ///   - path: of the cascade.
  ///   - size: of frames, each 16 to 4096.
  ///   - detection: how faces are looked for, and whose cascades are trusted.
  ///   - pool: shares the work, and outlives this value.
  init(
    _ path: Word, _ size: CameraSize, _ detection: DetectionOptions, on pool: borrowing ThreadPool
  ) throws(EdgeError) {
    let cascade = try Trust(detection.publicKey).cascade(path)
    let settings = detection.settings
    let memory = unsafe try pages(
      CascadeDetector.memoryBytes(
        cascade, width: size.width, height: size.height, settings, threads: pool.threads))
    detector = unsafe CascadeDetector(
      cascade, width: size.width, height: size.height, settings, unsafeMemory: memory, unsafePool: pool)
  }

  /// Looks for faces in a frame; the subscript has them.
  mutating func run(unsafeSource source: UnsafeRawPointer, pixelStep: Int, rowStep: Int) {
    unsafe detector.run(unsafeSource: source, pixelStep: pixelStep, rowStep: rowStep)
  }

  var count: Int { detector.count }
  /// The faces of the last frame, those on which most windows agree first.
  subscript(index: Int) -> Detection { detector[index] }
}
