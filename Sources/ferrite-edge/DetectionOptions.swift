import EdgeProgram
import EdgeRuntime

/// How faces are looked for: `--detect C.fxc` or `--no-detect`, `--min-face N`, `--scale-factor F`, `--neighbours N`.
struct DetectionOptions {
  /// Of `--min-face` where it isn't given: a face that a model of 48 x 48 sees without enlarging it.
  static let defaultFace = 48

  private(set) var settings: DetectorSettings
  private var isGiven = false
  var cascade: Word?
  /// As `Options.publicKey` has it.
  var publicKey: Word?

  init() {
    settings = DetectorSettings()
    settings.minimumSize = Self.defaultFace
  }

  mutating func setMinimum(_ value: Word) throws(EdgeError) {
    guard let number = value.number, 1...4096 ~= number else { throw .usage("--min-face takes 1 to 4096, not", value) }
    settings.minimumSize = number
    isGiven = true
  }

  mutating func setFactor(_ value: Word) throws(EdgeError) {
    guard let factor = DetectorSettings.factor(decimal: value.count, { value[$0] }) else {
      throw .usage("--scale-factor takes 1.01 to 4, not", value)
    }
    settings.scaleFactor = factor
    isGiven = true
  }

  mutating func setNeighbours(_ value: Word) throws(EdgeError) {
    guard let number = value.number, number <= 1000 else { throw .usage("--neighbours takes 0 to 1000, not", value) }
    settings.neighbours = number
    isGiven = true
  }

  /// For commands in which nothing is looked for unless `--detect` says by which cascade.
  func check(isRefused: Bool, goesWithFrames: Bool) throws(EdgeError) {
    guard cascade == nil || !isRefused else { throw .usage("--detect or --no-detect, one of the two", nil) }
    guard cascade != nil || !isGiven else {
      throw .usage("--min-face, --scale-factor and --neighbours go with --detect", nil)
    }
    guard cascade == nil || goesWithFrames else {
      throw .usage("--detect goes with --camera, or --stdin grey, yuv420, nv12 or yuyv", nil)
    }
  }
}
