/// Why a session can't be made or a frame can't be run.
public enum SessionError: Error, Equatable, Sendable {
  case instructionSetUnavailable
  case arenaTooSmall
  case arenaMisaligned
  case wrongFrameSize
  /// An input beside the image has not been set since the last frame.
  case inputMissing
  /// As many values are given as the input doesn't have.
  case wrongInputSize

  public var message: StaticString {
    switch self {
    case .instructionSetUnavailable: "this machine lacks the instruction set"
    case .arenaTooSmall: "the arena is smaller than the model and its threads need"
    case .arenaMisaligned: "the arena does not start at a multiple of 64"
    case .wrongFrameSize: "the frame is not of the model's input size"
    case .inputMissing: "the model has other inputs beside the image, and one has not been set for this frame"
    case .wrongInputSize: "the count is not the number of the input's values"
    }
  }
}
