import CMQTT
import EdgeProgram

/// The program's entry: the name under which SwiftPM links an executable's `main`, and scripts/build-linked.sh the device's.
@c(ferrite_mqtt_main)
public func ferriteMQTTMain(
  _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var words = unsafe Words(count: argumentCount, arguments)
  _ = words.next()
  do throws(MQTTError) {
    guard let settings = try Settings(words) else {
      var help = TextWriter.standardOutput
      help.text(Settings.usage)
      help.flush()
      return 0
    }
    mqtt_end_by_signals()
    let publisher = try Publisher(settings)
    return try publisher.run()
  } catch {
    var writer = TextWriter.standardError
    writer.text("ferrite-mqtt: ")
    error.report(to: &writer)
    writer.text("\n")
    writer.flush()
    return error.exitCode
  }
}

/// Why the program ends early.
enum MQTTError: Error {
  case usage(StaticString, Word?)
  case unreadable(Word, systemError: Int32)
  /// A login file that isn't two lines.
  case badLogin(Word)
  case input(systemError: Int32)
  case refused(StaticString)

  /// 64 for a wrong command line, 65 for wrong data (sysexits.h).
  var exitCode: CInt { if case .usage = self { 64 } else { 65 } }

  func report(to writer: inout TextWriter) {
    switch self {
    case .usage(let message, let word):
      writer.wrongCall(message, word, usage: Settings.usage)
    case .unreadable(let path, let systemError):
      writer.file(path, systemError: systemError)
    case .badLogin(let path):
      writer.text(path)
      writer.text(": a login file has two lines, the user and the password, each of at most 255 bytes")
    case .input(let systemError):
      writer.text("standard input: ")
      writer.systemError(systemError)
    case .refused(let message):
      writer.text(message)
    }
  }
}
