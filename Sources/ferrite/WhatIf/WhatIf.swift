/// What would come back if a layer were computed otherwise: the cases that are tried on some of the pictures.
struct WhatIfTask: Equatable, Codable, Sendable {
  struct Case: Equatable, Codable, Sendable {
    var choice: LayerChoice
    var substitution: Substitution
  }

  /// Every so many pictures.
  var stride: Int
  /// Layers in the order of execution.
  var cases: [Case]

  /// - Parameter chosen: numbers of the layers; the input and all layers together come before them if it is nil.
  init(_ network: PairedNetwork, chosen: [Int]?, stride: Int) {
    self.stride = stride
    cases = []
    if chosen == nil {
      cases += Substitution.allCases.map { Case(choice: .all, substitution: $0) }
      cases += [Substitution.float, .bits16].map { Case(choice: .input, substitution: $0) }
    }
    for index in chosen ?? Array(network.layers.indices) where network.layers[index].rounds {
      let hasWeights = network.layers[index].fixed != nil
      cases += Substitution.allCases.filter { hasWeights || $0 != .weights }
        .map { Case(choice: .layer(index), substitution: $0) }
    }
  }
}

/// What the cases give on one picture.
struct WhatIfSample: Equatable, Codable, Sendable {
  /// Position of the picture among all that are compared.
  var position: Int
  /// Classes by index: the true one, and the float network's answer.
  var label: Int
  var reference: Int
  /// Sum of the squares of the float network's logits.
  var signal: Double
  /// The model's answer, then that of each case.
  var answers: [Int] = []
  /// Likewise the sum of squared differences from the float network's logits.
  var noise: [Double] = []

  /// - Parameter logits: the float network's.
  init(position: Int, label: Int, logits: [Double]) {
    self.position = position
    self.label = label
    reference = logits.greatestIndex
    signal = logits.reduce(0) { $0 + $1 * $1 }
  }

  mutating func record(_ logits: [Double], exact: [Double]) {
    answers.append(logits.greatestIndex)
    noise.append(zip(logits, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
  }
}

extension [Double] {
  /// The first of the greatest: the rule that the runtime breaks ties by.
  fileprivate var greatestIndex: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}

extension HybridRunner {
  /// Tries all cases on the latest image.
  func tryCases(_ task: WhatIfTask, position: Int, label: Int, exact: [Double]) -> WhatIfSample {
    var sample = WhatIfSample(position: position, label: label, logits: exact)
    sample.record(outputs.last ?? [], exact: exact)
    for entry in task.cases { sample.record(logits(entry.substitution, in: entry.choice), exact: exact) }
    return sample
  }
}
