import Exporter
import FoundationEssentials
import ImageData

/// A comparison on the way: what `--partial` keeps of an interrupted run, and what a shard leaves for `merge`.
struct PartialComparison: Equatable, Codable, Sendable {
  static let currentFormat = "ferrite partial comparison 2"

  var format = currentFormat
  var task: ComparisonTask
  var shard: Shard
  /// Pictures of the shard that are done, from its first.
  var done = 0
  var comparison: Comparison

  init(task: ComparisonTask, shard: Shard) {
    self.task = task
    self.shard = shard
    comparison = Comparison(classes: task.labels.count, layers: task.layers)
  }

  var isComplete: Bool { done == shard.count(of: task.pictures) }
}

/// Every `count`-th of the pictures, from `index - 1` on: each shard of a set that is sorted by class has all classes.
struct Shard: Equatable, Codable, Sendable {
  static let most = 10_000
  static let whole = Shard(index: 1, count: 1)

  /// 1...count.
  var index: Int
  var count: Int

  func count(of pictures: Int) -> Int { (pictures - index + count) / count }

  /// The position among all pictures of the shard's `number`-th.
  func position(_ number: Int) -> Int { index - 1 + number * count }

  var isSound: Bool { 1...Self.most ~= count && 1...count ~= index }
}

/// What is compared on what: equal tasks give results that can be joined.
struct ComparisonTask: Equatable, Codable, Sendable {
  struct File: Equatable, Codable, Sendable {
    var path: String
    /// BLAKE2b-256, hexadecimal.
    var digest: String
  }

  struct Layer: Equatable, Codable, Sendable {
    var name: String
    /// `input` for what is no operation.
    var operation: String
    var format: String
    /// The distance of neighbouring values.
    var step: Double
    /// Of the format's range, as `RangeUse` tells them.
    var octaves: Int
  }

  enum ReferenceKind: String, Codable, Sendable {
    case float
    /// Another fixed-point model, given with `--against`.
    case against
  }

  var kind: ReferenceKind
  var reference: File
  var model: File
  var data: String
  /// As `DataSet.fingerprint` tells it.
  var dataDigest: String
  var usage: String?
  /// What was said of the float network's input and of pictures of another size; nil where nothing.
  var input: InputSettings?
  /// Compared pictures of the set's, evenly spread.
  var pictures: Int
  var setPictures: Int
  /// Every so many pictures, the layers are compared as well.
  var layerStride: Int
  /// nil where nothing is tried.
  var whatIf: WhatIfTask?
  var labels: [String]
  /// The input, then the operations.
  var layers: [Layer]

  /// The same but for where the files lie, which may differ between machines.
  func isSame(as other: ComparisonTask) -> Bool {
    var moved = other
    moved.reference.path = reference.path
    moved.model.path = model.path
    moved.data = data
    return self == moved
  }
}

extension ComparisonTask {
  fileprivate var isSound: Bool {
    layerStride > 0 && !layers.isEmpty && layers.allSatisfy { 1...32 ~= $0.octaves && $0.step.isFinite && $0.step > 0 }
      && whatIf.map { $0.isSound(layers: layers.count) } ?? true
  }
}

// MARK: - File

