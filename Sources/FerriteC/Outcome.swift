import CFerrite
import EdgeRuntime

/// Why a function of the header fails. The codes, and what each of them means to a caller, are the header's.
enum Failure: Error {
  case argument(StaticString)
  case closed(StaticString)
  case model(ModelError)
  case key(KeyError)
  case alignment
  case memory
  case session(SessionError)
  case threads(ThreadError)
  case noFrame
  case noTestVectors
  case selfTest

  var code: Int32 {
    let code =
      switch self {
      case .argument: FERRITE_ERROR_ARGUMENT
      case .closed: FERRITE_ERROR_CLOSED
      case .model(let error): error.fault.code
      case .key: FERRITE_ERROR_KEY
      case .alignment: FERRITE_ERROR_ALIGNMENT
      case .memory: FERRITE_ERROR_MEMORY
      case .session(let error): error.code
      case .threads(.wrongCount): FERRITE_ERROR_ARGUMENT
      case .threads: FERRITE_ERROR_THREADS
      case .noFrame: FERRITE_ERROR_NO_FRAME
      case .noTestVectors: FERRITE_ERROR_NO_TEST_VECTORS
      case .selfTest: FERRITE_ERROR_SELF_TEST
      }
    return Int32(code)
  }

  var message: StaticString {
    switch self {
    case .argument(let message), .closed(let message): message
    case .model(let error): error.fault.message
    case .key(let error): error.message
    case .alignment: "a model in memory starts at a multiple of 64"
    case .memory: "the memory is smaller than ferrite_session_bytes says"
    case .session(let error): error.message
    case .threads(.wrongCount): "a session has 1 to 64 threads"
    case .threads: "the system refuses a thread"
    case .noFrame: "the session has run no frame yet"
    case .noTestVectors: "the model has no test vectors"
    case .selfTest: "the test vectors give other values on this machine than the file states"
    }
  }

  var byteOffset: UInt64 {
    guard case .model(let error) = self else { return 0 }
    return UInt64(error.byteOffset)
  }

  var systemError: Int32 {
    switch self {
    case .model(let error): error.systemError
    case .threads(let error): error.systemError
    default: 0
    }
  }
}

extension ModelError.Fault {
  fileprivate var code: Int {
    switch self {
    case .unreadable: FERRITE_ERROR_FILE
    case .signature, .signatureOfAnotherFile, .notSigned, .signedByAnotherKey, .forged: FERRITE_ERROR_SIGNATURE
    default: FERRITE_ERROR_MODEL
    }
  }
}

extension SessionError {
  fileprivate var code: Int {
    switch self {
    case .instructionSetUnavailable: FERRITE_ERROR_INSTRUCTION_SET
    case .arenaTooSmall, .arenaMisaligned: FERRITE_ERROR_MEMORY
    case .wrongFrameSize: FERRITE_ERROR_FRAME_SIZE
    case .wrongInputSize: FERRITE_ERROR_ARGUMENT
    case .inputMissing: FERRITE_ERROR_INPUT
    }
  }
}

extension ThreadError {
  fileprivate var systemError: Int32 {
    switch self {
    case .wrongCount: 0
    case .notStarted(let number), .notPinned(_, let number), .notPrioritized(let number): number
    }
  }
}

/// Runs the body of a function that can fail, tells `error`, where there is one, how it ended, and returns its code.
func outcome(
  _ error: UnsafeMutablePointer<ferrite_error>?, _ body: () throws(Failure) -> Void
) -> Int32 {
  var failure: Failure?
  do throws(Failure) { try body() } catch let thrown { failure = thrown }
  let code = failure?.code ?? Int32(FERRITE_OK)
  // The caller says that an error is NULL or can be written.
  unsafe error?.pointee = ferrite_error(
    byte_offset: failure?.byteOffset ?? 0, message: (failure?.message ?? "").unsafeText, code: code,
    system_error: failure?.systemError ?? 0)
  return code
}

extension StaticString {
  /// The text as C has it. A literal of other than one character is kept as UTF-8 with a zero behind it.
  var unsafeText: UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
