// swift-tools-version: 6.2
import PackageDescription

/// The architecture that the products run on: `FERRITE_ARCH` when cross-building, else this machine's.
/// Package manifests have no condition for it, and each SIMD object needs the flags of its own instruction set.
let architecture: String = {
  if let name = Context.environment["FERRITE_ARCH"] { return name }
  #if arch(arm64)
    return "aarch64"
  #else
    return "x86_64"
  #endif
}()

let safe: [SwiftSetting] = [.strictMemorySafety(), .enableExperimentalFeature("Lifetimes")]

/// What every processor of the architecture has, where the compiler by itself would take more for granted: some of 32-bit ARM lack NEON.
/// Every C target has it, and every Swift target but the kernels of an instruction set.
let baseline = architecture == "armv7" ? ["-mfpu=vfpv3-d16"] : []
let strict = safe + (baseline.isEmpty ? [] : [.unsafeFlags(baseline.flatMap { ["-Xcc", $0] })])
let baselineC: [CSetting] = baseline.isEmpty ? [] : [.unsafeFlags(baseline)]

/// For targets whose tests look inside, in release builds too. Not the kernels: it would give them mergeable functions.
let testable = strict + [.unsafeFlags(["-enable-testing"], .when(configuration: .release))]

/// One instruction set's kernels: an object of its own, so that nothing compiled for it can run before it was chosen.
func kernels(_ name: String, on kernelArchitecture: String, flags: [String]) -> Target {
  .target(
    name: name,
    dependencies: ["EdgeKernels", "CVector"],
    swiftSettings: (architecture == kernelArchitecture ? safe : strict)
      // Optimised in every configuration: tests exercise the machine code that ships.
      + (architecture == kernelArchitecture ? [.unsafeFlags(["-O"] + flags.flatMap { ["-Xcc", $0] })] : []))
}

/// The device program: an executable of its own here, an archive for the linker of the board's C library when cross-building.
let crossBuilding = Context.environment["FERRITE_ARCH"] != nil
/// The fuzzer of Fuzz/, which links the device program's code, too. Only its own script builds it.
let fuzzing = Context.environment["FERRITE_FUZZ"] != nil
let edgeDependencies: [Target.Dependency] = ["EdgeProgram", "EdgeRuntime", "CGpiod", "CHeap", "CLinux"]
let edgeProgram: Target =
  crossBuilding || fuzzing
  ? .target(name: "FerriteEdge", dependencies: edgeDependencies, path: "Sources/ferrite-edge", swiftSettings: strict)
  : .executableTarget(
    name: "ferrite-edge", dependencies: edgeDependencies, path: "Sources/ferrite-edge", swiftSettings: strict)
let edgeProducts: [Product] =
  crossBuilding || fuzzing
  ? [.library(name: "FerriteEdge", type: .static, targets: ["FerriteEdge"])]
  : [.executable(name: "ferrite-edge", targets: ["ferrite-edge"])]

/// The program that tells an MQTT broker of decisions, built alike.
let messageDependencies: [Target.Dependency] = ["EdgeProgram", "CLinux", "CMQTT"]
let messageProgram: Target =
  crossBuilding
  ? .target(name: "FerriteMQTT", dependencies: messageDependencies, path: "Sources/ferrite-mqtt", swiftSettings: strict)
  : .executableTarget(
    name: "ferrite-mqtt", dependencies: messageDependencies, path: "Sources/ferrite-mqtt", swiftSettings: strict)
let messageProducts: [Product] =
  crossBuilding
  ? [.library(name: "FerriteMQTT", type: .static, targets: ["FerriteMQTT"])]
  : [.executable(name: "ferrite-mqtt", targets: ["ferrite-mqtt"])]

/// The program that makes frames of a camera's JPEG pictures, built alike.
let pictureDependencies: [Target.Dependency] = ["EdgeProgram", "EdgeRuntime", "CLinux", "CMJPEG"]
let pictureProgram: Target =
  crossBuilding
  ? .target(
    name: "FerriteMJPEG", dependencies: pictureDependencies, path: "Sources/ferrite-mjpeg", swiftSettings: strict)
  : .executableTarget(
    name: "ferrite-mjpeg", dependencies: pictureDependencies, path: "Sources/ferrite-mjpeg", swiftSettings: strict)
let pictureProducts: [Product] =
  crossBuilding
  ? [.library(name: "FerriteMJPEG", type: .static, targets: ["FerriteMJPEG"])]
  : [.executable(name: "ferrite-mjpeg", targets: ["ferrite-mjpeg"])]

/// The library for C and everything that calls C, an archive that scripts/build-library.sh makes libferrite.a of.
let libraryProducts: [Product] = crossBuilding ? [.library(name: "FerriteC", type: .static, targets: ["FerriteC"])] : []

