import CFerrite
import EdgeRuntime

@c @implementation
public func ferrite_output_describe(
  _ model: UnsafePointer<ferrite_model>?, _ index: Int32, _ output: UnsafeMutablePointer<ferrite_output>?,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenModel.required(model)
    guard let output = unsafe output else { throw .argument("the place for the output is NULL") }
    let number = unsafe try outputIndex(index, of: open.pointee.file)
    unsafe output.pointee = description(ofOutput: number, of: open.pointee.file)
  }
}

private func description(ofOutput index: Int, of file: borrowing ModelFile) -> ferrite_output {
  let tensor = file.tensor(ofOutput: index)
  // Every extent is at most 65535, and the values of all outputs together are no more than an arena has bytes.
  var output = ferrite_output()
  output.value_count = tensor.count
  output.height = Int32(tensor.height)
  output.width = Int32(tensor.width)
  output.channels = Int32(tensor.channels)
  output.fraction = Int32(tensor.format.fraction)
  output.is_scores = file.output(index).role == .scores ? 1 : 0
  return output
}

@c @implementation
public func ferrite_output_name(_ session: OpaquePointer?, _ index: Int32) -> UnsafePointer<CChar>? {
  guard let open = unsafe OpenSession.at(session) else { return nil }
  return unsafe open.pointee.unsafeName(ofOutput: Int(index))
}

@c @implementation
public func ferrite_output_label(
  _ session: OpaquePointer?, _ index: Int32, _ label: Int32
) -> UnsafePointer<CChar>? {
  guard let open = unsafe OpenSession.at(session) else { return nil }
  return unsafe open.pointee.unsafeLabel(Int(label), ofOutput: Int(index))
}

@c @implementation
public func ferrite_output_values(
  _ session: OpaquePointer?, _ index: Int32, _ values: UnsafeMutablePointer<Int32>?, _ count: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenSession.required(session)
    guard unsafe open.pointee.hasRun else { throw .noFrame }
    let number = unsafe try outputIndex(index, of: open.pointee.model)
    guard unsafe count == open.pointee.model.tensor(ofOutput: number).count else {
      throw .argument("the count is not the number of the output's values")
    }
    guard let place = unsafe values else { throw .argument("the place for the values is NULL") }
    // The caller says that there is room for as many.
    var span = unsafe MutableSpan(_unsafeStart: place, count: count)
    unsafe open.pointee.session.writeValues(ofOutput: number, to: &span)
  }
}

private func outputIndex(_ index: Int32, of model: borrowing ModelFile) throws(Failure) -> Int {
  guard 0..<model.outputCount ~= Int(index) else { throw .argument("the model has no output of this index") }
  return Int(index)
}

extension ModelFile {
  /// - Requires: an index of an output.
  func tensor(ofOutput index: Int) -> TensorRecord { tensor(output(index).tensor) }

  /// The classes of an output of scores; 0 of other values.
  ///
  /// - Requires: an index of an output.
  func labelCount(ofOutput index: Int) -> Int {
    output(index).role == .scores ? tensor(ofOutput: index).channels : 0
  }

  /// The labels of all outputs before one, or, for the number of outputs, of all.
  func labelCount(beforeOutput index: Int) -> Int {
    var count = 0
    for other in 0..<index { count += labelCount(ofOutput: other) }
    return count
  }
}
