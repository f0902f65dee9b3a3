/// What is fuzzed. A target takes any bytes, must return, and must not do what the sanitizers or a `preconditionFailure` here report.
enum FuzzTarget: String, CaseIterable {
  /// `.fxm`: the loader, and everything that can be read through it.
  case model
  /// `.fxm`: whatever the loader takes runs a frame in every instruction set, by one thread and by three, to the same bits.
  case modelRun = "model-run"
  /// `.fxc`: whatever the loader takes looks for faces in a picture.
  case cascade
  /// Board files.
  case board
  /// ONNX files; what is imported and small is quantised, written, loaded and run like `modelRun`.
  case onnx
  /// OpenCV's cascades; what is imported is written and loaded.
  case cascadeXML = "cascade-xml"
  /// `.fxcal` of one network.
  case calibration
  /// `.npy`.
  case array
  /// FER-2013's `.csv`.
  case table
  /// JPEG, PNG and PGM files.
  case image
  /// What `watch --stdin` reads: a byte for the kind (PGM, raw, pictures of any size), then the stream.
  case frames
  /// A mistake that has to be found.
  case planted

  /// - Returns: whether the input may be kept for its coverage; false for one that would take too long.
  func run(_ bytes: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .model: unsafe loadModel(bytes)
    case .modelRun: unsafe runModel(bytes)
    case .cascade: unsafe detectByCascade(bytes)
    case .board: unsafe parseBoard(bytes)
    case .onnx: unsafe importNetwork(bytes)
    case .cascadeXML: unsafe importCascade(bytes)
    case .calibration: unsafe readCalibration(bytes)
    case .array: unsafe readArray(bytes)
    case .table: unsafe readTable(bytes)
    case .image: unsafe decodePicture(bytes)
    case .frames: unsafe readFrames(bytes)
    case .planted: unsafe readTooFar(bytes)
    }
  }

  /// Files with a digest get the right one again, mostly; otherwise nothing behind that check would be reached.
  func mutate(_ mutation: inout Mutation) {
    switch self {
    case .model, .modelRun: mutation.changeModel()
    case .cascade: mutation.changeCascade()
    case .calibration: mutation.changeCalibration()
    case .onnx: mutation.changeNetwork()
    default: mutation.changeBytes()
    }
  }
}
