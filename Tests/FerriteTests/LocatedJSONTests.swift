import Testing

@testable import ferrite

@Suite struct LocatedJSONTests {
  private func read(_ text: String) throws(LocatedError) -> LocatedJSON { try LocatedJSON(text.utf8) }

  @Test func valuesHaveTheirLines() throws {
    let document = try read("\n{ \"a\": [1,\n -2.5e1, true],\n\n\"b\": {\"c\": null},\"d\":\n\"\" }\n")
    guard case .object(let members) = document.content, case .array(let elements) = members[0].value.content else {
      Issue.record("\(document)")
      return
    }
    #expect(document.line == 2 && members.map(\.key) == ["a", "b", "d"])
    #expect(members.map(\.line) == [2, 5, 5] && members.map(\.value.line) == [2, 5, 6])
    #expect(elements.map(\.line) == [2, 3, 3])
    guard case .number(let number) = elements[1].content, case .bool(true) = elements[2].content else {
      Issue.record("\(elements)")
      return
    }
    #expect(number == -25)
  }

  @Test(arguments: [
    (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\uD83D\ude00""#, "é😀"),
    ("\"é\"", "é"),
  ])
  func stringsAreUnescaped(_ text: String, _ wanted: String) throws {
    guard case .string(let found) = try read(text).content else {
      Issue.record("no string")
      return
    }
    #expect(found == wanted)
  }

  @Test(arguments: [
    ("", 1), ("\n\n", 3), ("{", 1), ("[1,]", 1), (#"{"a":1,}"#, 1), ("{a:1}", 1), (#"{"a" 1}"#, 1), ("[1 2]", 1),
    ("01", 1),
    ("1.", 1), (".5", 1), ("+1", 1), ("1e", 1), ("1e999", 1), ("-", 1), ("nul", 1), ("True", 1), ("NaN", 1), ("\"a", 1),
    ("\"a\nb\"", 1), (#""\x""#, 1), (#""\u12g4""#, 1), (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\u0041""#, 1),
    ("1\n2", 2),
    ("[\n1,\n}", 3), ("{\"a\":\n1,\n\"a\":2}", 3), ("// no\n1", 1), (String(repeating: "[", count: 100_000), 1),
  ])
  func whatIsNoJSONIsRefusedWithItsLine(_ text: String, _ line: Int) {
    #expect(performing: { try read(text) }, throws: { ($0 as? LocatedError)?.line == line })
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    #expect(throws: LocatedError.self) { try LocatedJSON([0x22, 0xFF, 0x22]) }
    #expect(throws: LocatedError.self) { try LocatedJSON([0xEF, 0xBB, 0xBF, 0x31]) }
  }
}
