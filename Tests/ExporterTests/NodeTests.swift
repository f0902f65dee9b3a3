import Foundation
import Testing

@testable import Exporter

/// The ONNX project's own node tests of the operators that Ferrite reads.
@Suite("ONNX's node tests") struct NodeTests {
  /// Every form of every case, run once for all tests.
  static let results: [NodeResult] = {
    do { return try NodeCases.all.cases.map(NodeResult.init) } catch { preconditionFailure("\(error)") }
  }()

  @Test("find float numbers that the case wants, or are refused")
  func float() {
    for result in Self.results {
      for (form, outcome) in result.outcomes {
        if case .failed(let reason) = outcome { Issue.record("\(result.name), \(form): \(reason)") }
      }
    }
  }

  @Test("find fixed-point numbers within what rounding can make")
  func fixed() {
    for result in Self.results {
      for (form, outcome) in result.outcomes {
        if case .passed(let error?) = outcome, !(error.measured <= error.bound) {
          Issue.record("\(result.name), \(form): \(error.measured) steps, \(error.bound) are possible")
        }
      }
    }
  }

  /// With FERRITE_WRITE_NODE_TESTS=1 the document is written.
  @Test("come out as docs/onnx-node-tests.md says")
  func document() throws {
    let file = ImportFixture.folder.appending(path: "../../../docs/onnx-node-tests.md").standardizedFileURL
    let found = NodeDocument(package: NodeCases.all.package, results: Self.results).text
    if ProcessInfo.processInfo.environment["FERRITE_WRITE_NODE_TESTS"] == "1" {
      try Data(found.utf8).write(to: file)
    }
    // What was measured depends on the machine's float arithmetic in its last digit; its bound, checked above, is beside it.
    let written = try String(contentsOf: file, encoding: .utf8)
    #expect(NodeDocument.withoutMeasurements(written) == NodeDocument.withoutMeasurements(found))
  }
}

/// What came of a case.
struct NodeResult {
  var name: String
  var `operator`: String
  var skipped: String?
  var outcomes: [(form: String, outcome: NodeOutcome)]

  init(_ case: NodeCase) throws {
    name = `case`.name
    `operator` = `case`.operator
    skipped = `case`.skipped
    outcomes = []
    for form in `case`.forms { outcomes.append((form.form, try form.run(`case`))) }
  }

  var errors: [NodeError] {
    outcomes.compactMap { if case .passed(let error) = $0.outcome { error } else { nil } }
  }

  /// Whether one of its forms finds what the case wants.
  var isPassed: Bool {
    outcomes.contains { if case .passed = $0.outcome { true } else { false } }
  }

  /// Why one of its forms isn't; nil if it is, or has no such form.
  func refusal(_ form: String) -> String? {
    for outcome in outcomes where outcome.form == form {
      switch outcome.outcome {
      case .passed: return nil
      case .refused(let reason): return reason
      case .failed(let reason): return "FAILED: \(reason)"
      }
    }
    return nil
  }
}
