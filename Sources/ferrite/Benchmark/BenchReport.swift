import EdgeRuntime

/// A timed model: everything that `bench` prints of it.
struct BenchReport {
  let model: LoadedModel
  let frames: SortedDurations
  let frameCount: Int
  let threads: Int
  let layerMedians: [Double]
  let warmUpFrames: Int
  let usage: ResourceUsage
  let machine: Machine
  let peak: MultiplyPeak
  /// The clock behind the last frame, to be compared with the peak's, which was measured before the first.
  let cyclesPerMicrosecondAfter: Double

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
      "frames": JSON(frameCount), "threads": JSON(threads), "isa": JSON("\(peak.instructionSet.name)"),
      "latency_us": .object(latency), "allocations": JSON(usage.allocations), "layers": JSON(layers.map(layer)),
      "warm_up_frames": JSON(warmUpFrames), "page_faults": JSON(usage.system.pageFaults),
      "minor_page_faults": JSON(usage.system.minorPageFaults), "major_page_faults": JSON(usage.system.majorPageFaults),
      "context_switches": JSON(usage.system.contextSwitches),
      "voluntary_context_switches": JSON(usage.system.voluntaryContextSwitches),
      "involuntary_context_switches": JSON(usage.system.involuntaryContextSwitches),
      "macs_per_second": rate(whole.macs, whole.median),
      "share_of_peak": .rounded(peak.share(whole.macs, microseconds: whole.median), digits: 4), "peak": peakJSON,
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
      "macs": JSON(layer.macs), "macs_per_second": rate(layer.macs, layer.median),
      "share_of_peak": .rounded(peak.share(layer.macs, microseconds: layer.median), digits: 4),
    ]
  }

  private func rate(_ macs: UInt64, _ microseconds: Double) -> JSON {
    .rounded(macs == 0 || microseconds == 0 ? nil : Double(macs) / microseconds * 1e6, digits: 0)
  }

  private var peakJSON: JSON {
    [
      "macs_per_second": .rounded(peak.multiplyAccumulatesPerMicrosecond * 1e6, digits: 0),
      "macs_per_cycle": JSON(peak.multiplyAccumulatesPerCycle),
      "megahertz": .rounded(peak.cyclesPerMicrosecond, digits: 0), "megahertz_from": "measured",
      "megahertz_after": .rounded(cyclesPerMicrosecondAfter, digits: 0),
    ]
  }
}

// MARK: - Text

extension BenchReport {
  var text: String {
    let latency = Self.quantiles.map { name, permille in
      "\(name) \(frames.microseconds(permille: permille).decimals(1))"
    }
    return """
      \(layerTable)
      \(histogram)
      frame, us      \(latency.joined(separator: "  "))
      frames         \(frameCount) after \(warmUpFrames) of warm-up, \(threads) thread\(threads == 1 ? "" : "s"), \(peak.instructionSet.name)
      \(speed)
      allocations    \(usage.allocations)
      page faults    \(usage.system.minorPageFaults) minor, \(usage.system.majorPageFaults) major
      switches       \(usage.system.voluntaryContextSwitches) voluntary, \(usage.system.involuntaryContextSwitches) not
      model          \(model.path), \(model.file.digest.hexadecimal.prefix(16))
      machine        \(machine.text)

      """
  }

  /// What the median frame makes of the peak, and what the peak is taken to be.
  private var speed: String {
    let rate = whole.median == 0 ? 0 : Double(whole.macs) / whole.median / 1000
    let share = peak.share(whole.macs, microseconds: whole.median).map { ", \(($0 * 100).decimals(0)) % of the peak" }
    return """
      speed          \(rate.decimals(1)) MACs/ns\(share ?? "")
      peak           \((peak.multiplyAccumulatesPerMicrosecond / 1000).decimals(1)) MACs/ns: \
      \(peak.multiplyAccumulatesPerCycle) a cycle at \(peak.cyclesPerMicrosecond.decimals(0)) MHz, measured \
      before the frames (\(cyclesPerMicrosecondAfter.decimals(0)) after)
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
        peak.share(layer.macs, microseconds: layer.median).map { "\(($0 * 100).decimals(0)) %" } ?? "",
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
