import CLinux
import CMQTT
import EdgeProgram

/// Reads the lines of `ferrite-edge watch --json` and publishes what changes. Reading never waits for the broker.
@safe
struct Publisher: ~Copyable {
  private static let longestLine = 16384
  /// How long an end waits for the broker to take what is left.
  private static let patienceMilliseconds: CInt = 3000

  private let broker: OpaquePointer
  private let stateTopic: Text
  private let summaryTopic: Text
  private let nanosecondsBetweenStates: UInt64
  private let line: UnsafeMutableRawBufferPointer
  private var length = 0
  private var isTooLong = false
  /// The decision that was sent last, as JSON, and when.
  private var decision = Text()
  private var sent: UInt64 = 0
  private var hasSent = false
  private var strangeLines = 0

  init(_ settings: Settings) throws(MQTTError) {
    let topics = Topics(settings)
    guard let memory = unsafe linux_pages(Self.longestLine), let kept = unsafe linux_pages(Topics.keptBytes) else {
      throw .refused("no memory")
    }
    // The library keeps pointers to these.
    let availability = unsafe topics.availability.kept(at: kept)
    var native = unsafe mqtt_settings(
      host: settings.host.start, port: CInt(settings.portNumber), client_id: settings.clientID.start,
      user: settings.login?.user, password: settings.login?.password, ca_file: settings.authority?.start,
      availability_topic: availability, qos: CInt(settings.qos), retain: settings.retains)
    var prepared: OpaquePointer?
    let error = unsafe mqtt_prepare(&native, &prepared)
    guard error == 0, let broker = unsafe prepared else {
      throw .refused("the MQTT library refuses the identifier, the login or the certificates")
    }
    if let discovery = settings.discovery { unsafe try topics.announce(settings, below: discovery, to: broker) }
    guard unsafe mqtt_start(broker) == 0 else { throw .refused("no thread could be started") }
    unsafe self.broker = broker
    stateTopic = topics.state
    summaryTopic = topics.summary
    nanosecondsBetweenStates = settings.nanosecondsBetweenStates
    unsafe line = UnsafeMutableRawBufferPointer(start: memory, count: Self.longestLine)
  }

  /// To the end of the input, or a signal that asks for an end.
  ///
  /// - Returns: the exit code.
  consuming func run() throws(MQTTError) -> CInt {
    var buffer = InlineArray<4096, UInt8>(repeating: 0)
    var failure: MQTTError?
    while failure == nil {
      var storage = buffer.mutableSpan
      let got = unsafe storage.withUnsafeMutableBytes { unsafe mqtt_read(0, $0.baseAddress!, $0.count) }
      if got == 0 { break }
      if got < 0 { failure = .input(systemError: Int32(-got)) }
      for index in 0..<max(got, 0) { take(buffer[index]) }
    }
    finish()
    if let failure { throw failure }
    return 0
  }

  private mutating func take(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      if isTooLong { strangeLines += 1 } else { takeLine() }
      length = 0
      isTooLong = false
    } else if unsafe length < line.count {
      unsafe line[length] = byte
      length += 1
    } else {
      isTooLong = true
    }
  }

  private mutating func takeLine() {
    let bytes = unsafe Span<UInt8>(_unsafeElements: line.assumingMemoryBound(to: UInt8.self)).extracting(0..<length)
    guard let found = DecisionLine(bytes) else {
      leaveOut("a line that is no decision of `ferrite-edge watch --json` is left out, and any other like it")
      return
    }
    if let summary = found.summary {
      var payload = Text()
      payload.add(bytes.extracting(summary))
      publish(payload, to: summaryTopic)
    } else {
      takeDecision(found, in: bytes)
    }
  }

  /// Sends a decision that has changed, or one for which it is time again.
  private mutating func takeDecision(_ found: DecisionLine, in bytes: Span<UInt8>) {
    guard let range = found.decision else { return }
    var decided = Text()
    decided.add(bytes.extracting(range))
    let now = linux_nanoseconds()
    if hasSent, decision.hasSameBytes(as: decided), now &- sent < nanosecondsBetweenStates { return }
    var payload = Text()
    payload.add("{\"decision\":")
    payload.add(bytes.extracting(range))
    add("class", found.answer, in: bytes, to: &payload)
    add("probability", found.probability, in: bytes, to: &payload)
    add("frame", found.frame, in: bytes, to: &payload)
    payload.add("}")
    publish(payload, to: stateTopic)
    decision = decided
    sent = now
    hasSent = true
  }

  private func add(_ key: StaticString, _ value: Range<Int>?, in bytes: Span<UInt8>, to payload: inout Text) {
    guard let value else { return }
    payload.add(",\"")
    payload.add(key)
    payload.add("\":")
    payload.add(bytes.extracting(value))
  }

  private mutating func publish(_ payload: Text, to topic: Text) {
    let isSent =
      unsafe payload.isWhole
      && topic.withCString { topic, _ in
        unsafe payload.withCString { unsafe mqtt_publish(broker, topic, $0, $1) == 0 }
      }
    guard isSent else {
      leaveOut("a decision whose labels are too long for a message is left out, and any other like it")
      return
    }
  }

  /// Counts a line that isn't sent on, and tells of the first.
  private mutating func leaveOut(_ reason: StaticString) {
    if strangeLines == 0 { tell(reason) }
    strangeLines += 1
  }

  private func finish() {
    let left = unsafe mqtt_finish(broker, Self.patienceMilliseconds)
    let dropped = unsafe Int(mqtt_dropped(broker)) + left
    if dropped > 0 { tell(dropped, "messages dropped: the broker did not take them in time") }
    if strangeLines > 0 { tell(strangeLines, "lines left out") }
  }

  private func tell(_ text: StaticString) {
    var writer = TextWriter.standardError
    writer.text("ferrite-mqtt: ")
    writer.text(text)
    writer.text("\n")
    writer.flush()
  }

  private func tell(_ count: Int, _ text: StaticString) {
    var writer = TextWriter.standardError
    writer.text("ferrite-mqtt: ")
    writer.integer(count)
    writer.text(" ")
    writer.text(text)
    writer.text("\n")
    writer.flush()
  }
}

extension Text {
  func hasSameBytes(as other: Text) -> Bool {
    guard count == other.count else { return false }
    return unsafe withCString { bytes, count in
      unsafe other.withCString { otherBytes, _ in
        for index in 0..<count where unsafe bytes[index] != otherBytes[index] { return false }
        return true
      }
    }
  }

  /// The text as a C string in memory that has room for it.
  func kept(at place: UnsafeMutableRawPointer) -> UnsafePointer<CChar> {
    unsafe withCString { unsafe place.copyMemory(from: $0, byteCount: $1 + 1) }
    return unsafe UnsafePointer(place.assumingMemoryBound(to: CChar.self))
  }
}
