import ArgumentParser
import Exporter
import Foundation
import Quantize

/// All that keeps a network from being exported, found without pictures and without writing anything.
struct DryRun {
  let path: String
  let survey: ImportSurvey
  /// Of the network's layers, once it could be read.
  let layerProblems: [String]
  let layers: [LayerGraph.Layer]

  /// - Throws: `BadData` for a file that can't be opened.
  init(path: String) throws {
    self.path = path
    do throws(ONNXError) {
      survey = try Importer.survey(path: path)
    } catch {
      throw BadData("\(path): \(error)")
    }
    guard let graph = survey.graph else {
      (layers, layerProblems) = ([], [])
      return
    }
    do throws(ExportError) {
      let fused = try LayerGraph(fusing: Passes.all(graph))
      (layers, layerProblems) = (fused.layers, fused.geometryProblems.map(\.description))
    } catch {
      (layers, layerProblems) = ([], [error.description])
    }
  }

  var problems: Int { survey.problems.count + layerProblems.count }

  /// Prints what was found.
  ///
  /// - Throws: `ExitCode` 65 if there is any problem.
  func report(json: Bool) throws {
    if json { print(self.json) } else { print(text, terminator: "") }
    if problems > 0 { throw ExitCode(65) }
  }

  var text: String {
    guard problems > 0 else { return "\(path): can be exported, \(layers.count) layers\n" }
    var text = "\(path): \(problems) \(problems == 1 ? "problem" : "problems")\n"
    for problem in survey.problems {
      let place = problem.place.map { "node \"\($0.node)\" (\($0.operatorName)): " } ?? ""
      text += "  \(place)\(problem.reason)\n"
      if !problem.inputs.isEmpty {
        let inputs = problem.inputs.map { "\($0.name) \($0.dims.map { "\($0)" } ?? "of unknown dims")" }
        text += "    inputs: \(inputs.joined(separator: ", "))\n"
      }
      if let nearest = problem.nearest { text += "    nearest: \(nearest)\n" }
    }
    for problem in layerProblems { text += "  \(problem)\n" }
    if survey.unread > 0 {
      text +=
        "  \(survey.unread) \(survey.unread == 1 ? "node" : "nodes") behind were not looked at: the file does not give the "
      text += "shapes that they read (onnx.shape_inference.infer_shapes adds them)\n"
    }
    return text
  }

  var json: JSON {
    [
      "network": JSON(path), "exportable": .bool(problems == 0), "layers": JSON(layers.count),
      "problems": JSON(survey.problems.map(json) + layerProblems.map { ["reason": JSON($0)] }),
      "unread_nodes": JSON(survey.unread),
    ]
  }

  private func json(_ problem: ImportSurvey.Problem) -> JSON {
    let inputs = problem.inputs.map { input -> JSON in
      let dims = input.dims.map { JSON($0.map { JSON($0) }) } ?? JSON.null
      return ["name": JSON(input.name), "dims": dims]
    }
    return [
      "node": problem.place.map { JSON($0.node) } ?? .null,
      "operator": problem.place.map { JSON($0.operatorName) } ?? .null, "reason": JSON(problem.reason),
      "inputs": JSON(inputs), "nearest": problem.nearest.map { JSON($0) } ?? .null,
    ]
  }
}
