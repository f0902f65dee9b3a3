import CLinux
import EdgeProgram
import EdgeRuntime

/// Why a command ends early. Every message goes to standard error and names its file or option.
enum EdgeError: Error {
  case usage(StaticString, Word?)
  case unreadable(Word, systemError: Int32)
  case model(Word, ModelError)
  case cascade(Word, CascadeError)
  case key(Word, KeyError)
  case older(Word, sequence: UInt64, accepted: UInt64)
  case notAnAcceptance(Word)
  case session(SessionError)
  case threads(ThreadError)
  case memoryNotLocked(systemError: Int32)
  case frame(Word?, FrameError)
  /// `offers` are the formats of a camera that has none of ours, else zeros.
  case camera(Word, systemError: Int32, offers: InlineArray<16, UInt32>)
  /// A camera's frames are too small or too large.
  case cameraSize(Word, CameraSize)
  case board(Word, BoardError)
  case noSuchClass(Word, lineNumber: Int)
  case tooFewBits(Word, classes: Int)
  case lines(systemError: Int32)
  case lights(systemError: Int32)
  case watchdog(Word, systemError: Int32)
  case noImages(Word)
  case output(systemError: Int32)
  case noMemory
  case noTestVectors(Word)
  /// A model that tells no classes.
  case notScores(Word)
  /// A model that takes more than frames show.
  case severalInputs(Word)
  case selftestFailed(Word)
  case notInstalled(Word, systemError: Int32)
  /// The message has been written where its context was at hand.
  case reported

  /// 64 for a wrong command line, 65 for wrong data (sysexits.h).
  var exitCode: CInt {
    switch self {
    case .usage, .threads(.notPinned): 64
    default: 65
    }
  }

  func report(to writer: inout TextWriter) {
    if case .reported = self { return }
    writer.text("ferrite-edge: ")
    switch self {
    case .usage(let message, let word):
      writer.wrongCall(message, word, usage: Usage.text)
    case .unreadable(let path, let systemError):
      writer.file(path, systemError: systemError)
    case .model(let path, let error):
      writer.fileFault(path, error.fault.message, at: error.byteOffset, systemError: error.systemError)
    case .cascade(let path, let error):
      writer.fileFault(path, error.fault.message, at: error.byteOffset, systemError: error.systemError)
    case .notScores(let path):
      writer.text(path)
      writer.text(": its outputs are not one of scores, with a label for each class, which pins and decisions need")
    case .severalInputs(let path):
      writer.text(path)
      writer.text(": it has inputs beside its image, and frames are all that there is here")
    case .key(let path, let error):
      writer.text(path)
      writer.text(": ")
      writer.text(error.message)
    case .older(let path, let sequence, let accepted):
      writer.text(path)
      writer.text(": older than what was accepted: its sequence number is ")
      writer.integer(sequence)
      writer.text(", and one of ")
      writer.integer(accepted)
      writer.text(" has been installed")
    case .notAnAcceptance(let path):
      writer.text(path)
      writer.text(": is no record of what was accepted: put it right, or install a model with --allow-older")
    case .session(let error):
      writer.text(error.message)
    case .threads(let error):
      writer.threadError(error)
    case .memoryNotLocked(let systemError):
      writer.memoryError(systemError)
    case .frame(let path, let error):
      if let path { writer.text(path) } else { writer.text("standard input") }
      writer.text(": ")
      error.report(to: &writer)
    case .camera(let path, let systemError, let offers):
      writer.camera(
        path, systemError: systemError, offers: offers,
        needs: "GREY, NV12, YU12 or YUYV is needed (of MJPG or JPEG, ferrite-mjpeg makes frames for --stdin grey)")
    case .cameraSize(let path, let size):
      writer.text(path)
      writer.text(": gives ")
      writer.extents(size.width, size.height)
      writer.text(", 16 to 4096 pixels either way are possible")
    case .board(let path, let error):
      writer.text(path)
      if error.lineNumber > 0 {
        writer.text(": line ")
        writer.integer(error.lineNumber)
      }
      writer.text(": ")
      writer.text(error.fault.message)
    case .noSuchClass(let path, let lineNumber):
      writer.text(path)
      writer.text(": line ")
      writer.integer(lineNumber)
      writer.text(": the model has no such class")
    case .tooFewBits(let path, let classes):
      writer.text(path)
      writer.text(": too few bits for none and ")
      writer.integer(classes)
      writer.text(" classes")
    case .output(let systemError):
      writer.text("standard output: ")
      writer.systemError(systemError)
    case .lines(let systemError):
      writer.text("the lines could not be driven: ")
      writer.systemError(systemError)
    case .lights(let systemError):
      writer.text("the lights could not be driven: ")
      writer.systemError(systemError)
    case .watchdog(let path, let systemError):
      writer.text(path)
      writer.text(": ")
      if systemError == ENOTTY { writer.text("is no watchdog") } else { writer.systemError(systemError) }
    case .noImages(let path):
      writer.text(path)
      writer.text(": the folder has no .pgm file; other images must be converted first, for a device reads PGM alone")
    case .noMemory:
      writer.text("no memory")
    case .noTestVectors(let path):
      writer.text(path)
      writer.text(": the model holds no test vectors")
    case .selftestFailed(let path):
      writer.text(path)
      writer.text(": wrong outputs on this machine")
    case .notInstalled(let path, let systemError):
      writer.text(path)
      writer.text(": not installed: ")
      writer.systemError(systemError)
    case .reported:
      break
    }
    writer.text("\n")
  }
}

extension TextWriter {
  fileprivate mutating func fileFault(_ path: Word, _ message: StaticString, at offset: Int, systemError: Int32) {
    text(path)
    text(": ")
    text(message)
    if systemError != 0 {
      text(": ")
      self.systemError(systemError)
    } else {
      text(", at byte ")
      integer(offset)
    }
  }

  fileprivate mutating func threadError(_ error: ThreadError) {
    switch error {
    case .wrongCount:
      text("--threads takes 1 to 64")
    case .notStarted(let number):
      text("the threads could not be started: ")
      systemError(number)
    case .notPinned(let processor, let number):
      text("--cpus: this program may not run on processor ")
      integer(processor)
      text(": ")
      systemError(number)
    case .notPrioritized(let number):
      text("a real-time priority was refused: ")
      systemError(number)
      limit("; at most ", linux_priority_limit(), " is permitted (RLIMIT_RTPRIO)")
      text(": raise it by ulimit -r, rtprio in /etc/security/limits.conf, ")
      text("or in a unit by LimitRTPRIO= and RestrictRealtime=no")
    }
  }

  fileprivate mutating func memoryError(_ number: Int32) {
    text("--realtime: the memory can't be kept in RAM: ")
    systemError(number)
    limit("; at most ", linux_memory_lock_limit(), " bytes are permitted (RLIMIT_MEMLOCK)")
    text(": raise it by ulimit -l, memlock in /etc/security/limits.conf, or LimitMEMLOCK= in a unit")
  }

  /// Nothing where there is no limit.
  private mutating func limit(_ before: StaticString, _ value: UInt64, _ behind: StaticString) {
    guard value != UInt64.max else { return }
    text(before)
    integer(value)
    text(behind)
  }
}
