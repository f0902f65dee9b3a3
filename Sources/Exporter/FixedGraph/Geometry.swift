import EdgeRuntime
import Quantize

extension LayerGraph {
  /// Whatever of the layers the model file has no room for; needs no calibration.
  public var geometryProblems: [ExportError] {
    layers.compactMap { layer -> ExportError? in
      do throws(ExportError) {
        switch layer.operation {
        case .convolution(let convolution, let hasMaxPool):
          _ = try ConvolutionParameters(convolution, hasMaxPool: hasMaxPool, weightWidth: 8, layer: layer.name)
        case .maxPool(let pool), .averagePool(let pool): _ = try PoolParameters(pool, layer: layer.name)
        case .rearrange(let rearrangement): try rearrangement.checkAxes(layer: layer.name)
        case .fullyConnected, .affineGridSample, .concatenate, .add, .multiply, .table, .clip: break
        }
        return nil
      } catch {
        return error
      }
    }
  }
}

/// The float graph's kernels as the runtime's parameters.
extension ConvolutionParameters {
  init(_ c: FloatConvolution, hasMaxPool: Bool, weightWidth: Int, layer: String) throws(ExportError) {
    try checkWindow(c.kernel, c.stride, c.padding, dilation: c.dilation, layer: layer)
    self.init(
      kernelHeight: c.kernel.height, kernelWidth: c.kernel.width, strideHeight: c.stride.height,
      strideWidth: c.stride.width, paddingTop: c.padding.top, paddingLeft: c.padding.left,
      paddingBottom: c.padding.bottom, paddingRight: c.padding.right, dilationHeight: c.dilation.height,
      dilationWidth: c.dilation.width, groups: c.groups, hasMaxPool: hasMaxPool, weightWidth: weightWidth)
  }
}

extension PoolParameters {
  init(_ p: FloatPool, layer: String) throws(ExportError) {
    let extents = [
      p.kernel.height, p.kernel.width, p.stride.height, p.stride.width, p.padding.top, p.padding.left, p.padding.bottom,
      p.padding.right,
    ]
    guard extents.allSatisfy({ $0 <= Layout.maximumExtent }), p.kernel.height * p.kernel.width <= Layout.maximumPoolTaps
    else { throw .unsupported(layer: layer, reason: "a pool's kernel, stride or padding above 65535, or 2^28 taps") }
    guard max(p.dilation.height, p.dilation.width) <= Layout.maximumPlainWindow else {
      throw .unsupported(layer: layer, reason: "a pool's dilation above 255")
    }
    guard max(p.padding.top, p.padding.bottom) <= (p.kernel.height - 1) * p.dilation.height,
      max(p.padding.left, p.padding.right) <= (p.kernel.width - 1) * p.dilation.width
    else { throw .unsupported(layer: layer, reason: "a padding as large as the pool's kernel") }
    self.init(
      kernelHeight: p.kernel.height, kernelWidth: p.kernel.width, strideHeight: p.stride.height,
      strideWidth: p.stride.width, paddingTop: p.padding.top, paddingLeft: p.padding.left,
      paddingBottom: p.padding.bottom, paddingRight: p.padding.right, dilationHeight: p.dilation.height,
      dilationWidth: p.dilation.width, countsPadding: p.countsPadding)
  }
}

private func checkWindow(
  _ kernel: Extent, _ stride: Extent, _ padding: Padding, dilation: Extent, layer: String
) throws(ExportError) {
  let positive = [kernel.height, kernel.width, stride.height, stride.width, dilation.height, dilation.width]
  let paddings = [padding.top, padding.left, padding.bottom, padding.right]
  guard positive.allSatisfy({ 1...255 ~= $0 }), paddings.allSatisfy({ 0...255 ~= $0 }) else {
    throw .unsupported(layer: layer, reason: "a kernel, stride, dilation or padding above 255")
  }
}

extension RearrangeParameters {
  /// - Parameter format: of the values, which the fill takes, too.
  init(_ r: FloatRearrangement, _ format: FixedFormat, layer: String) throws(ExportError) {
    try r.checkAxes(layer: layer)
    guard format.covers(Double(r.fill)) else {
      throw .unsupported(
        layer: layer, reason: "what it puts around, \(r.fill), is beyond the format \(format.text) of its input")
    }
    self.init(
      rows: r.rows, columns: r.columns, firstChannel: r.firstChannel, repeats: r.repeats,
      fill: Int32(format.raw(Double(r.fill))))
  }
}

extension FloatRearrangement {
  fileprivate func checkAxes(layer: String) throws(ExportError) {
    for axis in [rows, columns] {
      guard 1...255 ~= axis.step, 1...255 ~= axis.divisor, axis.offset.magnitude <= 1 << 24 else {
        throw .unsupported(layer: layer, reason: "a step or a factor above 255")
      }
    }
  }
}

extension AdditionParameters {
  /// The moves that bring two formats to the finer one's fraction bits, or as near to it as the coarser one can be moved:
  /// then the finer one's last bits are rounded off.
  init(adding first: FixedFormat, _ second: FixedFormat) {
    let finer = max(first.fraction, second.fraction)
    let fraction = min(finer, min(first.fraction, second.fraction) + Int(Self.mostLeft))
    self.init(
      first: Int32(max(fraction - first.fraction, -31)), second: Int32(max(fraction - second.fraction, -31)), shift: 0)
  }
}

/// `1 / count` as `multiplier * 2^-shift`: exact for powers of two, else to 15 bits.
struct Reciprocal: Equatable {
  var multiplier: Int32
  var shift: Int

  /// - Parameter isShort: whether a power of two has the least shift, not 16 bits more, from which the multipliers of fewer taps follow.
  init(of count: Int, isShort: Bool = true) {
    let log = Int.bitWidth - 1 - count.leadingZeroBitCount
    if isShort, count == 1 << log {
      (multiplier, shift) = (1, log)
    } else {
      shift = log + 16
      multiplier = Int32(((1 << shift) + count / 2) / count)
    }
  }
}
