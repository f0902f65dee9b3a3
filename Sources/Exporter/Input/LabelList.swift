import Foundation

/// The names of a network's outputs, in their order.
public enum LabelList {
  /// Larger files hold something else.
  static let mostBytes = 1 << 20

  /// Names with commas between: `cat,dog`.
  public static func names(inline text: String) throws(InputError) -> [String] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for (index, name) in names.enumerated() {
      if let fault = fault(name) { throw .notText(reason: "name \(index + 1): \(fault)") }
    }
    for (index, name) in names.enumerated() {
      if names[..<index].contains(name) { throw .notText(reason: "\"\(name)\" stands there twice") }
    }
    return names
  }

  /// The lines of a file in UTF-8, with a byte order mark or without, ended by LF or by CR and LF.
  ///
  /// Blanks around a name and empty lines at the end count for nothing; an empty line among names is an error, for the names behind it
  /// would belong to other outputs than they seem to.
  public static func names(decoding data: Data) throws(InputError) -> [String] {
    guard data.count <= mostBytes else {
      throw .notText(reason: "this is no list of names: it has \(data.count) bytes")
    }
    guard !data.starts(with: [0xFF, 0xFE]), !data.starts(with: [0xFE, 0xFF]) else {
      throw .notText(reason: "this is UTF-16; save it as UTF-8")
    }
    let text = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
    var names: [String] = []
    for (index, bytes) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw .label(line: index + 1, reason: "this is not UTF-8")
      }
      names.append(line.trimmingCharacters(in: CharacterSet(charactersIn: " \t\r")))
    }
    while names.last?.isEmpty == true { names.removeLast() }
    guard !names.isEmpty else { throw .noLabels }
    var lines: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let fault = fault(name) { throw .label(line: index + 1, reason: fault) }
      if let first = lines.updateValue(index + 1, forKey: name) {
        throw .labelsTwice(name, lines: first, index + 1)
      }
    }
    return names
  }

  /// A model keeps a name as a line of text.
  private static func fault(_ name: String) -> String? {
    if name.isEmpty { return "there is no name" }
    return name == name.printable ? nil : "the name has control characters"
  }
}
