import EdgeRuntime
import Foundation
import Testing

@testable import Exporter

/// A small cascade as OpenCV writes it, with parts that a test changes.
private struct CascadeDocument {
  var featureType = "LBP"
  var size = "24"
  var node = "0 -1 1 -1 -1 -1 -1 -1 -1 -1 2147483647"
  var leaves = "-0.5 0.75"
  var threshold = "-0.25"
  var rect = "1 2 3 4"
  var prologue = "<?xml version=\"1.0\"?>\n"
  var extra = ""

  var text: String {
    """
    \(prologue)<opencv_storage>
    <cascade type_id="opencv-cascade-classifier">
      <stageType>BOOST</stageType>
      <featureType>\(featureType)</featureType>
      <height>\(size)</height><width>24</width>
      <featureParams><maxCatCount>256</maxCatCount></featureParams>
      <stages>
        <!-- stage 0 -->
        <_><stageThreshold>\(threshold)</stageThreshold>
          <weakClassifiers>
            <_><internalNodes>
                \(node)</internalNodes>
              <leafValues>\(leaves)</leafValues></_></weakClassifiers></_></stages>
      \(extra)
      <features>
        <_><rect>0 0 1 1</rect></_>
        <_>
          <rect>\(rect)</rect></_></features></cascade>
    </opencv_storage>
    """
  }
}

@Suite("A cascade of OpenCV's") struct CascadeTests {
  @Test("is read with its features in its stumps")
  func reading() throws {
    let cascade = try read(CascadeDocument())
    #expect(cascade.windowWidth == 24 && cascade.windowHeight == 24 && cascade.stages.count == 1)
    let stage = cascade.stages[0]
    #expect(stage.threshold == Float(-0.25) - 1e-5)
    let stump = stage.stumps[0]
    let place = [stump.x, stump.y, stump.width, stump.height]
    #expect(place == [1, 2, 3, 4] as [Int])
    #expect(stump.inside == -0.5 && stump.outside == 0.75)
    let subset = [UInt32](repeating: 0xFFFF_FFFF, count: 7) + [0x7FFF_FFFF]
    #expect(stump.subset == subset)
  }

  @Test("is refused with the line at fault")
  func faults() {
    expect(5, .unsupported("features of type HAAR; LBP is taken")) { $0.featureType = "HAAR" }
    expect(6, .malformed("height", expected: "a number from 3 to 255")) { $0.size = "2" }
    expect(6, .malformed("height", expected: "a number from 3 to 255")) { $0.size = "many" }
    expect(12, .unsupported("trees of more than one node")) { $0.node += " 1 -2 0 1 2 3 4 5 6 7 8" }
    expect(12, .malformed("internalNodes", expected: "two children, a feature and the 8 words of a subset")) {
      $0.node = "0 -1 1 5"
    }
    expect(12, .malformed("internalNodes", expected: "0 -1 for the leaves of a stump")) {
      $0.node = "1 -1 1 0 0 0 0 0 0 0 0"
    }
    expect(12, .featureIndex(2, count: 2)) { $0.node = "0 -1 2 0 0 0 0 0 0 0 0" }
    expect(12, .featureIndex(-1, count: 2)) { $0.node = "0 -1 -1 0 0 0 0 0 0 0 0" }
    expect(12, .malformed("internalNodes", expected: "words of 32 bits")) {
      $0.node = "0 -1 1 0 0 0 0 0 0 0 2147483648"
    }
    expect(14, .malformed("leafValues", expected: "two numbers")) { $0.leaves = "1 2 3" }
    expect(14, .outOfRange("<leafValues>")) { $0.leaves = "1e30 0" }
    expect(14, .outOfRange("<leafValues>")) { $0.leaves = "nan 0" }
    expect(10, .outOfRange("<stageThreshold>")) { $0.threshold = "-inf" }
    expect(19, .feature("leaves the window with its 3 x 3 blocks")) { $0.rect = "1 13 3 4" }
    expect(19, .feature("leaves the window with its 3 x 3 blocks")) { $0.rect = "-1 1 3 4" }
    expect(19, .feature("leaves the window with its 3 x 3 blocks")) { $0.rect = "0 0 0 4" }
    expect(19, .malformed("rect", expected: "x, y, width and height of a block")) { $0.rect = "0 0 1 1 1" }
    expect(15, .tooDeep) { $0.extra = String(repeating: "<a>", count: 20) + String(repeating: "</a>", count: 20) }
    expect(2, .documentType) { $0.prologue += "<!DOCTYPE a [<!ENTITY b \"c\">]>" }
  }

