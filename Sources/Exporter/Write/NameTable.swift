import EdgeRuntime

/// The names section: UTF-8 text, each distinct name once.
struct NameTable {
  private(set) var bytes: [UInt8] = []
  private var places: [String: NameReference] = [:]

  /// The place of a name, which is added if it is new. Control characters, which the loader refuses, become "?".
  mutating func place(_ name: String) -> NameReference {
    if let place = places[name] { return place }
    let text = Array(name.printable.utf8)
    let place = NameReference(offset: bytes.count, bytes: text.count)
    bytes += text
    places[name] = place
    return place
  }
}

extension String {
  /// The text with a question mark for each ASCII control character.
  var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }
}