let package = Package(
  name: "ferrite",
  products: [
    .library(name: "EdgeRuntime", targets: ["EdgeRuntime"]),
    .executable(name: "ferrite", targets: ["ferrite"]),
  ] + edgeProducts + messageProducts + pictureProducts + libraryProducts,
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
  ],
  targets: [
    // Header-only C shims.
    .target(name: "CVector", cSettings: baselineC),
    .target(name: "CLinux", cSettings: baselineC),
    // The public header of the C library.
    .target(name: "CFerrite", cSettings: baselineC + (crossBuilding ? [.define("FERRITE_ALONE")] : [])),
    .target(name: "CHeap", cSettings: baselineC + (crossBuilding ? [.define("FERRITE_WRAPPED_HEAP")] : [])),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CGpiod", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
    .target(name: "CMQTT", cSettings: baselineC, linkerSettings: [.linkedLibrary("mosquitto")]),
    .target(name: "CMJPEG", cSettings: baselineC, linkerSettings: [.linkedLibrary("jpeg")]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CImage", linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png")]),

    // The runtime: builds as ordinary and as Embedded Swift.
    .target(name: "EdgeKernels", dependencies: ["CVector"], swiftSettings: strict),
    kernels("EdgeKernelsAVX2", on: "x86_64", flags: ["-mavx2"]),
    kernels(
      "EdgeKernelsVNNI", on: "x86_64",
      flags: ["-mavx2", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni"]),
    kernels("EdgeKernelsNEON", on: "aarch64", flags: []),
    kernels("EdgeKernelsARMv7", on: "armv7", flags: ["-mfpu=neon"]),
    kernels("EdgeKernelsDotProd", on: "aarch64", flags: ["-march=armv8-a+dotprod"]),
    .target(
      name: "EdgeRuntime",
      dependencies: [
        "CVector", "CLinux", "CGpiod", "CSodium", "EdgeKernels", "EdgeKernelsAVX2", "EdgeKernelsVNNI",
        "EdgeKernelsNEON", "EdgeKernelsDotProd", "EdgeKernelsARMv7",
      ],
      swiftSettings: strict),

    // What the programs of a board share.
    .target(name: "EdgeProgram", dependencies: ["CLinux"], swiftSettings: strict),
    edgeProgram,
    messageProgram,
    pictureProgram,
    .target(name: "FerriteC", dependencies: ["CFerrite", "EdgeRuntime"], swiftSettings: strict),

    // From trained weights to a model file. Each target names every module that it imports: SwiftPM compiles it again when
    // one of those changes, and no other.
    .target(name: "Quantize", dependencies: ["EdgeRuntime", "COpenBLAS"], swiftSettings: testable),
    .target(
      name: "Exporter",
      dependencies: [
        "EdgeRuntime", "Quantize", "CExpat", "CSodium", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["ONNX/onnx.proto"],
      swiftSettings: testable),

    // Pictures and data sets.
    .target(name: "ImageData", dependencies: ["CImage"], swiftSettings: testable),
    .target(name: "DrawnFaces", swiftSettings: testable),

    .executableTarget(
      name: "ferrite",
      dependencies: [
        "EdgeRuntime", "Quantize", "Exporter", "ImageData", "DrawnFaces", "CHeap",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: testable),

    .executableTarget(
      name: "kernel-bench", dependencies: ["EdgeRuntime"], path: "Benchmarks/Kernels", swiftSettings: strict),

    .testTarget(name: "CHeapTests", dependencies: ["CHeap"], swiftSettings: strict),
    .testTarget(
      name: "EdgeRuntimeTests", dependencies: ["EdgeRuntime", "CLinux", "CSodium"], exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "FerriteCTests", dependencies: ["CFerrite", "EdgeRuntime", "FerriteC"], exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "QuantizeTests", dependencies: ["EdgeRuntime", "Quantize"], exclude: ["Arithmetic/Fixtures", "Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "ExporterTests",
      dependencies: [
        "EdgeRuntime", "Exporter", "Quantize", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "ImageDataTests", dependencies: ["ImageData"], exclude: ["make_pictures.py"], swiftSettings: strict),
    .testTarget(name: "DrawnFacesTests", dependencies: ["DrawnFaces"], swiftSettings: strict),
    .testTarget(
      name: "FerriteTests",
      dependencies: ["ferrite", "CHeap", "DrawnFaces", "EdgeRuntime", "Exporter", "ImageData", "Quantize"],
      exclude: ["Fixtures"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

if fuzzing {
  package.targets += [
    .target(name: "CFuzzer", path: "Fuzz/CFuzzer"),
    .executableTarget(
      name: "ferrite-fuzz",
      dependencies: ["CFuzzer", "CLinux", "EdgeRuntime", "Quantize", "Exporter", "ImageData", "FerriteEdge"],
      path: "Fuzz/Sources", swiftSettings: strict),
  ]
}

// The runtime, its C functions and the fixed-point library with their tests and nothing else, for scripts/sanitize.sh and Tests/Mutants: a fifth of
// what there is to compile.
if Context.environment["FERRITE_CORE"] != nil {
  let kept = ["CVector", "CLinux", "CSodium", "CGpiod", "COpenBLAS", "CFerrite", "EdgeRuntime", "FerriteC", "Quantize"]
  let tests = ["EdgeRuntimeTests", "FerriteCTests", "QuantizeTests"]
  package.targets.removeAll { !(kept + tests).contains($0.name) && !$0.name.hasPrefix("EdgeKernels") }
  package.products.removeAll { $0.name != "EdgeRuntime" }
  package.dependencies = []
}
