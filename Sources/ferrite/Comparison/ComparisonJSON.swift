extension ComparisonReport {
  var json: JSON {
    let sides = sides
    func both(_ value: (Comparison.Side) -> JSON) -> JSON {
      .object(sides.map { JSON.Member(key: $0.name, value: value($0.side)) })
    }
    let latency = comparison.latency
    var members: [JSON.Member] = [.init(key: "samples", value: JSON(comparison.samples))]
    members += sides.map { .init(key: $0.name, value: accuracy($0.side.confusion)) }
    let rest: JSON = [
      "agreement": .number(comparison.agreement),
      "confusion": both { side in JSON(side.confusion.rows.map { row in JSON(row.map { JSON($0) }) }) },
      "confusion_normalized": both { side in
        JSON(side.confusion.normalizedRows.map { row in JSON(row.map(JSON.number)) })
      },
      "per_class": JSON(labels.indices.map(perClass)),
      "calibration": both { calibration($0.reliability) },
      "mcnemar_p": .number(comparison.mcnemarP),
      "only_\(referenceName)_right": JSON(comparison.lost.total),
      "only_fixed_right": JSON(comparison.gained.total),
      "greatest_loss": loss,
      "flip_count": JSON(comparison.flips.count),
      "flips": JSON(comparison.flips.told.map(flip)),
      "input": layer(tensors[0]),
      "layers": JSON(layers.map(layer)),
      "first_loss": firstLoss.map { JSON($0.name) } ?? .null,
      "what_if": whatIf.map(json) ?? .null,
      "latency_us": [
        "p50": .number(latency.microseconds(permille: 500)), "p99": .number(latency.microseconds(permille: 990)),
        "histogram": JSON(
          latency.bins.map { ["from": .number($0.from), "to": .number($0.to), "pictures": JSON($0.count)] }),
      ],
      "labels": JSON(labels.map(JSON.string)),
      "inputs": [
        referenceName: file(task.reference), "fixed": file(task.model), "data": JSON(task.data),
        "data_digest": JSON(task.dataDigest),
        "usage": task.usage.map(JSON.string) ?? .null, "set": JSON(task.setPictures),
      ],
    ]
    guard case .object(let others) = rest else { preconditionFailure("a dictionary literal is an object") }
    return .object(members + others)
  }

  private func accuracy(_ matrix: ConfusionMatrix) -> JSON {
    let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
    return [
      "accuracy": .number(matrix.accuracy),
      "interval": JSON([.number(interval.lowerBound), .number(interval.upperBound)]),
    ]
  }

  private func perClass(_ index: Int) -> JSON {
    let (reference, fixed) = (comparison.reference.confusion, comparison.fixed.confusion)
    return [
      "class": JSON(labels[index]), "support": JSON(fixed.support(index)),
      "precision": .number(fixed.precision(index)), "recall": .number(fixed.recall(index)),
      "f1": .number(fixed.f1(index)),
      referenceName: [
        "precision": .number(reference.precision(index)), "recall": .number(reference.recall(index)),
        "f1": .number(reference.f1(index)),
      ],
    ]
  }

  private func calibration(_ reliability: Reliability) -> JSON {
    [
      "expected_error": .number(reliability.expectedError), "greatest_error": .number(reliability.greatestError),
      "bins": JSON(
        reliability.bins.enumerated().map { index, bin in
          let bounds = Reliability.bounds(ofBin: index)
          return [
            "from": .number(bounds.lowerBound), "to": .number(bounds.upperBound), "pictures": JSON(bin.pictures),
            "confidence": JSON(bin.meanConfidence), "accuracy": JSON(bin.accuracy),
          ]
        }),
    ]
  }

  private var loss: JSON {
    guard let loss = greatestLoss else { return .null }
    return [
      "class": JSON(labels[loss.label]), "recall_from": .number(loss.from), "recall_to": .number(loss.to),
      "pictures": JSON(loss.pictures), "mostly_taken_for": loss.mostly.map { JSON(labels[$0.label]) } ?? .null,
    ]
  }

  private func flip(_ flip: FlipList.Flip) -> JSON {
    [
      "image": JSON(flip.id), "label": JSON(labels[flip.label]),
      referenceName: JSON(labels[flip.reference]), "fixed": JSON(labels[flip.fixed]),
      "\(referenceName)_margin": .rounded(flip.referenceMargin, digits: 6),
      "fixed_margin": .rounded(flip.fixedMargin, digits: 6),
    ]
  }

  private func layer(_ layer: Layer) -> JSON {
    [
      "name": JSON(layer.name), "op": JSON(layer.operation), "sqnr_db": .rounded(layer.decibels, digits: 2),
      "format": JSON(layer.task.format), "own_sqnr_db": .rounded(layer.ownDecibels, digits: 2),
      "inherited_sqnr_db": .rounded(layer.inheritedDecibels, digits: 2), "cosine": JSON(layer.error.cosine.value),
      "greatest_error": JSON(layer.greatestError),
      "greatest_error_steps": JSON(layer.greatestErrorSteps),
      "saturation": .number(layer.saturation), "range": range(layer.counts.range),
    ]
  }

  private func range(_ range: RangeUse) -> JSON {
    [
      "top": .number(range.share(range.high)), "bottom": .number(range.share(range.low)),
      "zeros": .number(range.share(range.zeros)),
      "octaves": JSON(range.octaves.map { .number(range.share($0)) }),
      "unused_bits": range.unusedBits.map { JSON($0) } ?? .null,
    ]
  }

  private func file(_ file: ComparisonTask.File) -> JSON {
    ["path": JSON(file.path), "digest": JSON(file.digest)]
  }
}
