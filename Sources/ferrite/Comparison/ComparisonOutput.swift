import ArgumentParser
import Exporter

/// The options that say how a comparison is shown.
struct ComparisonOutput: ParsableArguments {
  @Option(help: "Also write the comparison as one HTML page to this file.")
  var html: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard html != "" else { throw ValidationError("--html is empty") }
  }

  /// Finds a page that can't be written before the work rather than after it.
  ///
  /// - Parameter inputs: files that the page must not replace.
  func checkWritable(besides inputs: [String]) throws {
    guard let html else { return }
    guard !inputs.contains(html) else { throw ValidationError("--html \(html): would replace what is compared") }
    try AtomicFile.checkWritable(html)
  }

  func show(_ report: ComparisonReport) throws {
    if let html { try AtomicFile.write(Array(ComparisonPage(report: report).html.utf8), to: html) }
    if json {
      print(report.json)
    } else {
      print(report.text, terminator: "")
    }
  }

  func show(_ shard: Shard, pictures: Int, _ path: String) throws {
    if json {
      print(
        [
          "partial": JSON(path), "shard": JSON([JSON(shard.index), JSON(shard.count)]), "samples": JSON(pictures),
        ] as JSON)
    } else {
      print("\(path): shard \(shard.index) of \(shard.count), \(pictures.grouped) pictures")
    }
  }
}
