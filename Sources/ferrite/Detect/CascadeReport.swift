import EdgeRuntime

/// What there is to tell of a cascade.
struct CascadeReport {
  private let cascade: LoadedCascade

  init(_ cascade: LoadedCascade) { self.cascade = cascade }

  var json: JSON {
    return [
      "bytes": JSON(cascade.file.fileBytes), "digest": JSON(cascade.file.digest.hexadecimal),
      "width": JSON(cascade.file.windowWidth),
      "height": JSON(cascade.file.windowHeight), "stumps": JSON(cascade.file.stumpCount),
      "fraction_bits": JSON(cascade.file.fractionBits),
      "stages": JSON(
        (0..<cascade.file.stageCount).map { index -> JSON in
          [
            "stumps": JSON(cascade.file.stage(index).stumpCount), "threshold": .rounded(threshold(index), digits: 9),
            "raw_threshold": JSON(cascade.file.stage(index).threshold),
          ]
        }),
      "frame_bytes": JSON(memory), "provenance": JSON(cascade.provenance),
      "signature": cascade.file.signature.json,
    ]
  }

  /// A table of the stages, then what identifies the file.
  var text: String {
    var table = TextTable([("stage", .right), ("stumps", .right), ("threshold", .right)])
    for index in 0..<cascade.file.stageCount {
      table.add(["\(index)", "\(cascade.file.stage(index).stumpCount)", threshold(index).decimals(6)])
    }
    return """
      \(table.text)
      file        \(cascade.file.fileBytes.grouped) bytes
      window      \(cascade.file.windowWidth)x\(cascade.file.windowHeight)
      stumps      \(cascade.file.stumpCount) in \(cascade.file.stageCount) stages, \(cascade.file.fractionBits) fraction bits
      memory      \(memory.grouped) bytes for frames of 640x480 with faces from 48 pixels on
      provenance  \(cascade.provenance)
      digest      \(cascade.file.digest.hexadecimal)
      signature   \(cascade.file.signature.text)

      """
  }

  private func threshold(_ index: Int) -> Double {
    Double(cascade.file.stage(index).threshold) / Double(1 << cascade.file.fractionBits)
  }

  private var memory: Int {
    var settings = DetectorSettings()
    settings.minimumSize = 48
    return CascadeDetector.memoryBytes(cascade.file, width: 640, height: 480, settings)
  }
}
