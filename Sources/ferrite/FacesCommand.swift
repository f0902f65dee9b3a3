import ArgumentParser
import DrawnFaces
import Foundation
import ImageData

/// `ferrite faces`: draws faces with known expressions and placement, as data for training, tests and demonstrations.
struct Faces: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faces",
    abstract: "Draws faces that show the seven expressions.",
    discussion: """
      Face i of a seed shows class i % 7 and has the same pixels on every machine.
      npy writes OUTPUT-images.npy (uint8 N,H,W), OUTPUT-labels.npy (uint8 N) and OUTPUT-theta.npy (float32 N,2,3: the
      affine map, target to source, that undoes rotation, scale and shift). pgm and png write a new folder OUTPUT with a
      folder for each class; sheet writes one PNG, a column for each class.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case npy, pgm, png, sheet
  }

  @Option(name: [.short, .long], help: "Prefix of the files (npy), the folder (pgm, png) or the file (sheet).")
  var output: String

  @Option(help: "How many faces.")
  var count: Int

  @Option(help: "Seed of the series; 0 or more.")
  var seed: UInt64

  @Option(help: "Width and height in pixels, 48...1024.")
  var size = 48

  @Flag(help: "Draw the faces upright, centred and evenly lit.")
  var upright = false

  @Option(help: "npy, pgm, png or sheet.")
  var format = Format.npy

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count \(count): draw at least one face") }
    guard FaceSeries.minimumSize...1024 ~= size else {
      throw ValidationError("--size \(size): a face is \(FaceSeries.minimumSize) to 1024 pixels wide")
    }
    guard !output.isEmpty else { throw ValidationError("--output is empty") }
    if format == .sheet {
      guard count <= 7_000 else { throw ValidationError("--count \(count): a sheet shows at most 7000 faces") }
    }
  }

  func run() throws {
    let faces = FaceSeries(seed: seed)
    let series = upright ? faces.upright : faces
    do {
      switch format {
      case .npy: try writeArrays(series)
      case .pgm, .png: try writeFolders(series)
      case .sheet:
        let sheet = ContactSheet.draw(series, count: count, size: size)
        try Data(png(sheet.pixels, width: sheet.width, height: sheet.height))
          .write(to: URL(fileURLWithPath: output), options: .atomic)
      }
    } catch let error as CocoaError {
      throw BadData("\(output): can't be written (\(error.reason))")
    }
  }

  /// Each file is written under another name and gets its own when all of them are whole.
  private func writeArrays(_ series: FaceSeries) throws {
    let files = ["images", "labels", "theta"].map { URL(fileURLWithPath: "\(output)-\($0).npy") }
    let partial = files.map { $0.appendingPathExtension("partial") }
    defer { for file in partial { try? FileManager.default.removeItem(at: file) } }
    let headers = [
      NumPyArray.header(.uint8, shape: [count, size, size]),
      NumPyArray.header(.uint8, shape: [count]),
      NumPyArray.header(.float32, shape: [count, 2, 3]),
    ]
    for (file, header) in zip(partial, headers) { try Data(header).write(to: file) }
    let handles = try partial.map { try FileHandle(forWritingTo: $0) }
    for handle in handles { try handle.seekToEnd() }
    try draw(series) { _, face in
      try handles[0].write(contentsOf: face.pixels)
      try handles[1].write(contentsOf: [UInt8(face.expression.rawValue)])
      try handles[2].write(contentsOf: face.theta.bytes)
    }
    for handle in handles { try handle.close() }
    for (from, to) in zip(partial, files) {
      if FileManager.default.fileExists(atPath: to.path) { try FileManager.default.removeItem(at: to) }
      try FileManager.default.moveItem(at: from, to: to)
    }
  }

  /// The folder is filled under another name. One that exists is left alone: its files could be of another series.
  private func writeFolders(_ series: FaceSeries) throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw BadData("\(output): exists already")
    }
    let partial = folder.deletingLastPathComponent().appendingPathComponent(folder.lastPathComponent + ".partial")
    defer { try? FileManager.default.removeItem(at: partial) }
    try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: false)
    for expression in Expression.allCases.prefix(count) {
      try FileManager.default.createDirectory(
        at: partial.appendingPathComponent(expression.name), withIntermediateDirectories: false)
    }
    try draw(series) { index, face in
      let number = String(index)
      let name = String(repeating: "0", count: max(6 - number.count, 0)) + number
      let bytes =
        format == .pgm
        ? GreyImage.pgm(face.pixels, width: size, height: size)
        : png(face.pixels, width: size, height: size)
      let file = partial.appendingPathComponent(face.expression.name)
        .appendingPathComponent("\(name).\(format.rawValue)")
      try Data(bytes).write(to: file)
    }
    try FileManager.default.moveItem(at: partial, to: folder)
  }

  /// Draws the faces one after the other.
  private func draw(_ series: FaceSeries, each body: (Int, DrawnFace) throws -> Void) throws {
    let progress = ProgressBar("drawing", total: count)
    for index in 0..<count {
      try body(index, series[index, size: size])
      progress.advance()
    }
  }

  private func png(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    PixelImage(extent: ImageExtent(width: width, height: height, channels: 1), pixels: pixels).png()
  }
}

extension CocoaError {
  /// The system's reason, or Foundation's where the system has said nothing.
  fileprivate var reason: String {
    guard let system = underlying as? POSIXError else { return localizedDescription }
    return systemMessage(system.code.rawValue)
  }
}
