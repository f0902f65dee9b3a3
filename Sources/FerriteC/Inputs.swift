import CFerrite
import EdgeRuntime

@c @implementation
public func ferrite_input_count(_ model: UnsafePointer<ferrite_model>?) -> Int32 {
  guard let open = unsafe OpenModel.at(model) else { return 0 }
  return unsafe Int32(open.pointee.file.inputCount)
}

@c @implementation
public func ferrite_input_describe(
  _ model: UnsafePointer<ferrite_model>?, _ index: Int32, _ input: UnsafeMutablePointer<ferrite_input>?,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenModel.required(model)
    guard let input = unsafe input else { throw .argument("the place for the input is NULL") }
    let number = unsafe try inputIndex(index, of: open.pointee.file)
    unsafe input.pointee = description(ofInput: number, of: open.pointee.file)
  }
}

private func description(ofInput index: Int, of file: borrowing ModelFile) -> ferrite_input {
  let tensor = file.input(index)
  // Every extent is at most 65535, and a raw value has 16 bits at most.
  var input = ferrite_input()
  input.value_count = tensor.count
  input.height = Int32(tensor.height)
  input.width = Int32(tensor.width)
  input.channels = Int32(tensor.channels)
  input.is_image = index == 0 ? 1 : 0
  // Of the image pixels are given, whose raw values the model makes itself.
  input.fraction = index == 0 ? 0 : Int32(tensor.format.fraction)
  input.least = index == 0 ? 0 : Int32(tensor.format.minimumRaw)
  input.greatest = index == 0 ? 255 : Int32(tensor.format.maximumRaw)
  return input
}

@c @implementation
public func ferrite_input_name(_ session: OpaquePointer?, _ index: Int32) -> UnsafePointer<CChar>? {
  guard let open = unsafe OpenSession.at(session) else { return nil }
  return unsafe open.pointee.unsafeName(ofInput: Int(index))
}

@c @implementation
public func ferrite_input_set(
  _ session: OpaquePointer?, _ index: Int32, _ values: UnsafePointer<Int32>?, _ count: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenSession.required(session)
    let number = unsafe try inputIndex(index, of: open.pointee.model)
    guard number > 0 else { throw .argument("the image is given to ferrite_run") }
    guard unsafe count == open.pointee.model.input(number).count else { throw .session(.wrongInputSize) }
    guard let place = unsafe values else { throw .argument("the values are NULL") }
    // The caller says that there are as many.
    let span = unsafe Span(_unsafeStart: place, count: count)
    unsafe try open.pointee.set(span, ofInput: number)
  }
}

private func inputIndex(_ index: Int32, of model: borrowing ModelFile) throws(Failure) -> Int {
  guard 0..<model.inputCount ~= Int(index) else { throw .argument("the model has no input of this index") }
  return Int(index)
}
