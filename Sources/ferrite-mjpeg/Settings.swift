import CLinux
import EdgeProgram

/// What the command line says.
struct Settings {
  static let usage: StaticString = """
    usage: ferrite-mjpeg --camera /dev/videoN --size WIDTHxHEIGHT [--camera-size WIDTHxHEIGHT] | ferrite-edge watch ...
           PICTURES | ferrite-mjpeg --stdin --size WIDTHxHEIGHT [--every] | ferrite-edge watch ...
                                    with --stdin grey --size WIDTHxHEIGHT
    """

  /// Nil for standard input.
  private(set) var camera: Word?
  /// Of the frames that are written.
  let size: CameraSize
  /// What the camera is asked for.
  let cameraSize: CameraSize
  /// Whether no picture of standard input may be dropped.
  private(set) var every = false

  /// - Returns: nil where only help is asked for.
  init?(_ arguments: consuming Words) throws(MJPEGError) {
    var isStandardInput = false
    var size: CameraSize?
    var cameraSize: CameraSize?
    while let word = arguments.next() {
      if word == "--help" { return nil }
      if word == "--stdin" {
        isStandardInput = true
      } else if word == "--every" {
        every = true
      } else if word == "--camera" {
        camera = try Self.value(&arguments, word)
      } else if word == "--size" {
        size = try Self.size(&arguments, word)
      } else if word == "--camera-size" {
        cameraSize = try Self.size(&arguments, word)
      } else {
        throw .usage("unknown option", word)
      }
    }
    guard (camera != nil) != isStandardInput else { throw .usage("--camera or --stdin, one of the two", nil) }
    guard let size else { throw .usage("no --size WIDTHxHEIGHT given, the frames' that are written", nil) }
    guard cameraSize == nil || camera != nil else { throw .usage("--camera-size goes with --camera", nil) }
    guard !every || camera == nil else { throw .usage("--every goes with --stdin", nil) }
    self.size = size
    self.cameraSize = cameraSize ?? size
  }

  private static func value(_ arguments: inout Words, _ word: Word) throws(MJPEGError) -> Word {
    guard let value = arguments.next() else { throw .usage("no value after", word) }
    return value
  }

  private static func size(_ arguments: inout Words, _ word: Word) throws(MJPEGError) -> CameraSize {
    let value = try value(&arguments, word)
    guard let size = CameraSize(value) else { throw .usage("a size is WIDTHxHEIGHT, each 16 to 4096, not", value) }
    return size
  }
}
