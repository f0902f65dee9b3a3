import CMQTT

/// The program's entry: the name under which SwiftPM links an executable's `main`, and scripts/build-mqtt.sh the device's.
@c(ferrite_mqtt_main)
public func ferriteMQTTMain(
  _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  do throws(MQTTError) {
    guard let settings = unsafe try Settings(argumentCount, arguments) else {
      var help = Text()
      help.add(Settings.usage)
      help.write(to: 1)
      return 0
    }
    mqtt_end_by_signals()
    let publisher = try Publisher(settings)
    return try publisher.run()
  } catch {
    var message = Text()
    message.add("ferrite-mqtt: ")
    error.report(to: &message)
    message.add("\n")
    message.write(to: 2)
    return error.exitCode
  }
}

/// Why the program ends early.
enum MQTTError: Error {
  case usage(StaticString, CString?)
  case unreadable(CString, systemError: Int32)
  /// A login file that isn't two lines.
  case badLogin(CString)
  case input(systemError: Int32)
  case refused(StaticString)

  /// 64 for a wrong command line, 65 for wrong data (sysexits.h).
  var exitCode: CInt { if case .usage = self { 64 } else { 65 } }

  func report(to text: inout Text) {
    switch self {
    case .usage(let message, let word):
      text.add(message)
      if let word {
        text.add(" ")
        text.add(word)
      }
      text.add("\n")
      text.add(Settings.usage)
    case .unreadable(let path, let systemError):
      text.add(path)
      text.add(": ")
      text.add(systemError: systemError)
    case .badLogin(let path):
      text.add(path)
      text.add(": a login file has two lines, the user and the password, each of at most 255 bytes")
    case .input(let systemError):
      text.add("standard input: ")
      text.add(systemError: systemError)
    case .refused(let message):
      text.add(message)
    }
  }
}
