import CLinux
import CMQTT
import EdgeProgram

/// What the command line says.
@safe
struct Settings {
  static let usage: StaticString = """
    usage: ferrite-edge watch ... --json | ferrite-mqtt [--host NAME] [--port N] [--login FILE] [--ca FILE]
           [--client-id ID] [--prefix TOPIC] [--name TEXT] [--qos 0|1|2] [--retain] [--every MILLISECONDS]
           [--discovery TOPIC | --no-discovery]

    """

  private(set) var host = Word("localhost" as StaticString)
  private(set) var port: Int?
  private(set) var login: Login?
  private(set) var authority: Word?
  private(set) var clientID: Word
  /// nil for ferrite/ and the identifier.
  private(set) var prefix: Word?
  private(set) var name: Word?
  private(set) var qos = 0
  private(set) var retains = false
  /// At most so often a state is sent while the decision is the same.
  private(set) var nanosecondsBetweenStates: UInt64 = 1_000_000_000
  private(set) var discovery: Word? = Word("homeassistant" as StaticString)

  /// - Returns: nil where only help is asked for.
  init?(_ arguments: consuming Words) throws(MQTTError) {
    clientID = unsafe Word(mqtt_host_name())
    while let word = arguments.next() {
      if word == "--help" { return nil }
      if word == "--retain" {
        retains = true
      } else if word == "--no-discovery" {
        discovery = nil
      } else {
        guard Self.takesValue(word) else { throw .usage("unknown option", word) }
        guard let value = arguments.next() else { throw .usage("no value after", word) }
        try set(word, value)
      }
    }
  }

  private static func takesValue(_ word: Word) -> Bool {
    word == "--host" || word == "--port" || word == "--login" || word == "--ca" || word == "--client-id"
      || word == "--prefix" || word == "--name" || word == "--qos" || word == "--every" || word == "--discovery"
  }

  private mutating func set(_ word: Word, _ value: Word) throws(MQTTError) {
    if word == "--host" {
      host = value
    } else if word == "--port" {
      guard let number = value.number, 1...65535 ~= number else { throw .usage("--port takes 1 to 65535, not", value) }
      port = number
    } else if word == "--login" {
      login = try Login(value)
    } else if word == "--ca" {
      let file = unsafe linux_open(value.start)
      guard file >= 0 else { throw .unreadable(value, systemError: -file) }
      linux_close(file)
      authority = value
    } else if word == "--client-id" {
      guard Self.isIdentifier(value) else {
        throw .usage("--client-id takes up to 64 letters, digits, - and _, not", value)
      }
      clientID = value
    } else if word == "--prefix" {
      guard Self.isTopic(value) else {
        throw .usage("--prefix takes a topic of up to 128 bytes, without # and +, not", value)
      }
      prefix = value
    } else if word == "--discovery" {
      guard Self.isTopic(value) else {
        throw .usage("--discovery takes a topic of up to 128 bytes, without # and +, not", value)
      }
      discovery = value
    } else if word == "--name" {
      guard 1...64 ~= value.count, Self.isPrintable(value) else {
        throw .usage("--name takes up to 64 printable bytes, not", value)
      }
      name = value
    } else if word == "--qos" {
      guard let number = value.number, 0...2 ~= number else { throw .usage("--qos takes 0, 1 or 2, not", value) }
      qos = number
    } else {
      guard let number = value.number, number <= 3_600_000 else {
        throw .usage("--every takes milliseconds, at most 3600000, not", value)
      }
      nanosecondsBetweenStates = UInt64(number) * 1_000_000
    }
  }

  /// 8883 by TLS, else 1883, if nothing else is said.
  var portNumber: Int { port ?? (authority == nil ? 1883 : 8883) }

  private static func isIdentifier(_ value: Word) -> Bool {
    guard 1...64 ~= value.count else { return false }
    for index in 0..<value.count {
      switch value[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        continue
      default: return false
      }
    }
    return true
  }

  /// Printable, without wildcards, quotes and backslashes, and not with a slash at an end.
  private static func isTopic(_ value: Word) -> Bool {
    guard 1...128 ~= value.count, isPrintable(value) else { return false }
    for index in 0..<value.count {
      let byte = value[index]
      if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "+") { return false }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
    }
    return value[0] != UInt8(ascii: "/") && value[value.count - 1] != UInt8(ascii: "/")
  }

  private static func isPrintable(_ value: Word) -> Bool {
    for index in 0..<value.count where value[index] < 0x20 || value[index] == 0x7F { return false }
    return true
  }
}

/// A user and a password, from a file, so that no list of processes shows them.
@safe
struct Login {
  let user: UnsafePointer<CChar>
  let password: UnsafePointer<CChar>

  init(_ path: Word) throws(MQTTError) {
    let file = unsafe linux_open(path.start)
    guard file >= 0 else { throw .unreadable(path, systemError: -file) }
    defer { linux_close(file) }
    guard let page = unsafe linux_pages(1024) else { throw .refused("no memory") }
    // The page's last byte stays zero.
    let got = unsafe linux_read(file, page, 1023)
    guard got >= 0 else { throw .unreadable(path, systemError: Int32(-got)) }
    let text = unsafe page.bindMemory(to: CChar.self, capacity: 1024)
    var starts = InlineArray<3, Int>(repeating: 0)
    var lines = 1
    for index in 0..<got where unsafe text[index] == 10 {
      unsafe text[index] = 0
      guard lines < 3 else { throw .badLogin(path) }
      starts[lines] = index + 1
      lines += 1
    }
    let hasTwo = (lines == 2 && starts[1] < got) || (lines == 3 && starts[2] == got)
    unsafe user = UnsafePointer(text)
    unsafe password = UnsafePointer(text + starts[1])
    guard hasTwo, unsafe 1...255 ~= Word(user).count, unsafe Word(password).count <= 255 else {
      throw .badLogin(path)
    }
  }
}
