import Quantize

extension Importer {
  mutating func maxPool(_ c: Context) throws(ONNXError) -> ImportedValue {
    try c.attributes.require("storage_order", 0, default: 0)
    return try pool(c) { .maxPool($0) }
  }

  mutating func averagePool(_ c: Context) throws(ONNXError) -> ImportedValue {
    let includesPadding = c.attributes.integer("count_include_pad", default: 0) == 1
    return try pool(c) { pool throws(ONNXError) in
      guard includesPadding || pool.padding == Padding() else {
        throw c.attributes.unsupported("count_include_pad", found: "0 with padding", supported: "1, or no padding")
      }
      return .averagePool(pool)
    }
  }

  mutating func globalAveragePool(_ c: Context) throws(ONNXError) -> ImportedValue {
    let image = try c.image(0)
    let input = shape(image)
    let kernel = Extent(input.height, input.width)
    return .image(
      append(
        .averagePool(FloatPool(kernel: kernel, stride: Extent(1, 1))), [image],
        Shape(height: 1, width: 1, channels: input.channels), named: c.attributes))
  }

  private mutating func pool(
    _ c: Context, _ operation: (FloatPool) throws(ONNXError) -> FloatOperation
  ) throws(ONNXError) -> ImportedValue {
    let image = try c.image(0)
    let input = shape(image)
    let window = try Window(c.attributes, kernel: try c.attributes.extent("kernel_shape", default: nil), input: input)
    guard window.dilation == Extent(1, 1) else {
      throw c.attributes.unsupported(
        "dilations", found: "[\(window.dilation.height), \(window.dilation.width)]", supported: "[1, 1]")
    }
    let p = window.padding
    guard max(p.top, p.bottom) < window.kernel.height, max(p.left, p.right) < window.kernel.width else {
      throw c.attributes.unsupported("pads", found: "a padding as large as the kernel", supported: "smaller ones")
    }
    if c.attributes.integer("ceil_mode", default: 0) == 1 {
      // The same as rounding down when the windows fit exactly.
      let rows = input.height + p.top + p.bottom - window.kernel.height
      let columns = input.width + p.left + p.right - window.kernel.width
      guard rows % window.stride.height == 0, columns % window.stride.width == 0 else {
        throw c.attributes.unsupported("ceil_mode", found: "1 where windows overhang", supported: "0")
      }
    }
    let operation = try operation(FloatPool(kernel: window.kernel, stride: window.stride, padding: p))
    let output = try window.output(input, channels: input.channels, c.attributes)
    return .image(append(operation, [image], output, named: c.attributes))
  }
}
