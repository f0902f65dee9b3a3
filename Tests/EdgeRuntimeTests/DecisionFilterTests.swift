import Testing

import EdgeRuntime

@Suite("A decision filter") struct DecisionFilterTests {
  /// Decisions after each frame; a frame is the probabilities of three classes in percent, and comes `period` ms after the last.
  private func decisions(_ settings: DecisionFilter.Settings, _ frames: [[Int]], period: UInt64 = 100) -> [Int?] {
    var filter = DecisionFilter(settings, classes: 3)
    return frames.enumerated().map { index, percent in
      let before = filter.decision
      let changed = filter.update(at: UInt64(index) * period * 1_000_000) { UInt32(percent[$0] * 65536 / 100) }
      #expect(changed == (before != filter.decision))
      return filter.decision
    }
  }

  @Test("without settings decides on each frame's greatest probability, and on nothing where nobody is there")
  func plain() {
    let frames = [[70, 20, 10], [20, 30, 50], [0, 0, 0], [0, 100, 0], [33, 33, 33]]
    #expect(decisions(.init(), frames) == [0, 2, nil, 1, 1])
  }

  @Test("enters at one threshold and leaves below another")
  func hysteresis() {
    var settings = DecisionFilter.Settings()
    (settings.enter, settings.leave) = (65536 * 6 / 10, 65536 * 4 / 10)
    // Too little; enough; between both; below the lower; between both again, which is not enough to enter.
    let frames = [[55, 45, 0], [60, 40, 0], [45, 55, 0], [39, 31, 30], [45, 30, 25], [30, 70, 0], [25, 15, 60]]
    #expect(decisions(settings, frames) == [nil, 0, 0, nil, nil, 1, 2])
  }

  @Test("holds a decision up to its least time and not a nanosecond longer")
  func holding() {
    var settings = DecisionFilter.Settings()
    settings.holdNanoseconds = 100
    for (time, decided) in [(UInt64(99), 0), (100, 1)] {
      var filter = DecisionFilter(settings, classes: 2)
      #expect(filter.update(at: 0) { $0 == 0 ? 65536 : 0 })
      _ = filter.update(at: time) { $0 == 1 ? 65536 : 0 }
      #expect(filter.decision == decided)
    }
  }

  @Test("moves a score by its share of the distance, rounded half up", arguments: 1...6)
  func smoothing(_ shift: Int) {
    var settings = DecisionFilter.Settings()
    settings.smoothing = .exponential(shift: shift)
    var filter = DecisionFilter(settings, classes: 1)
    var generator = SeededGenerator(seed: UInt64(shift))
    var score = 0.0
    for frame in 0..<2000 {
      let probability = UInt32.random(in: 0...65536, using: &generator)
      _ = filter.update(at: UInt64(frame)) { _ in probability }
      // With 8 more fraction bits.
      let distance = Double(probability) * 256 - score
      score += frame == 0 ? distance : (distance / Double(1 << shift) + 0.5).rounded(.down)
      #expect(filter.score(0) == UInt32((score / 256 + 0.5).rounded(.down)), "frame \(frame)")
    }
  }

  @Test("gives a class that has all votes all of the score")
  func allVotes() {
    var settings = DecisionFilter.Settings()
    settings.smoothing = .majority(frames: 3)
    var filter = DecisionFilter(settings, classes: 2)
    // Thirds of 65536, rounded down.
    for (frame, score) in [UInt32(21845), 43690, 65536].enumerated() {
      _ = filter.update(at: UInt64(frame)) { $0 == 1 ? 60000 : 5536 }
      #expect(filter.score(1) == score && filter.score(0) == 0)
    }
  }

  @Test("flutters with noise around one threshold, and not with two")
  func noise() {
    var generator = SeededGenerator(seed: 3)
    let frames = (0..<500).map { _ in [Int.random(in: 42...58, using: &generator), 20, 10] }
    var settings = DecisionFilter.Settings()
    (settings.enter, settings.leave) = (32768, 32768)
    let one = changes(decisions(settings, frames))
    settings.leave = 65536 * 4 / 10
    let two = changes(decisions(settings, frames))
    #expect(one > 100 && two == 1)
  }

  @Test("holds a decision for its least time, and nothing for none")
  func hold() {
    var settings = DecisionFilter.Settings()
    settings.holdNanoseconds = 250_000_000
    let (a, b, none) = ([90, 5, 5], [5, 90, 5], [0, 0, 0])
    // Every 100 ms: a class stays for three frames, what comes in place of nothing comes at once.
    #expect(decisions(settings, [a, b, b, b, a, none, none, none, b]) == [0, 0, 0, 1, 1, 1, nil, nil, 1])
  }

