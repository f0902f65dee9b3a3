import Foundation
import Testing

@testable import ImageData

private let extent = ImageExtent(width: 8, height: 6, channels: 1)
private let labels = ["angry", "happy", "sad"]

@Suite struct ClassFoldersTests {
  @Test func picturesComeSortedWithTheModelsLabels() throws {
    let folder = try TemporaryFolder()
    try folder.write(Pictures.greyPNG, to: "sad/b.PNG")
    try folder.write(Pictures.greyJPEG, to: "sad/a.jpg")
    try folder.write(Pictures.greyPNG, to: "angry/z.png")
    try folder.write("not a picture", to: "angry/.hidden")
    try folder.write("not a class", to: "README.md")
    let data = try DataSet(path: folder.path, labels: labels, extent: extent)
    #expect(data.count == 3)
    let samples = try (0..<3).map { try data.sample($0) }
    #expect(samples.map(\.id) == ["angry/z.png", "sad/a.jpg", "sad/b.PNG"])
    #expect(samples.map(\.label) == [0, 2, 2])
    #expect(samples.map(\.image.pixels) == [Pictures.greyPixels, Pictures.greyJPEGPixels, Pictures.greyPixels])
  }

  @Test func withoutClassesAllPicturesAreTakenWhereverTheyLie() throws {
    let folder = try TemporaryFolder()
    try folder.write(Pictures.greyPNG, to: "b.png")
    try folder.write(Pictures.greyJPEG, to: "more/a.jpg")
    try folder.write("words", to: "README.md")
    let data = try DataSet(path: folder.path, labels: [], extent: extent)
    let samples = try (0..<data.count).map { try data.sample($0) }
    #expect(samples.map(\.id) == ["b.png", "more/a.jpg"] && samples.allSatisfy { $0.label == 0 })
    let path = try folder.write("text", to: "more/notes.txt")
    #expect(throws: DataError(path, .unknownImageKind)) { try DataSet(path: folder.path, labels: [], extent: extent) }
  }

  @Test func unknownClassesAreAllNamed() throws {
    let folder = try TemporaryFolder()
    for name in ["zeal", "sad", "awe"] { try folder.write(Pictures.greyPNG, to: "\(name)/a.png") }
    #expect(throws: DataError(folder.path, .unknownClasses(["awe", "zeal"], known: labels))) {
      try DataSet(path: folder.path, labels: labels, extent: extent)
    }
  }

  @Test func aFileThatIsNoPictureIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("text", to: "sad/notes.txt")
    #expect(throws: DataError(path, .unknownImageKind)) {
      try DataSet(path: folder.path, labels: labels, extent: extent)
    }
  }

  @Test func aDamagedPictureIsNamedWhenItIsRead() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Pictures.greyPNG.prefix(50), to: "sad/a.png")
    let data = try DataSet(path: folder.path, labels: labels, extent: extent)
    let error = #expect(throws: DataError.self) { try data.sample(0) }
    #expect(error?.file == path)
  }

  @Test func anEmptyOrMissingFolderIsRefused() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataError(folder.path, .empty)) {
      try DataSet(path: folder.path, labels: labels, extent: extent)
    }
    #expect(throws: DataError("/nowhere", .unreadable(reason: "no such file or folder"))) {
      try DataSet(path: "/nowhere", labels: labels, extent: extent)
    }
    let path = try folder.write("", to: "data.bin")
    #expect(throws: DataError(path, .unknownDataKind)) {
      try DataSet(path: path, labels: labels, extent: extent)
    }
  }

  @Test func aLimitSpreadsOverTheSet() throws {
    let folder = try TemporaryFolder()
    for index in 0..<10 { try folder.write(Pictures.greyPNG, to: "sad/\(index).png") }
    let data = try DataSet(path: folder.path, labels: labels, extent: extent)
    #expect(data.indices() == Array(0..<10))
    #expect(data.indices(limit: 4) == [0, 2, 5, 7])
    #expect(data.indices(limit: 99) == Array(0..<10))
  }
}

@Suite struct ExpressionTableTests {
  private let pixels = Pictures.greyPixels.map(String.init).joined(separator: " ")

  private func open(_ text: String, usage: String? = nil, _ folder: TemporaryFolder) throws -> DataSet {
    try DataSet(path: folder.write(text, to: "faces.csv"), labels: labels, extent: extent, usage: usage)
  }

  @Test func rowsAreReadByUsage() throws {
    let folder = try TemporaryFolder()
    let text = """
      emotion,pixels,Usage\r
      0,\(pixels),Training\r
      2,"\(pixels)",PublicTest\r
      1,\(pixels),PrivateTest
      """
    #expect(try open(text, folder).count == 3)
    let data = try open(text, usage: "PublicTest", folder)
    #expect(data.count == 1)
    let sample = try data.sample(0)
    #expect(sample.id == "faces.csv:3")
    #expect(sample.label == 2)
    #expect(sample.image.pixels == Pictures.greyPixels)
  }

  @Test func aBrokenRowIsNamedByItsLine() throws {
    let folder = try TemporaryFolder()
    let header = "emotion,pixels,Usage\n0,\(pixels),Training\n"
    let cases = [
      ("emotion,pixels\n", "line 1: malformed: expected the header 'emotion,pixels,Usage'"),
      (header + "1,2 3\n", "line 3: malformed: expected three fields (emotion,pixels,Usage), found 2"),
      (header + "3,\(pixels),Training\n", "line 3: label 3 is outside the model's 3 classes"),
      (header + "-1,\(pixels),Training\n", "line 3: malformed: expected a label, a number from 0"),
      (
        header + "1,\(pixels),Test\n",
        "line 3: malformed: expected a usage of Training, PublicTest, PrivateTest"
      ),
    ]
    for (text, message) in cases {
      let error = #expect(throws: DataError.self) { try open(text, folder) }
      #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    }
    #expect(throws: DataError.self) { try open(header, usage: "Test", folder) }
  }

  @Test(arguments: [
    ("1 2 3", "expected 48 pixels (8x6), found 3"),
    (String(repeating: "1 ", count: 49), "expected 48 pixels of 0 to 255"),
    ("1 2 256", "expected 48 pixels of 0 to 255"),
    ("1 two 3", "expected 48 pixels of 0 to 255"),
    ("", "expected 48 pixels (8x6), found 0"),
  ])
  func aPictureOfWrongPixelsIsNamedByItsLine(_ pixels: String, _ message: String) throws {
    let folder = try TemporaryFolder()
    let data = try open("emotion,pixels,Usage\n\n1,\(pixels),Training\n", folder)
    let error = #expect(throws: DataError.self) { try data.sample(0) }
    #expect(error?.description.hasSuffix("faces.csv, line 3: malformed: \(message)") == true)
  }

  @Test func aUsageIsForTablesOnly() throws {
    let folder = try TemporaryFolder()
    try folder.write(Pictures.greyPNG, to: "sad/a.png")
    #expect(throws: DataError.self) {
      try DataSet(path: folder.path, labels: labels, extent: extent, usage: "Training")
    }
  }
}
