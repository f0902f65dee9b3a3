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

  /// All layers together, the input and every layer that rounds.
  init(_ network: PairedNetwork, stride: Int) {
    let layers = network.layers.indices.filter { network.layers[$0].rounds }.map(LayerChoice.layer)
    self.init(network, choices: [.all, .input] + layers, stride: stride)
  }

  /// The choices alone.
  init(_ network: PairedNetwork, choices: [LayerChoice], stride: Int) {
    self.stride = stride
    cases = choices.flatMap { choice in
      choice.substitutions(in: network).map { Case(choice: choice, substitution: $0) }
    }
  }

  /// - Parameter layers: the input counted.
  func isSound(layers: Int) -> Bool {
    stride > 0
      && cases.allSatisfy { entry in
        if case .layer(let index) = entry.choice { 0..<layers - 1 ~= index } else { true }
      }
  }
}

/// What is substituted: a layer by its number in the order of execution, the input, or all of them at once.
enum LayerChoice: Equatable, Codable, Sendable {
  case all
  case input
  case layer(Int)

  var includesInput: Bool { self == .all || self == .input }
  func includes(_ index: Int) -> Bool { self == .all || self == .layer(index) }

  /// Those that make a difference: what has no weights can't have others.
  fileprivate func substitutions(in network: PairedNetwork) -> [Substitution] {
    switch self {
    case .all: Substitution.allCases
    case .input: [.float, .bits16]
    case .layer(let index): Substitution.allCases.filter { network.layers[index].fixed != nil || $0 != .weights }
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

extension WhatIfSample {
  func isSound(_ task: WhatIfTask?, classes: Int) -> Bool {
    guard let task else { return false }
    return answers.count == 1 + task.cases.count && noise.count == answers.count && signal.isFinite && signal >= 0
      && (answers + [label, reference]).allSatisfy { 0..<classes ~= $0 } && noise.allSatisfy { $0.isFinite && $0 >= 0 }
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
