import CExpat

/// An element of an XML document with what stands in it.
struct XMLElement {
  var name: String
  /// Where its start tag stands; the first line is 1.
  var line: Int
  var children: [XMLElement] = []
  /// All text directly in it.
  var text = ""

  /// The first child of a name.
  subscript(name: String) -> XMLElement? { children.first { $0.name == name } }
}

extension XMLElement {
  static let maximumBytes = 16 << 20
  static let maximumElements = 100_000
  static let maximumDepth = 16

  /// Parses a whole document by expat; attributes and comments are passed over, entities that a document defines are refused with
  /// its document type.
  ///
  /// - Throws: `CascadeImportError` with the line.
  static func parse(_ document: [UInt8], file: String) throws(CascadeImportError) -> XMLElement {
    guard document.count <= maximumBytes else { throw CascadeImportError(file, .tooLarge) }
    guard let parser = unsafe XML_ParserCreate("UTF-8") else {
      throw CascadeImportError(file, .unreadable(reason: "no memory"))
    }
    defer { unsafe XML_ParserFree(parser) }
    let builder = unsafe XMLTreeBuilder(parser)
    return try withExtendedLifetime(builder) { () throws(CascadeImportError) in
      unsafe XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
      unsafe XML_SetElementHandler(
        parser, { data, name, _ in unsafe builderOf(data).start(name.map { unsafe String(cString: $0) } ?? "") },
        { data, _ in unsafe builderOf(data).end() })
      unsafe XML_SetCharacterDataHandler(parser) { data, text, count in
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(count))
        unsafe builderOf(data).add(unsafe String(decoding: bytes, as: UTF8.self))
      }
      unsafe XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in unsafe builderOf(data).stop(.documentType) }
      let status = unsafe document.withUnsafeBytes {
        unsafe XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
      }
      let line = unsafe Int(XML_GetCurrentLineNumber(parser))
      if let fault = builder.fault { throw CascadeImportError(file, line: line, fault) }
      guard status == XML_STATUS_OK, let root = builder.root else {
        let reason = unsafe XML_ErrorString(XML_GetErrorCode(parser)).map { unsafe String(cString: $0) }
        throw CascadeImportError(file, line: line, .notXML(reason: reason ?? "it is empty"))
      }
      return root
    }
  }
}

/// The builder that is a parser's user data.
private func builderOf(_ data: UnsafeMutableRawPointer?) -> XMLTreeBuilder {
  // `parse` has set it, and keeps the builder alive.
  unsafe Unmanaged<XMLTreeBuilder>.fromOpaque(data!).takeUnretainedValue()
}

/// Builds the tree of a document while a parser goes through it.
@safe
private final class XMLTreeBuilder {
  private let parser: XML_Parser
  private var open: [XMLElement] = []
  private var count = 0
  private(set) var root: XMLElement?
  private(set) var fault: CascadeImportError.Fault?

  init(_ parser: XML_Parser) { unsafe self.parser = parser }

  func start(_ name: String) {
    count += 1
    guard open.count < XMLElement.maximumDepth else { return stop(.tooDeep) }
    guard count <= XMLElement.maximumElements else { return stop(.tooLarge) }
    open.append(XMLElement(name: name, line: unsafe Int(XML_GetCurrentLineNumber(parser))))
  }

  func end() {
    guard let element = open.popLast() else { return }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }

  func add(_ text: String) {
    guard !open.isEmpty else { return }
    open[open.count - 1].text += text
  }

  /// Gives up; the parser calls nobody from here on.
  func stop(_ fault: CascadeImportError.Fault) {
    if self.fault == nil { self.fault = fault }
    unsafe XML_StopParser(parser, XML_Bool(XML_FALSE))
  }
}