  @Test("votes over the last frames, of which those to come abstain")
  func majority() {
    var settings = DecisionFilter.Settings()
    settings.smoothing = .majority(frames: 5)
    (settings.enter, settings.leave) = (65536 * 6 / 10, 65536 * 4 / 10)
    let (a, b, none) = ([50, 30, 20], [30, 50, 20], [0, 0, 0])
    // Three of five enter, two of five stay.
    let frames = [a, a, a, b, b, b, none, none, none, none]
    #expect(decisions(settings, frames) == [nil, nil, 0, 0, 0, 1, 1, 1, 1, nil])
  }

  @Test("moves exponential scores as a textbook does, at every shift", arguments: 1...6)
  func exponential(shift: Int) {
    var generator = SeededGenerator(seed: UInt64(shift))
    var settings = DecisionFilter.Settings()
    settings.smoothing = .exponential(shift: shift)
    settings.enter = 30000
    settings.leave = 20000
    var filter = DecisionFilter(settings, classes: 3)
    var scores = [0, 0, 0]
    var decision: Int?
    for frame in 0..<2000 {
      let probabilities = (0..<3).map { _ in UInt32(Int.random(in: 0...65536, using: &generator)) }
      _ = filter.update(at: UInt64(frame)) { probabilities[$0] }
      for index in 0..<3 {
        let distance = Int(probabilities[index]) * 256 - scores[index]
        let (divisor, half) = (1 << shift, 1 << (shift - 1))
        // Floor of a division, which Swift's rounds towards zero.
        let numerator = distance + half
        let step = numerator >= 0 ? numerator / divisor : -((-numerator + divisor - 1) / divisor)
        scores[index] = frame == 0 ? distance : scores[index] + step
      }
      let raw = scores.map { ($0 + 128) / 256 }
      let best = raw.firstIndex(of: raw.max() ?? 0) ?? 0
      if let current = decision, raw[current] >= 20000 {
        if raw[best] > raw[current], raw[best] >= 30000 { decision = best }
      } else {
        decision = raw[best] >= 30000 ? best : nil
      }
      #expect(filter.decision == decision, "frame \(frame)")
    }
  }

  @Test("reaches what it is shown for long, and certainty exactly", arguments: 1...6)
  func steady(shift: Int) {
    var settings = DecisionFilter.Settings()
    settings.smoothing = .exponential(shift: shift)
    (settings.enter, settings.leave) = (65536, 65536)
    let frames = [[0, 100, 0]] + Array(repeating: [100, 0, 0], count: 60 << shift)
    #expect(decisions(settings, frames).last == .some(0))
    // And nobody, in the end, is nobody.
    settings.leave = 1
    #expect(decisions(settings, frames + Array(repeating: [0, 0, 0], count: 60 << shift)).last == .some(nil))
  }

  private func changes(_ decisions: [Int?]) -> Int { zip(decisions, decisions.dropFirst()).count { $0 != $1 } }
}

@Suite("A latency histogram") struct LatencyHistogramTests {
  @Test("tells percentiles that are at most a sixteenth too great, and never too small")
  func percentiles() {
    var generator = SeededGenerator(seed: 11)
    var histogram = LatencyHistogram()
    var values: [UInt64] = []
    for _ in 0..<5000 {
      let value = UInt64.random(in: 0...(1 << UInt64.random(in: 1...40, using: &generator)), using: &generator)
      values.append(value)
      histogram.add(nanoseconds: value)
    }
    values.sort()
    for permille: UInt64 in [1, 10, 250, 500, 900, 990, 999, 1000] {
      let exact = values[Int((permille * 5000 + 999) / 1000) - 1]
      let found = histogram.percentile(permille: permille)
      #expect(exact <= found && found <= exact + exact / 16, "\(permille)")
    }
    #expect(histogram.greatest == values.last && histogram.total == 5000)
  }

  @Test("takes the rank of a percentile upwards")
  func ranks() {
    var histogram = LatencyHistogram()
    for nanoseconds: UInt64 in [1, 10] { histogram.add(nanoseconds: nanoseconds) }
    #expect(histogram.percentile(permille: 500) == 1 && histogram.percentile(permille: 501) == 10)
  }

  @Test("takes every time", arguments: [0, 1, 15, 16, 17, 31, 32, UInt64.max])
  func ends(_ value: UInt64) {
    var histogram = LatencyHistogram()
    histogram.add(nanoseconds: value)
    #expect(histogram.percentile(permille: 500) == value)
  }
}
