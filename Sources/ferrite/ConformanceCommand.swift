import ArgumentParser
import EdgeRuntime

/// `ferrite conformance`: the kernels of every instruction set of this machine on the conformance set.
struct Conformance: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks the kernels of this machine bit for bit, with or without a model.",
    discussion: """
      Seeded problems of every operator, in many formats, shapes and parts, are computed by the scalar reference and by each \
      instruction set. All bytes have to agree, no other may be written, and the reference's have to have the digest that is \
      committed: the same on every machine. Exits with 65 when they don't, and names the first problem and byte.

      With models, each of their operations is compared instead, on frames of noise, by every instruction set and 1 to 8 threads; the \
      digest is over all values, and a difference names the first operation and element.
      """)

  @Argument(help: "Model files (.fxm); none for the conformance set.")
  var models: [String] = []

  @Option(help: "How many seeds; the committed digest is that of \(KernelConformance.standardSeeds).")
  var seeds = KernelConformance.standardSeeds

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 1000000") }
  }

  func run() throws {
    guard models.isEmpty else { return try NetworkConformanceReport(paths: models).print(json: json) }
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: KernelConformance.memoryBytes, alignment: Layout.alignment)
    defer { unsafe memory.deallocate() }
    var reports: [KernelConformance.Report] = []
    for instructionSet in InstructionSet.available {
      let report = unsafe KernelConformance.run(instructionSet, seeds: seeds, memory: memory)
      if let failure = report.failure { throw BadData(text(failure, instructionSet)) }
      reports.append(report)
      if !json { print("\(instructionSet.name): agrees") }
    }
    let digest = reports[0].digest
    guard reports.allSatisfy({ $0.digest == digest }) else {
      throw BadData("the reference gives other bytes when run again")
    }
    guard seeds != KernelConformance.standardSeeds || digest == KernelConformance.standardDigest else {
      let committed = hexadecimal(KernelConformance.standardDigest)
      throw BadData("the reference's digest is \(hexadecimal(digest)), but \(committed) is committed")
    }
    print(json ? "\(document(reports[0]))" : text(reports[0]))
  }

  private func document(_ report: KernelConformance.Report) -> JSON {
    [
      "passed": .bool(true), "seeds": JSON(seeds), "digest": JSON(hexadecimal(report.digest)),
      "isa": JSON(InstructionSet.available.map { JSON("\($0.name)") }),
      "kernels": JSON(
        kernels.map { kernel, index -> JSON in
          [
            "name": JSON("\(kernel.name)"), "problems": JSON(report.problems[index]),
            "digest": JSON(hexadecimal(report.digests[index])),
          ]
        }),
    ]
  }

  private func text(_ report: KernelConformance.Report) -> String {
    let lines = kernels.map { kernel, index in
      "\(kernel.name): \(report.problems[index]) problems, digest \(hexadecimal(report.digests[index]))"
    }
    return (lines + ["digest: \(hexadecimal(report.digest))"]).joined(separator: "\n")
  }

  private func text(_ failure: KernelConformance.Failure, _ instructionSet: InstructionSet) -> String {
    let what =
      switch failure.mismatch {
      case .output(let byte): "byte \(byte) of the output differs from the reference's"
      case .strayWrite: "a byte outside the output was written"
      }
    let problem = "\(failure.kernel.name), seed \(failure.seed), in \(failure.parts) parts"
    return "\(instructionSet.name): \(problem): \(what)"
  }

  private var kernels: [(KernelConformance.Kernel, Int)] {
    (0..<KernelConformance.Kernel.count).compactMap { index in
      KernelConformance.Kernel(rawValue: UInt8(index)).map { ($0, index) }
    }
  }
}
