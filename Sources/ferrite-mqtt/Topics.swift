import CMQTT
import EdgeProgram

/// Where things are published, and what Home Assistant is told about it.
struct Topics {
  static let keptBytes = 2048

  let state: Text
  let summary: Text
  let availability: Text

  init(_ settings: Settings) {
    var base = Text()
    if let prefix = settings.prefix {
      base.add(prefix)
    } else {
      base.add("ferrite/")
      base.add(settings.clientID)
    }
    state = Self.topic(base, "/state")
    summary = Self.topic(base, "/summary")
    availability = Self.topic(base, "/availability")
  }

  private static func topic(_ base: Text, _ end: StaticString) -> Text {
    var topic = base
    topic.add(end)
    return topic
  }

  /// Two sensors of one device, by MQTT discovery: the class that is decided on, and the probability of the last frame's class.
  func announce(_ settings: Settings, below discovery: Word, to broker: OpaquePointer) throws(MQTTError) {
    unsafe try announce(
      "decision", "Decision", "{{ value_json.decision if value_json.decision else 'none' }}",
      ",\"icon\":\"mdi:emoticon-outline\"", hasAttributes: true, settings, discovery, broker)
    unsafe try announce(
      "probability", "Probability", "{{ (value_json.probability * 100) | round(1) }}",
      ",\"unit_of_measurement\":\"%\",\"state_class\":\"measurement\"", hasAttributes: false, settings, discovery,
      broker)
  }

  private func announce(
    _ object: StaticString, _ title: StaticString, _ template: StaticString, _ more: StaticString, hasAttributes: Bool,
    _ settings: Settings, _ discovery: Word, _ broker: OpaquePointer
  ) throws(MQTTError) {
    var topic = Text()
    topic.add(discovery)
    topic.add("/sensor/")
    topic.add(settings.clientID)
    topic.add("/")
    topic.add(object)
    topic.add("/config")
    var payload = Text()
    payload.add("{\"name\":\"")
    payload.add(title)
    payload.add("\",\"unique_id\":\"")
    payload.add(settings.clientID)
    payload.add("_")
    payload.add(object)
    payload.add("\",\"state_topic\":\"")
    payload.add(state)
    payload.add("\",\"value_template\":\"")
    payload.add(template)
    payload.add("\"")
    payload.add(more)
    if hasAttributes {
      payload.add(",\"json_attributes_topic\":\"")
      payload.add(state)
      payload.add("\"")
    }
    payload.add(",\"availability_topic\":\"")
    payload.add(availability)
    payload.add("\",\"device\":{\"identifiers\":[\"")
    payload.add(settings.clientID)
    payload.add("\"],\"name\":")
    payload.addJSON(settings.name ?? settings.clientID)
    payload.add(",\"manufacturer\":\"Ferrite\"}}")
    let error = unsafe topic.withCString { topic, _ in
      unsafe payload.withCString { unsafe mqtt_announce(broker, topic, $0, $1) }
    }
    // The lengths of all parts are limited by Settings: topics to 128 bytes and what stands behind, names to 64.
    guard error == 0, topic.isWhole, payload.isWhole else { throw .refused("the topics are too long") }
  }
}

extension Text {
  mutating func add(_ text: Text) {
    unsafe text.withCString { bytes, count in
      for index in 0..<count { unsafe add(UInt8(bitPattern: bytes[index])) }
    }
  }
}
