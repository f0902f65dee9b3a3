import EdgeRuntime

/// A timed model: everything that `bench` prints of it.
struct BenchReport {
  let model: LoadedModel
  let frames: SortedDurations
  let frameCount: Int
  let threads: Int
  let layerMedians: [Double]
  let usage: ResourceUsage
  let machine: Machine
  let instructionSet: InstructionSet
  /// Multiply-accumulates a microsecond that the instruction set could do at this machine's clock.
  let peak: Double

  private static let quantiles = [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999), ("max", 1000)]
  private static let bins = 12

  private struct Layer {
    var name: String
    var operation: String
    var median: Double
    var macs: UInt64
  }

  private var layers: [Layer] {
    layerMedians.enumerated().map { index, median in
      let record = model.file.operation(index)
      return Layer(
        name: model.name(record.name), operation: "\(record.operation.kind.name)", median: median,
        macs: record.multiplyAccumulates)
    }
  }

  /// The share of the peak; nil without multiplications or time.
  private func share(_ macs: UInt64, _ microseconds: Double) -> Double? {
    macs == 0 || microseconds == 0 ? nil : Double(macs) / microseconds / peak
  }

  private var whole: (macs: UInt64, median: Double) {
    (layers.reduce(0) { $0 + $1.macs }, frames.microseconds(permille: 500))
  }
}

// MARK: - JSON

extension BenchReport {
  var json: JSON {
    let latency = Self.quantiles.map { name, permille in
      JSON.Member(key: name, value: .rounded(frames.microseconds(permille: permille), digits: 3))
    }
    return [
      "frames": JSON(frameCount), "threads": JSON(threads), "isa": JSON("\(instructionSet.name)"),
      "latency_us": .object(latency), "allocations": JSON(usage.allocations), "layers": JSON(layers.map(layer)),
      "page_faults": JSON(usage.pageFaults), "context_switches": JSON(usage.contextSwitches),
      "share_of_peak": .rounded(share(whole.macs, whole.median), digits: 4),
      "histogram": JSON(
        frames.histogram(bins: Self.bins).map { bin in
          [
            "from_us": JSON.rounded(bin.from, digits: 3), "to_us": JSON.rounded(bin.to, digits: 3),
            "frames": JSON(bin.count),
          ]
        }),
      "digest": JSON(model.file.digest.hexadecimal), "machine": machine.json,
    ]
  }

  private func layer(_ layer: Layer) -> JSON {
    [
      "name": JSON(layer.name), "op": JSON(layer.operation), "p50_us": .rounded(layer.median, digits: 3),
      "macs": JSON(layer.macs), "share_of_peak": .rounded(share(layer.macs, layer.median), digits: 4),
    ]
  }
}

// MARK: - Text

extension BenchReport {
  var text: String {
    let latency = Self.quantiles.map { name, permille in
      "\(name) \(frames.microseconds(permille: permille).decimals(1))"
    }
    let peakShare = share(whole.macs, whole.median).map { ", \(($0 * 100).decimals(0)) % of its peak" } ?? ""
    return """
      \(layerTable)
      \(histogram)
      frame, us      \(latency.joined(separator: "  "))
      frames         \(frameCount), \(threads) thread, \(instructionSet.name)\(peakShare)
      allocations    \(usage.allocations)
      page faults    \(usage.pageFaults), context switches \(usage.contextSwitches)
      model          \(model.path), \(model.file.digest.hexadecimal.prefix(16))
      machine        \(machine.text)

      """
  }

  private var layerTable: String {
    var table = TextTable([
      ("layer", .left), ("op", .left), ("median us", .right), ("share", .right), ("MACs", .right), ("MACs/ns", .right),
      ("of peak", .right),
    ])
    let total = layerMedians.reduce(0, +)
    for layer in layers {
      table.add([
        layer.name.briefLayerName, layer.operation, layer.median.decimals(1),
        total > 0 ? (layer.median / total).percent : "", layer.macs == 0 ? "" : layer.macs.grouped,
        layer.macs == 0 || layer.median == 0 ? "" : (Double(layer.macs) / layer.median / 1000).decimals(1),
        share(layer.macs, layer.median).map { "\(($0 * 100).decimals(0)) %" } ?? "",
      ])
    }
    return table.text
  }

  private var histogram: String {
    var table = TextTable([("frame, us", .right), ("frames", .right), ("", .left)])
    let bins = frames.histogram(bins: Self.bins)
    let greatest = bins.reduce(1) { max($0, $1.count) }
    for bin in bins {
      // A bin that isn't empty shows at least one mark.
      let marks = bin.count == 0 ? 0 : max(1, bin.count * 40 / greatest)
      table.add([
        "\(bin.from.decimals(1)) to \(bin.to.decimals(1))", "\(bin.count)", String(repeating: "#", count: marks),
      ])
    }
    return table.text
  }
}
