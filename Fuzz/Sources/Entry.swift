import CFuzzer
import Glibc

/// `ferrite-fuzz TARGET [libFuzzer's options and corpora]`: one program for all targets, since they share most of its code.
@main
struct Entry {
  /// What libFuzzer's callbacks, which take no context, run. Set once, before they can be called.
  nonisolated(unsafe) static var target = FuzzTarget.model
  /// Tells the target to the program when libFuzzer starts it again, to shorten a finding for example.
  private static let variable = "FERRITE_FUZZ_TARGET"

  static func main() throws {
    var words = CommandLine.arguments
    if words.count == 3, words[1] == "calibration-seed" { return try writeCalibrationSeed(to: words[2]) }
    if unsafe getenv(variable) == nil, words.count > 1 { unsafe setenv(variable, words.remove(at: 1), 1) }
    guard let name = unsafe getenv(variable), let chosen = FuzzTarget(rawValue: unsafe String(cString: name)) else {
      print("usage: ferrite-fuzz TARGET [OPTION...] [CORPUS...]")
      print("targets: " + FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
      exit(64)
    }
    unsafe target = chosen
    // libFuzzer keeps them until the program ends.
    let arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
    for (index, word) in words.enumerated() { unsafe (arguments + index).initialize(to: strdup(word)) }
    unsafe (arguments + words.count).initialize(to: nil)
    var count = CInt(words.count)
    var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe arguments
    let status = unsafe LLVMFuzzerRunDriver(&count, &list) { bytes, count in
      unsafe Entry.target.run(UnsafeRawBufferPointer(start: bytes, count: count)) ? 0 : -1
    }
    exit(status)
  }
}

/// libFuzzer calls this in the place of its own mutations.
@c(LLVMFuzzerCustomMutator)
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32) -> Int {
  var mutation = unsafe Mutation(bytes: bytes, count: count, capacity: capacity, seed: seed)
  unsafe Entry.target.mutate(&mutation)
  return mutation.count
}
