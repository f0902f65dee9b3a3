import COpenBLAS

/// Samples of one layer's quantised inputs and of its float outputs.
public struct LayerSamples: Sendable {
  /// Samples x taps, raw values.
  public var inputs: [Float]
  /// Samples x outputs, before any clip or pool, the bias included.
  public var outputs: [Float]
  public let taps: Int
  public let channels: Int
  public let count: Int

  public init(inputs: [Float], outputs: [Float], taps: Int, channels: Int) {
    count = taps == 0 ? 0 : inputs.count / taps
    precondition(inputs.count == count * taps && outputs.count == count * channels, "as many inputs as outputs")
    self.inputs = inputs
    self.outputs = outputs
    self.taps = taps
    self.channels = channels
  }

  /// Subtracts the mean of each tap and each output, and returns them.
  public mutating func centre() -> (inputs: [Double], outputs: [Double]) {
    (Self.centre(&inputs, columns: taps), Self.centre(&outputs, columns: channels))
  }

  private static func centre(_ matrix: inout [Float], columns: Int) -> [Double] {
    let rows = matrix.count / max(columns, 1)
    var means = [Double](repeating: 0, count: columns)
    unsafe matrix.withUnsafeMutableBufferPointer { matrix in
      unsafe means.withUnsafeMutableBufferPointer { means in
        // Both loops stay within rows x columns, of which the matrix is made.
        for row in 0..<rows {
          for column in 0..<columns { unsafe means[column] += Double(matrix[row * columns + column]) }
        }
        for column in 0..<columns { unsafe means[column] = Double(Float(means[column] / Double(max(rows, 1)))) }
        for row in 0..<rows {
          for column in 0..<columns { unsafe matrix[row * columns + column] -= Float(means[column]) }
        }
      }
    }
    return means
  }

  /// `inputs^T inputs`, taps x taps. Each thread makes a band of rows.
  public func gram() throws -> [Float] {
    try product(inputs, columns: taps)
  }

  /// `outputs^T inputs`, outputs x taps.
  public func targets() throws -> [Float] {
    try product(outputs, columns: channels)
  }

  /// `left^T inputs`, columns of left x taps.
  private func product(_ left: [Float], columns: Int) throws -> [Float] {
    try unsafe concurrentlyFilled(columns * taps) { product, thread, threads in
      let rows = columns * thread / threads..<columns * (thread + 1) / threads
      if rows.isEmpty || count == 0 { return }
      unsafe left.withUnsafeBufferPointer { left in
        unsafe inputs.withUnsafeBufferPointer { inputs in
          // count x columns and count x taps, as `init` has checked; a band of the columns starts inside the first row.
          // The product has columns x taps, of which this thread has its rows.
          unsafe cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows.count), blasint(taps), blasint(count), 1,
            left.baseAddress! + rows.lowerBound, blasint(columns), inputs.baseAddress!, blasint(taps), 0,
            product.baseAddress! + rows.lowerBound * taps, blasint(taps))
        }
      }
    }
  }
}
