/// Convolution and fully connected layers. This file is the specification; every SIMD variant equals it bit for bit.
public enum Conv2D {}

extension Conv2D {
  /// One output channel's sum over one window, without bias. Taps outside the image are zero.
  @inline(__always)
  static func accumulate(_ a: ConvolutionArguments, output oc: Int, row oy: Int, column ox: Int) -> Int32 {
    let p = unsafe a.parameters
    let inputsPerGroup = unsafe a.inputChannels / p.groups
    let firstInput = unsafe oc / (a.outputChannels / p.groups) * inputsPerGroup
    let weights = unsafe StoredWeights(a.weights, bits: p.storedBits)
    var sum: Int32 = 0
    for ky in 0..<p.kernelHeight {
      let iy = oy * p.strideHeight - p.paddingTop + ky * p.dilationHeight
      if unsafe iy < 0 || iy >= a.inputHeight { continue }
      for kx in 0..<p.kernelWidth {
        let ix = ox * p.strideWidth - p.paddingLeft + kx * p.dilationWidth
        if unsafe ix < 0 || ix >= a.inputWidth { continue }
        var four: UInt32 = 0
        for ic in 0..<inputsPerGroup {
          let tap = kx * inputsPerGroup + ic
          let place = tap % Layout.tapsPerGroup
          if place == 0 || ic == 0 {
            four = unsafe weights.fourTaps(
              p.packedIndex(output: oc, row: ky, tap: tap - place, inputChannels: a.inputChannels))
          }
          let weight = Int32(Int8(truncatingIfNeeded: four >> UInt32(8 * place)))
          let pixel = unsafe (iy * a.inputWidth + ix) * a.inputChannels + firstInput + ic
          // The exporter's accumulator bound rules overflow out; a wrapping sum keeps every order of adding equal.
          sum = unsafe sum &+ weight &* a.input.element(pixel, a.inputFormat)
        }
      }
    }
    return sum
  }

  /// `requantize(bias + max over the pool window of sum w * x)` for the part's outputs, by plain loops.
  public static func reference(_ a: ConvolutionArguments) {
    let p = unsafe a.parameters
    let pool = p.hasMaxPool ? 2 : 1
    let width = unsafe p.outputWidth(a.inputWidth)
    let channels =
      unsafe a.blocks.lowerBound
      * Layout.outputsPerBlock..<min(a.blocks.upperBound * Layout.outputsPerBlock, a.outputChannels)
    for oy in unsafe a.rows {
      for ox in 0..<width {
        for oc in channels {
          var greatest = Int32.min
          for dy in 0..<pool {
            for dx in 0..<pool {
              greatest = unsafe max(greatest, accumulate(a, output: oc, row: oy * pool + dy, column: ox * pool + dx))
            }
          }
          let raw = unsafe requantize(
            greatest &+ a.bias[oc], shift: Int32(a.shifts[oc]), minimum: a.minimum, maximum: a.maximum)
          unsafe a.output.setElement((oy * width + ox) * a.outputChannels + oc, raw, a.outputFormat)
        }
      }
    }
  }
}
