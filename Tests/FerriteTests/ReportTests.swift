import CHeap
import Testing

@testable import ferrite

@Suite struct ReportTests {
  @Test func jsonKeepsTheOrderOfKeysAndEscapesText() {
    let document: JSON = [
      "z": 1, "a": JSON([.null, .bool(true), .number(0.1), .number(.infinity)]), "t": "a\"b\\c\n\u{1}é",
      "o": [:],
    ]
    #expect(
      document.description == #"{"z":1,"a":[null,true,0.1,null],"t":"a\"b\\c\u000a\u0001é","o":{}}"#)
  }

  @Test func roundedNumbersAreShort() {
    #expect(JSON.rounded(1.0 / 3, digits: 3).description == "0.333")
    #expect(JSON.rounded(nil, digits: 3) == .null)
    #expect(JSON.rounded(.infinity, digits: 3).description == "null")
  }

  @Test func tablesAlignTheirColumns() {
    var table = TextTable([("name", .left), ("n", .right)])
    table.add(["a", "100"])
    table.add(["bcdef", ""])
    #expect(table.text == "name     n\na      100\nbcdef\n")
  }

  @Test(arguments: [
    ("/sdl1/features/features.0/features.0.1/conv/Conv", "sdl1/features.0.1/conv"), ("/hidden/Gemm", "hidden"),
    ("/sdl1/AveragePool", "sdl1/AveragePool"), ("/Concat_output_0/flatten", "Concat_output_0/flatten"),
    ("logits", "logits"), ("Conv", "Conv"), ("/Conv", "Conv"), ("", ""), ("/", "/"),
    ("features/features.1", "features.1"), ("a/ab", "a/ab"),
  ])
  func layerNamesAreBriefInTables(_ name: String, _ brief: String) { #expect(name.briefLayerName == brief) }

  @Test func numbersReadWell() {
    #expect([0, 0.005, -0.004, 12.345, -1.5].map { $0.decimals(2) } == ["0.00", "0.01", "0.00", "12.35", "-1.50"])
    #expect(2.5.decimals(0) == "3" && Double.infinity.decimals(1) == "inf")
    #expect(0.6612.percent == "66.12 %")
    #expect(
      [1, 123, 1234, 1_234_567, -1234, -123].map(\.grouped) == ["1", "123", "1 234", "1 234 567", "-1 234", "-123"])
  }
}

@Suite struct HeapCounterTests {
  /// What `bench` counts by: without this its zero would prove nothing.
  @Test func theCounterSeesAllocations() {
    let before = heap_calls()
    let blocks = (0..<100).map { [Int](repeating: $0, count: 100) }
    #expect(heap_calls() >= before + 100)
    #expect(blocks.count == 100)
  }
}