extension PartialComparison {
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(self)), to: path)
  }

  /// Reads what `write` wrote.
  ///
  /// - Throws: `BadData` with the path if it is something else.
  init(path: String) throws {
    let data = try contents(of: path)
    guard let partial = try? JSONDecoder().decode(PartialComparison.self, from: data), partial.isSound else {
      throw BadData("\(path): is no partial comparison that this version wrote")
    }
    self = partial
  }

  /// Whether this could have been written: what follows relies on it.
  private var isSound: Bool {
    let (classes, layers) = (task.labels.count, task.layers.count)
    let tensors = { (counts: [LayerCounts]) in
      counts.count == layers && zip(counts, task.layers).allSatisfy { $0.isSound(octaves: $1.octaves) }
    }
    let side = { (side: Comparison.Side) in side.confusion.isSound(classes: classes) && side.reliability.isSound }
    // Counts first: the others are measured by them.
    guard format == Self.currentFormat, shard.isSound, classes > 0, task.isSound,
      0...ConfusionMatrix.greatestCount ~= task.pictures, 0...ConfusionMatrix.greatestCount ~= task.setPictures,
      0...shard.count(of: task.pictures) ~= done,
      side(comparison.reference), side(comparison.fixed), comparison.lost.isSound(classes: classes),
      comparison.gained.isSound(classes: classes), comparison.latency.isSound
    else { return false }
    let flips = comparison.flips
    return comparison.samples == done && comparison.reference.confusion.total == done
      && comparison.reference.isConsistent && comparison.fixed.isConsistent && comparison.latency.total == done
      && comparison.lost.total + comparison.gained.total <= flips.count
      && flips.isSound(pictures: done, classes: classes) && comparison.layerSamples.count <= done
      && comparison.layerSamples.allSatisfy { $0.tensors.count == layers && $0.tensors.allSatisfy(\.isSound) }
      && tensors(comparison.layerCounts) && comparison.whatIfSamples.count <= done
      && comparison.whatIfSamples.allSatisfy { $0.isSound(task.whatIf, classes: classes) }
  }
}

extension Comparison.Side {
  /// Whether both parts have counted the same pictures.
  fileprivate var isConsistent: Bool {
    reliability.bins.reduce(0) { $0 + $1.pictures } == confusion.total
      && reliability.bins.reduce(0) { $0 + $1.correct } == confusion.correct
  }
}

extension FlipList {
  fileprivate func isSound(pictures: Int, classes: Int) -> Bool {
    told.count == min(count, Self.mostTold) && count <= pictures
      && told.allSatisfy {
        0..<classes ~= $0.label && 0..<classes ~= $0.reference && 0..<classes ~= $0.fixed && 0...1 ~= $0.referenceMargin
          && 0...1 ~= $0.fixedMargin && $0.picture.map { Data(base64Encoded: $0) != nil } ?? true
      }
  }
}

// MARK: - Joining

extension PartialComparison {
  /// The whole that shards are the parts of.
  ///
  /// - Throws: `BadData` naming the file that doesn't fit the first, is unfinished, or stands for a shard that was there
  ///   before; or the shards that are missing.
  static func join(_ parts: [(path: String, partial: PartialComparison)]) throws -> PartialComparison {
    let (firstPath, first) = parts[0]
    var seen: [Int: String] = [:]
    var whole = PartialComparison(task: first.task, shard: .whole)
    // In the shards' order, so that the files' order doesn't matter.
    for (path, partial) in parts.sorted(by: { $0.partial.shard.index < $1.partial.shard.index }) {
      let shard = partial.shard
      guard partial.task.isSame(as: first.task) else {
        throw BadData("\(path): compares something else than \(firstPath)")
      }
      guard shard.count == first.shard.count else {
        throw BadData("\(path): is one of \(shard.count) shards, \(firstPath) one of \(first.shard.count)")
      }
      guard partial.isComplete else {
        let pictures = shard.count(of: partial.task.pictures)
        throw BadData("\(path): has \(partial.done) of \(pictures) pictures: let it finish")
      }
      if let other = seen.updateValue(path, forKey: shard.index) {
        throw BadData("\(path): is shard \(shard.index) of \(shard.count), as \(other) is")
      }
      whole.done += partial.done
      whole.comparison.merge(partial.comparison)
    }
    let missing = (1...first.shard.count).filter { seen[$0] == nil }
    guard missing.isEmpty else {
      let named = missing.prefix(8).map(String.init).joined(separator: ", ") + (missing.count > 8 ? ", ..." : "")
      throw BadData("of \(first.shard.count) shards these are missing: \(named)")
    }
    return whole
  }
}
