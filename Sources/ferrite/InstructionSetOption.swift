import ArgumentParser
import EdgeRuntime

extension InstructionSet: ExpressibleByArgument {
  public init?(argument: String) {
    guard let match = InstructionSet.allCases.first(where: { "\($0.name)" == argument }) else { return nil }
    self = match
  }

  public static var allValueStrings: [String] { allCases.map { "\($0.name)" } }
}

/// The option that chooses the kernels.
struct InstructionSetOption: ParsableArguments {
  @Option(
    name: .customLong("isa"),
    help: "The kernels: scalar, avx2, avx512vnni, neon or dotprod; the fastest of this machine if not given.")
  private var choice: InstructionSet?

  var isa: InstructionSet { choice ?? .best }

  func validate() throws {
    guard isa.isAvailable else {
      let names = InstructionSet.available.map { "\($0.name)" }.joined(separator: ", ")
      throw ValidationError("--isa \(isa.name): this machine has \(names)")
    }
  }
}
