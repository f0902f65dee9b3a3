import EdgeRuntime
import Foundation
import Quantize
import Synchronization
import Testing

@testable import Exporter

@Suite struct CalibrationFileTests {
  private static let frameBytes = 16 * 16
  private let folder: URL
  private let source: ExportSource
  private let images: CalibrationImages

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ferrite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    source = ExportSource(graph: .miniature(), digest: "0708", name: "miniature.onnx") { FloatLoops.runner($0) }
    images = CalibrationImages(count: 12, frameBytes: Self.frameBytes, classCounts: [5, 0, 7, 0, 0, 0, 0]) {
      picture($0, size: 16)
    }
  }

  private var path: String { folder.appendingPathComponent("net.fxcal").path }

  private func written() throws -> (Calibration, Data) {
    defer { try? FileManager.default.removeItem(at: folder) }
    let calibration = try calibrate(source, images: images)
    try CalibrationFile.write(calibration, of: source, images: images, to: path)
    return (calibration, try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    let (calibration, data) = try written()
    // A slice does not start at 0.
    let slice = (Data([1, 2, 3]) + data).dropFirst(3)
    let (read, pictures) = try CalibrationFile.read(slice, of: source)
    #expect(read.histograms == calibration.histograms && read.imageCount == 12)
    #expect(pictures.count == 12 && pictures.classCounts == images.classCounts)
    for index in 0..<12 { #expect(try pictures.pixels(index) == picture(index, size: 16)) }
  }

  @Test(arguments: [CalibrationMethod.squaredError, .joint])
  func exportsFromTheFileHaveTheBytesOfThoseFromThePictures(method: CalibrationMethod) throws {
    let (calibration, data) = try written()
    let settings = QuantizationSettings(weightBits: 5, method: method)
    let (read, pictures) = try CalibrationFile.read(data, of: source)
    let kept = try exportModel(source, calibration: read, images: pictures, settings: settings)
    #expect(try kept.bytes == exportModel(source, calibration: calibration, images: images, settings: settings).bytes)
  }

  /// - Returns: why a file is refused after a change that its digest is made to fit.
  private func fault(_ data: Data, of source: ExportSource? = nil, _ change: (inout Data) -> Void)
    -> CalibrationFileError?
  {
    var changed = data
    change(&changed)
    changed.removeLast(32)
    let digest = Digest.of { digest in unsafe changed.withUnsafeBytes { unsafe digest.update($0) } }
    changed += (0..<32).map { digest[$0] }
    do {
      _ = try CalibrationFile.read(changed, of: source ?? self.source)
      return nil
    } catch {
      return error as? CalibrationFileError
    }
  }

  @Test func whatContradictsItselfOrTheNetworkIsRefusedAtItsPlace() throws {
    let (_, data) = try written()
    // Header, the name of 14 bytes, seven class counts, then the input's tensor: "image".
    let tensor = 80 + 14 + 4 * 7
    #expect(fault(data) { _ in } == nil)
    #expect(fault(data) { $0[8] = 2 } == .init(fault: .version(2), byteOffset: 8))
    #expect(fault(data) { $0[12] = 0 } == .init(fault: .count, byteOffset: 12))
    #expect(fault(data) { $0[15] = 0xFF } == .init(fault: .count, byteOffset: 12))
    #expect(fault(data) { $0[12] = 11 }?.fault == .count)
    #expect(fault(data) { $0[16] ^= 1 } == .init(fault: .fileSize, byteOffset: 16))
    #expect(fault(data) { $0[24] = 17 }?.byteOffset == 24)
    #expect(fault(data) { $0[36] = 6 } == .init(fault: .count, byteOffset: 36))
    #expect(fault(data) { $0[40] += 1 } == .init(fault: .count, byteOffset: 40))
    #expect(
      fault(data) {
        $0[44] = 0xFF; $0[47] = 0xFF
      } == .init(fault: .text, byteOffset: 80))
    #expect(fault(data) { $0[48] = 0 } == .init(fault: .otherNetwork(name: "miniature.onnx"), byteOffset: 48))
    #expect(fault(data) { $0[80] = 0xFF } == .init(fault: .text, byteOffset: 80))
    #expect(fault(data) { $0[94] += 1 } == .init(fault: .count, byteOffset: 94))
    #expect(
      fault(data) { $0[tensor + 4] = 0x49 }
        == .init(fault: .tensor(found: "Image", wanted: "image"), byteOffset: tensor))
    #expect(fault(data) { $0[tensor + 9] = 2 } == .init(fault: .channels(2, wanted: 1), byteOffset: tensor + 9))
    // The channel's exponent, least and greatest value, zeros, first bin, bins.
    for place in [0, 7, 11, 12, 20, 22, 24] {
      #expect(fault(data) { $0[tensor + 13 + place] ^= 0x40 }?.fault == .histogram, "byte \(place)")
    }
    var other = source
    other.graph.values[0].name = "renamed"
    #expect(
      fault(data, of: other) { _ in } == .init(fault: .tensor(found: "image", wanted: "renamed"), byteOffset: tensor))
    other = source
    other.digest = "0709"
    #expect(fault(data, of: other) { _ in }?.byteOffset == 48)
  }

  @Test func everyFlippedBitAndEveryTruncationIsFound() throws {
    let (_, data) = try written()
    for place in stride(from: 0, to: data.count, by: 97) {
      var flipped = data
      flipped[place] ^= 1 << UInt8(place % 8)
      #expect(throws: CalibrationFileError.self) { try CalibrationFile.read(flipped, of: source) }
      #expect(throws: CalibrationFileError.self) { try CalibrationFile.read(data.prefix(place), of: source) }
    }
    #expect(throws: CalibrationFileError.self) { try CalibrationFile.read(data + [0], of: source) }
  }

  @Test func aPictureThatCannotBeReadLeavesNoFile() throws {
    struct Unreadable: Error {}
    defer { try? FileManager.default.removeItem(at: folder) }
    let calibration = try calibrate(source, images: images)
    // Read well while the digest is made, and no more when the file is written.
    let reads = Mutex(0)
    let failing = CalibrationImages(count: 12, frameBytes: Self.frameBytes) {
      let count = reads.withLock { count in
        count += 1
        return count
      }
      if count > 15 { throw Unreadable() }
      return picture($0, size: 16)
    }
    #expect(throws: Unreadable.self) { try CalibrationFile.write(calibration, of: source, images: failing, to: path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
