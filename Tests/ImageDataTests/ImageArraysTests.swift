import Foundation
import Testing

@testable import ImageData

@Suite struct ImageArraysTests {
  private let extent = ImageExtent(width: 3, height: 2, channels: 1)
  private let pixels = (0..<12).map { UInt8($0 * 20) }

  /// A version 1.0 file as NumPy writes it.
  private func npy(_ type: String, _ shape: String, _ bytes: [UInt8], order: String = "False") -> Data {
    npy(header: "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }", bytes)
  }

  private func npy(header: String, _ bytes: [UInt8], version: UInt8 = 1) -> Data {
    let lengthBytes = version == 1 ? 2 : 4
    let unpadded = 8 + lengthBytes + header.utf8.count + 1
    let padded = header + String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = (0..<lengthBytes).map { UInt8(truncatingIfNeeded: padded.utf8.count >> (8 * $0)) }
    return Data([0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(padded.utf8) + bytes)
  }

  private func open(_ images: Data, _ labels: Data) throws -> DataSet {
    let folder = try TemporaryFolder()
    try folder.write(labels, to: "test-labels.npy")
    return try DataSet(
      path: folder.write(images, to: "test-images.npy"), labels: ["angry", "happy"], extent: extent)
  }

  private func message(_ images: Data, _ labels: Data) -> String {
    let error = #expect(throws: DataError.self) { try open(images, labels) }
    return error?.description ?? ""
  }

  private var images: Data { npy("|u1", "(2, 2, 3)", pixels) }
  private var labels: Data { npy("|u1", "(2,)", [1, 0]) }

  @Test func withoutClassesNoLabelsAreRead() throws {
    let folder = try TemporaryFolder()
    let data = try DataSet(path: folder.write(images, to: "test-images.npy"), labels: [], extent: extent)
    #expect(try (0..<data.count).flatMap { try data.sample($0).image.pixels } == pixels)
    #expect(data.label(1) == 0)
  }

  @Test func imagesAndLabelsOfEveryTypeAreRead() throws {
    for labels in [
      labels, npy("<i4", "(2,)", [1, 0, 0, 0, 0, 0, 0, 0]),
      npy("<i8", "(2,)", [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)),
    ] {
      let data = try open(images, labels)
      #expect(data.count == 2)
      let samples = try (0..<2).map { try data.sample($0) }
      #expect(samples.map(\.id) == ["test-images.npy[0]", "test-images.npy[1]"])
      #expect(samples.map(\.label) == [1, 0])
      #expect(samples.flatMap(\.image.pixels) == pixels)
    }
  }

  @Test func theKeysMayStandInAnyOrderAndTheVersionMayBeTwo() throws {
    let images = npy(
      header: "{'shape': (2, 2, 3, 1), 'fortran_order': False, 'descr': '|u1'}", pixels, version: 2)
    #expect(try open(images, labels).count == 2)
  }

  @Test func whatIsNotSupportedIsSaid() {
    #expect(message(npy("|u1", "(2, 2, 3)", pixels, order: "True"), labels).hasSuffix("unsupported: Fortran order"))
    #expect(message(npy("<f2", "(2, 2, 3)", pixels), labels).hasSuffix("unsupported: elements of type '<f2'"))
    let floats = Array(repeating: pixels, count: 4).flatMap { $0 }
    #expect(message(npy("<f4", "(2, 2, 3)", floats), labels).hasSuffix("unsupported: images of float32, not uint8"))
    #expect(
      message(images, npy("<f8", "(2,)", [UInt8](repeating: 0, count: 16)))
        .hasSuffix("unsupported: labels of float64, not integers"))
    #expect(
      message(npy("|u1", "(12,)", pixels), labels)
        .hasSuffix("unsupported: a shape [12]: images are N, height, width"))
    #expect(message(npy("<i4", "(1, 1, 3)", pixels), labels).hasSuffix("unsupported: images of int32, not uint8"))
    #expect(
      message(images, npy("|u1", "(2, 1)", [1, 0]))
        .hasSuffix("unsupported: a shape [2, 1]: labels are a vector"))
    #expect(message(npy(header: "{}", [], version: 3), labels).contains("byte 6: unsupported: NPY version 3.0"))
  }

  @Test func sizesAreCheckedAgainstTheFile() {
    #expect(message(npy("|u1", "(3, 2, 3)", pixels), labels).contains("expected 18 bytes for [3, 2, 3], found 12"))
    #expect(
      message(npy("|u1", "(2, 2, 3)", pixels + [0]), labels)
        .contains("expected 12 bytes for [2, 2, 3], found 13"))
    #expect(
      message(npy("|u1", "(1099511627776, 1099511627776, 3)", []), labels)
        .hasSuffix("unsupported: a shape of [1099511627776, 1099511627776, 3]"))
    #expect(
      message(npy("|u1", "(2, 3, 2)", pixels), labels).hasSuffix(
        "the picture is 2x3, the network wants 3x2 (--resize crop or stretch makes it so)"))
    #expect(message(npy("|u1", "(0, 2, 3)", []), npy("|u1", "(0,)", [])).hasSuffix("holds no images"))
  }

  @Test func labelsMustFitTheImagesAndTheModel() {
    #expect(message(images, npy("|u1", "(3,)", [1, 0, 1])).contains("holds 2 images, "))
    #expect(
      message(images, npy("|u1", "(2,)", [1, 2]))
        .hasSuffix("labels.npy, image 1: label 2 is outside the model's 2 classes"))
    #expect(
      message(images, npy("<i4", "(2,)", [255, 255, 255, 255, 0, 0, 0, 0]))
        .hasSuffix("image 0: label -1 is outside the model's 2 classes"))
  }

  @Test(arguments: [
    "", "{", "{}", "{'descr': '|u1', 'fortran_order': False}", "{'descr': '|u1', 'shape': (2, 2, 3)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), 'more': 1}",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2, 3)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': ()}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)} x",
    "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2, 2, 3)}",
  ])
  func aMalformedHeaderIsRefused(_ header: String) {
    #expect(message(npy(header: header, pixels), labels).contains(", byte "))
  }

  @Test func aFileTruncatedAnywhereIsRefused() throws {
    for count in 0..<images.count { _ = message(images.prefix(count), labels) }
    for count in 0..<labels.count { _ = message(images, labels.prefix(count)) }
  }

  @Test func missingLabelsAreNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(images, to: "a-images.npy")
    let error = #expect(throws: DataError.self) { try DataSet(path: path, labels: ["a", "b"], extent: extent) }
    #expect(error?.file == folder.url.appending(path: "a-labels.npy").path)
  }
}
