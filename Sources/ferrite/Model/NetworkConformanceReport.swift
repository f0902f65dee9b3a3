import EdgeRuntime

/// What `ferrite conformance M.fxm` finds: a digest for each model, the same by every instruction set and number of threads.
struct NetworkConformanceReport {
  static let threads = 1...8

  private var networks: [(path: String, digest: UInt64)] = []

  /// - Throws: `BadData` for a file that is no model, or with the first operation and element that differ.
  init(paths: [String]) throws {
    for path in paths {
      let model = try LoadedModel(path: path)
      var digests: Set<UInt64> = []
      for instructionSet in InstructionSet.available {
        for count in Self.threads { digests.insert(try Self.digest(of: model, instructionSet, threads: count)) }
      }
      guard let digest = digests.first, digests.count == 1 else {
        throw BadData("\(path): the reference gives other values when run again")
      }
      networks.append((path, digest))
    }
  }

  private static func digest(
    of model: LoadedModel, _ instructionSet: InstructionSet, threads: Int
  ) throws -> UInt64 {
    let pool = try ThreadPool(threads: threads)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: NetworkConformance.memoryBytes(model.file, threads: threads), alignment: Layout.alignment)
    defer { unsafe memory.deallocate() }
    let report = unsafe try NetworkConformance.run(
      unsafeModel: model.file, instructionSet, unsafePool: pool, frames: NetworkConformance.standardFrames,
      memory: memory)
    if let difference = report.difference {
      let operation = model.file.operation(difference.operation)
      throw BadData(
        "\(model.path): \(instructionSet.name), \(threads) threads: operation \(difference.operation) "
          + "(\(model.name(operation.name))), element \(difference.element) of frame \(difference.frame) is "
          + "\(difference.found), the reference's \(difference.reference)")
    }
    return report.digest
  }

  func print(json: Bool) {
    guard json else {
      for network in networks { Swift.print("\(network.path): digest \(hexadecimal(network.digest))") }
      return
    }
    let document: JSON = [
      "passed": .bool(true), "frames": JSON(NetworkConformance.standardFrames),
      "isa": JSON(InstructionSet.available.map { JSON("\($0.name)") }), "threads": JSON(Self.threads.count),
      "networks": JSON(
        networks.map { network -> JSON in
          ["file": JSON(network.path), "digest": JSON(hexadecimal(network.digest))]
        }),
    ]
    Swift.print("\(document)")
  }
}

/// Sixteen digits.
func hexadecimal(_ digest: UInt64) -> String {
  let digits = String(digest, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
