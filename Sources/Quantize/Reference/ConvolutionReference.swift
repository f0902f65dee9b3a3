import COpenBLAS

/// Numbers that OpenBLAS multiplies matrices of.
protocol MatrixElement: BinaryFloatingPoint {
  /// `output += patches * transposed weights`: `rows` x `taps` times `taps` x `outputs`; a row of the output is `stride` long.
  static func multiply(
    _ patches: UnsafePointer<Self>, rows: Int, by weights: UnsafePointer<Self>, outputs: Int, taps: Int,
    adding output: UnsafeMutablePointer<Self>, stride: Int)
}

extension Float: MatrixElement {
  static func multiply(
    _ patches: UnsafePointer<Float>, rows: Int, by weights: UnsafePointer<Float>, outputs: Int, taps: Int,
    adding output: UnsafeMutablePointer<Float>, stride: Int
  ) {
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(outputs), blasint(taps), 1, patches,
      blasint(taps), weights, blasint(taps), 1, output, blasint(stride))
  }
}

extension Double: MatrixElement {
  static func multiply(
    _ patches: UnsafePointer<Double>, rows: Int, by weights: UnsafePointer<Double>, outputs: Int, taps: Int,
    adding output: UnsafeMutablePointer<Double>, stride: Int
  ) {
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(outputs), blasint(taps), 1, patches,
      blasint(taps), weights, blasint(taps), 1, output, blasint(stride))
  }
}

/// The patches of one band of output rows; it grows to the largest band and is reused.
struct ConvolutionWorkspace<Element: MatrixElement> {
  /// Patches of a band stay within this many values, 1 MiB of floats, so that they are still cached when they are
  /// multiplied.
  static var bandValues: Int { 1 << 18 }

  fileprivate var patches: [Element] = []
}

extension FloatConvolution {
  /// Convolves by im2col and one matrix product for each band of output rows and each group; channel by channel where each
  /// has a kernel of its own, which leaves a product of matrices nothing to gain.
  ///
  /// - Parameters:
  ///   - weights: in place of the convolution's own, as many; `bias` likewise.
  ///   - image: input height x width x channels.
  ///   - output: output height x width x channels, overwritten.
  /// - Requires: what `checkShapes` checks.
  func apply<Element>(
    weights: [Element], bias: [Element], to image: [Element], _ imageShape: Shape, into output: inout [Element],
    _ outputShape: Shape, _ workspace: inout ConvolutionWorkspace<Element>
  ) {
    let inputs = imageShape.channels / groups
    let outputs = outputShape.channels / groups
    let patch = kernel.height * kernel.width * inputs
    let rowValues = outputShape.width * outputShape.channels
    unsafe output.withUnsafeMutableBufferPointer { output in
      for pixel in Swift.stride(from: 0, to: output.count, by: bias.count) {
        // A whole number of pixels, by `checkShapes`.
        unsafe (output.baseAddress! + pixel).update(from: bias, count: bias.count)
      }
    }
    if inputs == 1 && outputs == 1 && groups >= Self.leastDepthwiseChannels {
      addDepthwise(weights, image, imageShape, to: &output, outputShape)
      return
    }
    let rowsInBand = ConvolutionWorkspace<Element>.bandValues / max(outputShape.width * patch, 1)
    let bandRows = min(max(rowsInBand, 1), outputShape.height)
    let needed = bandRows * outputShape.width * patch
    if workspace.patches.count < needed { workspace.patches = Array(repeating: 0, count: needed) }
    for first in Swift.stride(from: 0, to: outputShape.height, by: max(bandRows, 1)) {
      let rows = first..<min(first + bandRows, outputShape.height)
      for group in 0..<groups {
        gather(image, imageShape, rows, width: outputShape.width, group: group, into: &workspace.patches)
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe weights.withUnsafeBufferPointer { weights in
            // Inside their buffers: `checkShapes` has compared the weights and the output with the shapes, and the
            // patches were sized above. Products of matrices pixels x patch and (outputs x patch) transposed.
            unsafe Element.multiply(
              workspace.patches, rows: rows.count * outputShape.width,
              by: weights.baseAddress! + group * outputs * patch, outputs: outputs, taps: patch,
              adding: output.baseAddress! + first * rowValues + group * outputs, stride: outputShape.channels)
          }
        }
      }
    }
  }

  /// Channels that fill a vector; with fewer, a matrix product is sooner done.
  private static var leastDepthwiseChannels: Int { 8 }

  /// Adds the products of a depthwise convolution, pixel by pixel and tap by tap over all channels, which lie side by side.
  private func addDepthwise<Element: MatrixElement>(
    _ weights: [Element], _ image: [Element], _ shape: Shape, to output: inout [Element], _ outputShape: Shape
  ) {
    let (channels, taps) = (shape.channels, kernel.height * kernel.width)
    let byTap = (0..<taps * channels).map { weights[$0 % channels * taps + $0 / channels] }
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe image.withUnsafeBufferPointer { image in
        unsafe byTap.withUnsafeBufferPointer { byTap in
          for place in 0..<outputShape.height * outputShape.width {
            let (row, column) = place.quotientAndRemainder(dividingBy: outputShape.width)
            for tap in 0..<taps {
              let y = row * stride.height - padding.top + tap / kernel.width * dilation.height
              let x = column * stride.width - padding.left + tap % kernel.width * dilation.width
              guard 0..<shape.height ~= y && 0..<shape.width ~= x else { continue }
              // Inside the image by this condition, inside output and weights by `checkShapes`; all have `channels` numbers
              // a pixel.
              let sums = unsafe output.baseAddress! + place * channels
              let pixel = unsafe image.baseAddress! + (y * shape.width + x) * channels
              let factors = unsafe byTap.baseAddress! + tap * channels
              for channel in 0..<channels { unsafe sums[channel] += pixel[channel] * factors[channel] }
            }
          }
        }
      }
    }
  }

  /// Writes the patch that each output pixel of the rows sees: pixels x (kernel height x kernel width x channels of the
  /// group), zeros outside the image.
  private func gather<Element: MatrixElement>(
    _ image: [Element], _ shape: Shape, _ rows: Range<Int>, width: Int, group: Int, into patches: inout [Element]
  ) {
    let channels = shape.channels / groups
    unsafe image.withUnsafeBufferPointer { image in
      unsafe patches.withUnsafeMutableBufferPointer { patches in
        var next = patches.baseAddress!
        for row in rows {
          for column in 0..<width {
            for ky in 0..<kernel.height {
              let y = row * stride.height - padding.top + ky * dilation.height
              for kx in 0..<kernel.width {
                let x = column * stride.width - padding.left + kx * dilation.width
                // Reads lie inside the image by this condition; `apply` has sized the patches for all the writes.
                if 0..<shape.height ~= y && 0..<shape.width ~= x {
                  let pixel = unsafe image.baseAddress! + (y * shape.width + x) * shape.channels + group * channels
                  // A call for each of a depthwise convolution's single numbers would take most of the time.
                  if channels == 1 {
                    unsafe next.pointee = pixel.pointee
                  } else {
                    unsafe next.update(from: pixel, count: channels)
                  }
                } else {
                  unsafe next.update(repeating: 0, count: channels)
                }
                unsafe next += channels
              }
            }
          }
        }
      }
    }
  }
}
