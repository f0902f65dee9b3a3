import Foundation

/// The `ferrite` program that was built with these tests, run as a user runs it.
enum BuiltProgram {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The output as one JSON document.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
    }

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Beside the test bundle.
  private static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("ferrite")

  static func run(_ arguments: String..., in folder: URL? = nil) throws -> Outcome { try run(arguments, in: folder) }

  /// - Parameters:
  ///   - output, errors: where its standard output and error go; what it says there is then not read.
  ///   - signal: sent to the program as soon as `condition` holds; none if nil.
  static func run(
    _ arguments: [String], in folder: URL? = nil, output path: String? = nil, errors errorPath: String? = nil,
    signal: Int32? = nil, when condition: () -> Bool = { true }
  ) throws -> Outcome {
    let files = try TemporaryFolder()
    let output = files.url.appendingPathComponent("output")
    let errors = files.url.appendingPathComponent("errors")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: path.map { URL(fileURLWithPath: $0) } ?? output)
    process.standardError = try FileHandle(forWritingTo: errorPath.map { URL(fileURLWithPath: $0) } ?? errors)
    try process.run()
    if let signal {
      while process.isRunning && !condition() { Thread.sleep(forTimeInterval: 0.01) }
      kill(process.processIdentifier, signal)
    }
    process.waitUntilExit()
    // A signal must not pass for an exit status.
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Outcome(
      status: status, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}

/// A folder that is gone when the test is.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ferrite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file, making its folders, and returns its path.
  @discardableResult
  func write(_ data: some Sequence<UInt8>, to name: String) throws -> String {
    let place = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(data).write(to: place)
    return place.path
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? [] }
}
