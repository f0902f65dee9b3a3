import Glibc

/// What the cases of a what-if gave, over its pictures.
struct WhatIfReport {
  /// The model, or the model with a layer substituted, against the float network.
  struct Outcome {
    var agreement: Double
    var accuracy: Double
    /// Signal to noise of the logits, dB; nil without signal, infinite without noise.
    var decibels: Double?
    /// The sum of squared differences of the logits.
    var noise: Double
  }

  struct Row {
    var choice: LayerChoice
    var outcomes: [Substitution: Outcome]
  }

  let pictures: Int
  let accuracy: Double
  let base: Outcome
  let rows: [Row]

  init(_ task: WhatIfTask, _ samples: [WhatIfSample]) {
    func outcome(_ index: Int) -> Outcome {
      var signal = 0.0
      var noise = 0.0
      var (agreed, right) = (0, 0)
      for sample in samples {
        signal += sample.signal
        noise += sample.noise[index]
        if sample.answers[index] == sample.reference { agreed += 1 }
        if sample.answers[index] == sample.label { right += 1 }
      }
      let count = Double(max(samples.count, 1))
      return Outcome(
        agreement: Double(agreed) / count, accuracy: Double(right) / count,
        decibels: signal == 0 ? nil : noise == 0 ? .infinity : 10 * log10(signal / noise), noise: noise)
    }
    pictures = samples.count
    accuracy = Double(samples.count { $0.reference == $0.label }) / Double(max(samples.count, 1))
    base = outcome(0)
    var rows: [Row] = []
    for (index, entry) in task.cases.enumerated() {
      if rows.last?.choice != entry.choice { rows.append(Row(choice: entry.choice, outcomes: [:])) }
      rows[rows.count - 1].outcomes[entry.substitution] = outcome(index + 1)
    }
    self.rows = rows
  }
}

extension ComparisonReport {
  var whatIfText: String {
    guard let task = task.whatIf else { return "" }
    let report = WhatIfReport(task, comparison.whatIfSamples)
    var table = TextTable(
      [("what if", .left)] + Substitution.allCases.flatMap { [($0.rawValue, .right), ("agree", .right), ("right", .right)] })
    func cells(_ outcome: WhatIfReport.Outcome?) -> [String] {
      guard let outcome else { return ["", "", ""] }
      return [outcome.decibels?.decimals(2) ?? "", outcome.agreement.percent, outcome.accuracy.percent]
    }
    table.add(["the model itself"] + cells(report.base) + Array(repeating: "", count: 9))
    for row in report.rows {
      let name = switch row.choice {
        case .all: "(all)"
        case .input: "(input)"
        case .layer(let index): self.task.layers[index].name.briefLayerName
      }
      table.add([name] + Substitution.allCases.flatMap { cells(row.outcomes[$0]) })
    }
    return "\n\(report.pictures) pictures, float right on \(report.accuracy.percent)\n" + table.text
  }
}
