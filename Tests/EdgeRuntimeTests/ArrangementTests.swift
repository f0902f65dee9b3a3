import EdgeRuntime
import Testing

/// Moved values and products, against what their definitions say of each output by itself.
@Suite struct ArrangementTests {
  @Test(arguments: UInt64(0)..<200)
  func everyOutputIsTheInputItNamesOrTheFill(seed: UInt64) {
    var random = Draws(seed: seed)
    let (height, width, channels) = (random.next(in: 1...6), random.next(in: 1...7), random.next(in: 1...5))
    let (rows, columns, outputs) = (random.next(in: 1...9), random.next(in: 1...8), random.next(in: 1...6))
    func axis() -> RearrangeParameters.Axis {
      RearrangeParameters.Axis(
        step: random.pick([1, 1, 2, 3, 255]), offset: random.next(in: -9...9), divisor: random.pick([1, 1, 2, 3, 255]))
    }
    let parameters = RearrangeParameters(
      rows: axis(), columns: axis(), firstChannel: random.next(in: -3...3), repeats: random.oneIn(2), fill: -7)
    let elementBytes = random.pick([1, 2])
    let format = FixedFormat(width: 8 * elementBytes, fraction: 0, isSigned: true)
    let raws = (0..<height * width * channels).map { _ in random.next(in: -128...127) }
    func expected(_ row: Int, _ column: Int, _ channel: Int) -> Int {
      // Floor and remainder of numbers that may be negative.
      func source(_ index: Int, _ axis: RearrangeParameters.Axis, _ count: Int) -> Int? {
        let place = Double(index * axis.step + axis.offset) / Double(axis.divisor)
        let found = Int(place.rounded(.down))
        return 0..<count ~= found && (parameters.repeats || Double(found) == place) ? found : nil
      }
      guard let y = source(row, parameters.rows, height), let x = source(column, parameters.columns, width),
        0..<channels ~= channel + parameters.firstChannel
      else { return -7 }
      return raws[(y * width + x) * channels + channel + parameters.firstChannel]
    }
    let input = Memory([UInt16](repeating: 0, count: raws.count))
    let output = Memory([UInt16](repeating: 0x5A5A, count: rows * columns * outputs))
    for (index, raw) in raws.enumerated() {
      unsafe input.bytes.baseAddress!.put(Int64(raw), at: index, format)
    }
    for part in (0..<3).reversed() {
      unsafe Rearrange.run(
        RearrangeArguments(
          parameters: parameters, input: input.bytes.baseAddress!, inputHeight: height, inputWidth: width,
          inputChannels: channels, output: output.bytes.baseAddress!, outputWidth: columns, outputChannels: outputs,
          elementBytes: elementBytes, rows: WorkShare(index: part, count: 3).range(of: rows)),
        instructionSet: seed % 2 == 0 ? .scalar : InstructionSet.best)
    }
    for row in 0..<rows {
      for column in 0..<columns {
        for channel in 0..<outputs {
          let index = (row * columns + column) * outputs + channel
          let found = unsafe output.bytes.baseAddress!.raw(at: index, format)
          #expect(Int(found) == expected(row, column, channel), "\(parameters) at \(row), \(column), \(channel)")
        }
      }
    }
  }

  @Test(arguments: UInt64(0)..<100)
  func productsAreRoundedOnceAndClamped(seed: UInt64) {
    var random = Draws(seed: seed)
    let (height, width, channels) = (random.next(in: 1...4), random.next(in: 1...4), random.next(in: 1...5))
    func format() -> FixedFormat {
      let isSigned = random.oneIn(2)
      return FixedFormat(width: random.pick([2, 8, 8, 11, 16]), fraction: 0, isSigned: isSigned)
    }
    let (first, second, result) = (format(), format(), format())
    let extents = [height, width, channels].map { random.oneIn(2) ? 1 : $0 }
    let shift = random.pick([0, 1, 7, 15, 33])
    func raws(_ format: FixedFormat, _ count: Int) -> [Int64] {
      (0..<count).map { _ in
        // The ends of the range, whose products are the largest, as often as all others.
        let ends = [format.minimumRaw, format.maximumRaw]
        return random.oneIn(2)
          ? ends[random.next(in: 0...1)] : Int64(random.next(in: Int(format.minimumRaw)...Int(format.maximumRaw)))
      }
    }
    let (left, right) = (raws(first, height * width * channels), raws(second, extents.reduce(1, *)))
    let (a, b) = (Memory([UInt16](repeating: 0, count: left.count)), Memory([UInt16](repeating: 0, count: right.count)))
    let output = Memory([UInt16](repeating: 0, count: left.count))
    for (index, raw) in left.enumerated() { unsafe a.bytes.baseAddress!.put(raw, at: index, first) }
    for (index, raw) in right.enumerated() { unsafe b.bytes.baseAddress!.put(raw, at: index, second) }
    for part in 0..<2 {
      unsafe Multiplication.run(
        MultiplicationArguments(
          first: a.bytes.baseAddress!, firstFormat: first, second: b.bytes.baseAddress!, secondFormat: second,
          secondHeight: extents[0], secondWidth: extents[1], secondChannels: extents[2],
          output: output.bytes.baseAddress!, outputFormat: result, width: width, channels: channels,
          shift: Int32(shift), minimum: Int32(result.minimumRaw), maximum: Int32(result.maximumRaw),
          rows: WorkShare(index: part, count: 2).range(of: height)),
        instructionSet: seed % 2 == 0 ? .scalar : InstructionSet.best)
    }
    for index in left.indices {
      let (row, column, channel) = (index / channels / width, index / channels % width, index % channels)
      let other = ((row % extents[0]) * extents[1] + column % extents[1]) * extents[2] + channel % extents[2]
      let rounded = Rounding.rnd.shiftRight(left[index] * right[other], by: shift)
      let expected = Overflow.sat.fit(rounded, into: result)
      let found = unsafe output.bytes.baseAddress!.raw(at: index, result)
      #expect(found == expected, "\(left[index]) * \(right[other]) >> \(shift)")
    }
  }
}