  @Test("is refused where the document is none of a cascade")
  func otherDocuments() {
    func fault(_ text: String) -> CascadeImportError? {
      do throws(CascadeImportError) { _ = try FloatCascade(xml: Array(text.utf8), file: "c.xml") } catch {
        return error
      }
      return nil
    }
    #expect(fault("<a/>") == CascadeImportError("c.xml", line: 1, .notCascade))
    #expect(fault("<opencv_storage>\n<mat/></opencv_storage>") == CascadeImportError("c.xml", line: 2, .notCascade))
    let old = "<opencv_storage><haar_eye><size>20 20</size>\n<stages></stages></haar_eye></opencv_storage>"
    #expect(
      fault(old)?.description
        == "c.xml, line 1: unsupported: a Haar cascade of OpenCV's first format; LBP is taken")
    #expect(
      fault("<opencv_storage><cascade>\n</cascade></opencv_storage>")
        == CascadeImportError("c.xml", line: 1, .missing("featureType", in: "cascade")))
    for text in ["", "no XML", "<a>", "<a></b>", "\u{0}"] {
      guard case .notXML = fault(text)?.fault else {
        Issue.record("\(text): \(String(describing: fault(text)))")
        continue
      }
    }
    let many = "<opencv_storage>" + String(repeating: "<a/>", count: 100_001) + "</opencv_storage>"
    #expect(fault(many)?.fault == .tooLarge)
    #expect(fault(String(repeating: " ", count: 16 << 20 + 1))?.fault == .tooLarge)
  }

  @Test("is refused or read when cut off anywhere, never more")
  func truncation() {
    let bytes = Array(CascadeDocument().text.utf8)
    for count in bytes.indices {
      #expect(throws: CascadeImportError.self) { try FloatCascade(xml: Array(bytes[..<count]), file: "c.xml") }
    }
  }

  @Test("decides in fixed point as in floating point, whatever the codes", arguments: 0..<40)
  func decisions(seed: UInt64) {
    var generator = SplitMix(state: seed)
    // Few bits: sums close to the threshold and on it are common.
    let coarse = Float(1 << Int.random(in: 1...24, using: &generator))
    let count = Int.random(in: 1...10, using: &generator)
    func value() -> Float { (Float.random(in: -1...1, using: &generator) * coarse).rounded() / coarse }
    let stumps = (0..<count).map { _ in
      FloatCascade.Stump(x: 0, y: 0, width: 1, height: 1, inside: value(), outside: value(), subset: [])
    }
    let some = stumps.reduce(Float(0)) { $0 + (Bool.random(using: &generator) ? $1.inside : $1.outside) }
    let stage = FloatCascade.Stage(threshold: some - 1e-5, stumps: stumps)
    let fixed = FixedCascade(FloatCascade(windowWidth: 3, windowHeight: 3, stages: [stage]))
    var isSame = true
    for choice in 0..<1 << count {
      var (sum, raw) = (0.0, 0)
      for (index, stump) in stumps.enumerated() {
        let isInside = choice >> index & 1 == 1
        sum += Double(isInside ? stump.inside : stump.outside)
        raw += Int(isInside ? fixed.stages[0].values[index].inside : fixed.stages[0].values[index].outside)
      }
      if (sum >= Double(stage.threshold)) != (raw >= Int(fixed.stages[0].threshold)) { isSame = false }
    }
    #expect(isSame || !fixed.stages[0].isExact)
    if coarse <= 1_048_576 { #expect(isSame && fixed.stages[0].isExact) }
  }

  @Test("finds the sum nearest to a threshold", arguments: 0..<20)
  func nearest(seed: UInt64) throws {
    var generator = SplitMix(state: 1000 + seed)
    let pairs = (0..<Int(seed) % 11).map { _ in
      (Double.random(in: -1...1, using: &generator), Double.random(in: -1...1, using: &generator))
    }
    let sums = pairs.reduce([0.0]) { sums, pair in sums.flatMap { [$0 + pair.0, $0 + pair.1] } }
    let target = Double.random(in: -2...2, using: &generator)
    let least = sums.map { abs($0 - target) }.min()
    #expect(abs(try #require(FixedCascade.nearest(pairs, to: target)) - (least ?? .infinity)) < 1e-12)
  }

  @Test("is written so that the loader reads the same")
  func writing() throws {
    let source = Array(CascadeDocument().text.utf8)
    let cascade = try FloatCascade(xml: source, file: "folder/c.xml")
    let exported = try FixedCascade.export(cascade, source: source, file: "folder/c.xml")
    #expect(exported.exactStages == 1 && exported.stageCount == 1)
    try unsafe exported.bytes.withUnsafeBytes { bytes in
      let file = unsafe try CascadeFile(unsafeBytes: bytes)
      #expect(file.windowWidth == 24 && file.windowHeight == 24 && file.stageCount == 1 && file.stumpCount == 1)
      let scale = Double(1 << file.fractionBits)
      #expect(Double(file.stump(0).inside) / scale == -0.5 && Double(file.stump(0).outside) / scale == 0.75)
      #expect(Double(file.stage(0).threshold) == (Double(Float(-0.25) - 1e-5) * scale).rounded(.up))
      #expect(file.stump(0).value(254) == file.stump(0).inside && file.stump(0).value(255) == file.stump(0).outside)
      let provenance = unsafe String(decoding: file.unsafeProvenance, as: UTF8.self)
      #expect(provenance.contains("\"name\":\"c.xml\""))
    }
  }

  private func read(_ document: CascadeDocument) throws(CascadeImportError) -> FloatCascade {
    try FloatCascade(xml: Array(document.text.utf8), file: "c.xml")
  }

  private func expect(
    _ line: Int, _ fault: CascadeImportError.Fault, _ change: (inout CascadeDocument) -> Void
  ) {
    var document = CascadeDocument()
    change(&document)
    do throws(CascadeImportError) {
      _ = try read(document)
      Issue.record("read in spite of \(fault)")
    } catch {
      #expect(error == CascadeImportError("c.xml", line: line, fault))
    }
  }
}
