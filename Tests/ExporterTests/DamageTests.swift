import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Networks and cascades, cut off anywhere and with any bit flipped: imported, or refused in words; what more than one change does,
/// the fuzzer tells (Fuzz/).
@Suite struct DamageTests {
  @Test(arguments: ["pools", "matmul-grid", "quantized"]) func noNetworkCutOffCrashes(_ name: String) throws {
    let data = try ImportFixture(name).data
    for count in data.indices { #expect(!isImported(data.prefix(count)) || count > data.count / 2) }
    #expect(isImported(data))
  }

  @Test(arguments: ["pools", "matmul-grid"]) func noNetworkWithAFlippedBitCrashes(_ name: String) throws {
    let data = try ImportFixture(name).data
    var refused = 0
    for byte in data.indices {
      for bit in 0..<8 {
        var damaged = data
        damaged[byte] ^= 1 << UInt8(bit)
        if !isImported(damaged) { refused += 1 }
      }
    }
    #expect(refused > 0)
  }

  private func isImported(_ data: Data) -> Bool {
    do throws(ONNXError) {
      _ = try Importer.graph(data: data, folder: nil)
      return true
    } catch {
      #expect(!error.description.isEmpty)
      return false
    }
  }

  @Test func noCascadeCutOffOrWithAFlippedBitCrashes() {
    let document = Array(
      """
      <?xml version="1.0"?>
      <opencv_storage><cascade type_id="opencv-cascade-classifier">
      <stageType>BOOST</stageType><featureType>LBP</featureType><height>24</height><width>24</width>
      <featureParams><maxCatCount>256</maxCatCount></featureParams>
      <stages><_><stageThreshold>-0.25</stageThreshold><weakClassifiers><_>
      <internalNodes>0 -1 0 1 -2 3 -4 5 -6 7 2147483647</internalNodes><leafValues>-0.5 0.75</leafValues></_>
      </weakClassifiers></_></stages>
      <features><_><rect>1 2 3 4</rect></_></features></cascade></opencv_storage>
      """.utf8)
    #expect(isExported(document))
    for count in document.indices { #expect(!isExported(Array(document[..<count]))) }
    var refused = 0
    for byte in document.indices {
      for bit in 0..<8 {
        var damaged = document
        damaged[byte] ^= 1 << UInt8(bit)
        if !isExported(damaged) { refused += 1 }
      }
    }
    #expect(refused > document.count)
  }

  private func isExported(_ document: [UInt8]) -> Bool {
    do throws(CascadeImportError) {
      let cascade = try FloatCascade(xml: document, file: "cascade.xml")
      _ = try FixedCascade.export(cascade, source: document, file: "cascade.xml")
      return true
    } catch {
      if case .refusedByLoader = error.fault { Issue.record("the loader refuses what was written: \(error)") }
      return false
    }
  }
}
