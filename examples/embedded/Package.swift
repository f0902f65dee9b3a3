// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "classify",
  products: [.library(name: "Classify", type: .static, targets: ["Classify"])],
  // The folder that Ferrite was cloned into.
  dependencies: [.package(name: "ferrite", path: "../..")],
  targets: [
    .target(name: "CStandard"),
    .target(name: "Classify", dependencies: ["CStandard", .product(name: "EdgeRuntime", package: "ferrite")]),
  ]
)
