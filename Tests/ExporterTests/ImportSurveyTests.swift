import Foundation
import Testing

@testable import Exporter

/// All problems of a network at once.
@Suite("Surveying ONNX") struct ImportSurveyTests {
  private func survey(_ change: (inout ONNXModelProto) -> Void) throws -> ImportSurvey {
    var model = TinyONNX.model
    change(&model)
    return Importer.survey(data: try model.serializedData(), folder: nil)
  }

  /// The tiny model with a layer normalisation behind its convolution and a product of other dims behind that.
  private func broken(_ model: inout ONNXModelProto, isShaped: Bool) {
    model.graph.node[0].output = ["before"]
    model.graph.node.insert(TinyONNX.node("LayerNormalization", ["before", "matrix"], "features", name: "norm"), at: 1)
    model.graph.node[3] = TinyONNX.node("Gemm", ["flat", "kernel"], "scores", name: "dense")
    model.graph.node.append(TinyONNX.node("TopK", ["scores"], "logits", name: "answer"))
    if isShaped {
      model.graph.valueInfo = [TinyONNX.value("features", [1, 2, 3, 3]), TinyONNX.value("scores", [1, 2])]
    }
  }

  @Test("a network without problems comes with its graph")
  func sound() throws {
    let survey = try survey { _ in }
    #expect(survey.problems == [] && survey.unread == 0 && survey.graph?.nodes.count == 3)
  }

  @Test("every problem, with its node, what it reads and what is nearest")
  func allProblems() throws {
    let survey = try survey { broken(&$0, isShaped: true) }
    #expect(survey.problems.map { $0.place?.node } == ["norm", "dense", "answer"])
    #expect(survey.problems.map { $0.place?.operatorName } == ["LayerNormalization", "Gemm", "TopK"])
    #expect(survey.problems[0].inputs.map(\.name) == ["before", "matrix"])
    #expect(survey.problems[0].inputs.map(\.dims) == [[1, 2, 3, 3], [18, 2]])
    #expect(survey.problems[0].nearest == "BatchNormalization, whose statistics are constants")
    #expect(survey.problems[1].reason.contains("two matrices are supported") && survey.problems[1].nearest == nil)
    #expect(survey.problems[2].nearest?.hasPrefix("leave it away") == true)
    #expect(survey.unread == 0 && survey.graph == nil)
  }

  @Test("what lies behind a problem of unknown shape is counted")
  func unreadNodes() throws {
    let survey = try survey { broken(&$0, isShaped: false) }
    #expect(survey.problems.map { $0.place?.node } == ["norm"])
    #expect(survey.unread == 3)
  }

  @Test("a fault of no node is a problem, too")
  func faultsOfTheFile() throws {
    let labels = try survey { $0.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,b,c")] }
    #expect(labels.problems.map { $0.place == nil } == [true])
    #expect(labels.problems[0].reason.contains("ferrite.labels"))
    let empty = Importer.survey(data: Data(), folder: nil)
    #expect(empty.problems.count == 1 && empty.problems[0].reason.contains("empty"))
    #expect(throws: ONNXError.self) { try Importer.survey(path: "/nowhere/network.onnx") }
  }

  @Test("names that are nearly those of an operator lead to it")
  func nearestNames() {
    #expect(NearestOperator.to("Conv2D") == "Conv")
    #expect(NearestOperator.to("GlobalAvgPool") == nil)
    #expect(NearestOperator.to("Upsample")?.contains("Resize") == true)
    #expect(NearestOperator.to("FancyAttentionBlock") == nil)
  }
}
