import Exporter
import ImageData
import Quantize

extension ExportSource {
  /// Makes an ONNX network ready to be quantised.
  ///
  /// - Throws: `BadData` with the path where the settings don't fit the network.
  init(_ network: FloatNetwork, _ settings: InputSettings) throws {
    let graph = Passes.all(try network.graph(settings))
    self.init(graph: graph, digest: network.digest, name: network.name) { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    self.settings = settings
  }

  var extent: ImageExtent {
    let shape = graph.values[graph.input].shape
    return ImageExtent(width: shape.width, height: shape.height, channels: shape.channels)
  }

  /// What a file of `ferrite calibrate` tells of this network, and its pictures.
  ///
  /// - Throws: `DataError`, or `BadData` with the path and the byte.
  func calibration(path: String) throws -> (Calibration, CalibrationImages) {
    let data = try contents(of: path)
    do {
      return try CalibrationFile.read(data, of: self)
    } catch let error as CalibrationFileError {
      throw BadData("\(path): \(error)")
    }
  }
}

extension CalibrationImages {
  /// As many pictures as are calibrated on where nobody says otherwise.
  static let usualCount = 512

  /// At most `limit` pictures of a set, evenly spread.
  init(_ data: DataSet, limit: Int?, classes: Int) {
    self.init(data, chosen: data.indices(limit: limit ?? Self.usualCount), classes: classes)
  }

  /// Pictures of a set by their numbers.
  init(_ data: DataSet, chosen: [Int], classes: Int) {
    var counts = [Int](repeating: 0, count: classes)
    // Pictures for a network that tells no classes have none.
    if classes > 0 { for index in chosen { counts[data.label(index)] += 1 } }
    let frameBytes = data.extent.count + (data.inputs?.rowBytes ?? 0)
    self.init(count: chosen.count, frameBytes: frameBytes, classCounts: counts) { index in
      try data.sample(chosen[index]).frame
    }
  }
}
