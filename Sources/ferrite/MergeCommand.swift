import ArgumentParser

/// `ferrite merge`: the partial results of a comparison's shards, joined.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Joins the partial results of `ferrite compare --shard`.",
    discussion: """
      Prints what one run over all pictures would have printed, to the last bit, but for the measured times. The files may be \
      given in any order, each shard once; neither networks nor pictures are needed.
      """)

  @Argument(help: "The files of --partial, one for each shard.")
  var files: [String]

  @OptionGroup var output: ComparisonOutput

  func run() throws {
    try output.checkWritable(besides: files)
    let whole = try PartialComparison.join(files.map { ($0, try PartialComparison(path: $0)) })
    try output.show(ComparisonReport(task: whole.task, comparison: whole.comparison))
  }
}
