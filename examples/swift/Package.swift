// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "classify",
  // The folder that Ferrite was cloned into.
  dependencies: [.package(name: "ferrite", path: "../..")],
  targets: [
    .executableTarget(name: "classify", dependencies: [.product(name: "EdgeRuntime", package: "ferrite")])
  ]
)
