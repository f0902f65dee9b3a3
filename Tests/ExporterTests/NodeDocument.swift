import Foundation

/// docs/onnx-node-tests.md: what came of ONNX's node tests.
struct NodeDocument {
  var package: String
  var results: [NodeResult]

  var text: String {
    """
    # ONNX's node tests

    The ONNX project tests each operator by cases of its own: PyPI package `\(package)`, `onnx.backend.test.case.node`. Of the operators that
    [onnx.md](onnx.md) lists it has \(results.count), of which \(results.count(where: \.isPassed)) pass: the float reference finds what the case wants within 2^-17 of the output's greatest
    number, or 2^-10 where ONNX's own evaluator does not find it either, since it was typed with four digits. The others are listed below with what stopped them. `swift test -c release --filter NodeTests` runs all of them (`Tests/ExporterTests/NodeTests.swift`) and
    compares this page with what it finds; with `FERRITE_WRITE_NODE_TESTS=1` it writes the page.

    `Tests/ExporterTests/Fixtures/nodes/make_cases.py` says how a case of one node becomes a network: its constants become initializers, its first value the network's
    input, and items of a batch frames. Where an operator takes two values it is tried twice, with a constant and with two values that are computed from the input.

    ## By operator
    Each network that passes is exported at 8 bits as well, calibrated on the case's input and seven shuffled ones, without repairs, and run in fixed point on them. **Bound** is the most that the
    rounding of input, weights and results can make of the formats that export has chosen (`NodeErrorBound`), **measured** the greatest difference from the float reference on
    the same 8-bit pixels, both in steps of 8 signed bits over the output's range (its greatest magnitude / 128), of the case that comes nearest to its bound.

    | operator | cases | passed | no floats | refused | bound | measured |
    |---|---|---|---|---|---|---|
    \(byOperator.map(row).joined(separator: "\n"))

    ## Refused
    \(grouped(results.filter { !$0.isPassed && $0.skipped == nil }) { $0.refusal($0.outcomes[0].form) })

    ## Passed with a constant, refused with two values
    \(grouped(results.filter { $0.isPassed && $0.refusal("values") != nil }) { $0.refusal("values") })

    ## Passed with two values, refused with a constant
    \(grouped(results.filter { $0.isPassed && $0.refusal("constant") != nil }) { $0.refusal("constant") })

    ## No networks of 32-bit floats
    \(grouped(results.filter { $0.skipped != nil }) { $0.skipped })

    """
  }

  private var byOperator: [(name: String, results: [NodeResult])] {
    Dictionary(grouping: results, by: \.operator).map { ($0, $1) }.sorted { $0.name < $1.name }
  }

  private func row(_ name: String, _ results: [NodeResult]) -> String {
    let passed = results.count(where: \.isPassed)
    let skipped = results.count { !$0.isPassed && $0.skipped != nil }
    let nearest = results.flatMap(\.errors).max { $0.measured / $0.bound < $1.measured / $1.bound }
    func steps(_ number: Double?) -> String { number.map { String(format: "%.2f", $0) } ?? "" }
    return "| \(name) | \(results.count) | \(passed) | \(skipped) | \(results.count - passed - skipped) "
      + "| \(steps(nearest?.bound)) | \(steps(nearest?.measured)) |"
  }

  /// Cases by operator and reason, each reason once.
  private func grouped(_ results: [NodeResult], _ reason: (NodeResult) -> String?) -> String {
    if results.isEmpty { return "None." }
    let byReason = Dictionary(grouping: results) { [$0.operator, reason($0) ?? ""] }
    let lines = byReason.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, results in
      let names = results.map { "`\($0.name.dropFirst("test_".count))`" }.joined(separator: ", ")
      return "| \(key[0]) | \(key[1].replacing("|", with: "\\|")) | \(names) |"
    }
    return (["| operator | reason | cases |", "|---|---|---|"] + lines).joined(separator: "\n")
  }

  /// A page without the column of measurements and that of bounds, which calibration's choice between two formats can change.
  static func withoutMeasurements(_ page: String) -> String {
    page.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      return cells.count == 9 ? cells.dropLast(3).joined(separator: "|") : String(line)
    }.joined(separator: "\n")
  }
}
