extension ModelView {
  /// A place that is not the input's is filled, so that no parameter in its range leads out of a tensor; values keep their
  /// format and are not clipped.
  func checkRearrangement(_ p: RearrangeParameters, _ record: OperationRecord, at words: Int) throws(ModelError) {
    let (input, output) = (tensor(record.inputs[0]), tensor(record.output))
    try checkAxis(p.rows, at: words)
    try checkAxis(p.columns, at: words + 12)
    guard p.firstChannel.magnitude <= Layout.maximumExtent else { throw ModelError(.parameter, at: words + 24) }
    guard bytes.u32(words + 28) <= 1 else { throw ModelError(.parameter, at: words + 28) }
    guard input.format == output.format else { throw ModelError(.format, at: words) }
    guard Int64(record.minimum) == output.format.minimumRaw, Int64(record.maximum) == output.format.maximumRaw,
      p.fill >= record.minimum, p.fill <= record.maximum
    else { throw ModelError(.outputRange, at: words + 32) }
  }

  private func checkAxis(_ axis: RearrangeParameters.Axis, at words: Int) throws(ModelError) {
    guard axis.step >= 1, axis.step <= 255 else { throw ModelError(.parameter, at: words) }
    guard axis.offset.magnitude <= 1 << 24 else { throw ModelError(.parameter, at: words + 4) }
    guard axis.divisor >= 1, axis.divisor <= 255 else { throw ModelError(.parameter, at: words + 8) }
  }
}
