import Glibc

/// What the cases of a what-if gave, over its pictures.
struct WhatIfReport {
  /// A model against the float network.
  struct Outcome {
    var accuracy: Double
    var agreement: Double
    /// Sum of squared differences of the logits.
    var noise: Double
    /// Signal to noise of the logits, dB; nil without signal, infinite without noise.
    var decibels: Double?
    /// The share of the model's own noise that is gone: negative where there is more of it.
    var comesBack: Double
  }

  struct Row {
    var choice: LayerChoice
    var outcomes: [Substitution: Outcome]

    /// What comes back in float.
    var comesBack: Double { outcomes[.float]?.comesBack ?? 0 }
  }

  let pictures: Int
  /// The float network's.
  let accuracy: Double
  /// The model as it is.
  let base: Outcome
  /// Every layer and the input at once; nil where layers were named.
  private(set) var all: Row?
  /// What gives most back first.
  private(set) var rows: [Row] = []

  /// - Parameter samples: in the pictures' order, so that shards and threads don't change the last digit.
  init(_ task: WhatIfTask, _ samples: [WhatIfSample]) {
    let count = Double(max(samples.count, 1))
    let signal = samples.reduce(0) { $0 + $1.signal }
    let own = samples.reduce(0) { $0 + $1.noise[0] }
    func outcome(_ index: Int) -> Outcome {
      let noise = samples.reduce(0) { $0 + $1.noise[index] }
      return Outcome(
        accuracy: Double(samples.count { $0.answers[index] == $0.label }) / count,
        agreement: Double(samples.count { $0.answers[index] == $0.reference }) / count, noise: noise,
        decibels: signal == 0 ? nil : noise == 0 ? .infinity : 10 * log10(signal / noise),
        comesBack: own == 0 ? 0 : 1 - noise / own)
    }
    pictures = samples.count
    accuracy = Double(samples.count { $0.reference == $0.label }) / count
    base = outcome(0)
    for (index, entry) in task.cases.enumerated() {
      if rows.last?.choice != entry.choice { rows.append(Row(choice: entry.choice, outcomes: [:])) }
      rows[rows.count - 1].outcomes[entry.substitution] = outcome(index + 1)
    }
    all = rows.first { $0.choice == .all }
    // Equal ones stay in the order of execution.
    let ranked = rows.filter { $0.choice != .all }.enumerated().sorted {
      ($1.element.comesBack, $0.offset) < ($0.element.comesBack, $1.offset)
    }
    rows = ranked.map(\.element)
  }
}

extension ComparisonReport {
  /// nil if nothing was tried.
  var whatIf: WhatIfReport? { task.whatIf.map { WhatIfReport($0, comparison.whatIfSamples) } }

  /// The layer of a choice; nil for all together.
  func layer(_ choice: LayerChoice) -> ComparisonTask.Layer? {
    switch choice {
    case .all: nil
    case .input: task.layers[0]
    case .layer(let index): task.layers[1 + index]
    }
  }

  func whatIfTable(_ report: WhatIfReport) -> TextTable {
    var table = TextTable([
      ("what if", .left), ("float gives back", .right), ("16 bits", .right), ("weights", .right), ("output", .right),
      ("agreement in float", .right), ("in 16 bits", .right), ("accuracy in float", .right), ("in 16 bits", .right),
    ])
    for row in (report.all.map { [$0] } ?? []) + report.rows {
      let outcomes = Substitution.allCases.map { row.outcomes[$0] }
      let both = [row.outcomes[.float], row.outcomes[.bits16]]
      table.add(
        [layer(row.choice)?.name.briefLayerName ?? "(all)"] + outcomes.map { $0?.comesBack.percent ?? "" }
          + both.map { $0?.agreement.percent ?? "" } + both.map { $0?.accuracy.percent ?? "" })
    }
    return table
  }

  func whatIfText(_ report: WhatIfReport) -> String {
    """
    What if one layer were computed otherwise, over \(report.pictures.grouped) pictures: float is right on \
    \(report.accuracy.percent), the model on \(report.base.accuracy.percent), \
    agreement \(report.base.agreement.percent), logits \(report.base.decibels?.decimals(2) ?? "-") dB
    \(whatIfTable(report).text)

    """
  }
}

extension ComparisonReport {
  func json(_ whatIf: WhatIfReport) -> JSON {
    [
      "samples": JSON(whatIf.pictures), "float_accuracy": .number(whatIf.accuracy), "model": json(whatIf.base),
      "all": whatIf.all.map(json) ?? .null, "layers": JSON(whatIf.rows.map(json)),
    ]
  }

  private func json(_ row: WhatIfReport.Row) -> JSON {
    let layer = layer(row.choice)
    let names: [JSON.Member] = [
      .init(key: "name", value: layer.map { JSON($0.name) } ?? .null),
      .init(key: "op", value: layer.map { JSON($0.operation) } ?? .null),
    ]
    let outcomes = Substitution.allCases.map { substitution in
      JSON.Member(key: substitution.rawValue, value: row.outcomes[substitution].map(json) ?? .null)
    }
    return .object(names + outcomes)
  }

  private func json(_ outcome: WhatIfReport.Outcome) -> JSON {
    [
      "accuracy": .number(outcome.accuracy), "agreement": .number(outcome.agreement),
      "sqnr_db": .rounded(outcome.decibels, digits: 2), "comes_back": .number(outcome.comesBack),
    ]
  }
}
