import CFerrite
import EdgeRuntime

@c @implementation
public func ferrite_class(_ session: OpaquePointer?) -> Int32 {
  guard let open = unsafe OpenSession.at(session), unsafe open.pointee.hasRun, unsafe open.pointee.model.classCount > 0
  else { return -1 }
  return unsafe Int32(open.pointee.session.classIndex)
}

@c @implementation
public func ferrite_label(_ session: OpaquePointer?, _ index: Int32) -> UnsafePointer<CChar>? {
  guard let open = unsafe OpenSession.at(session) else { return nil }
  return unsafe open.pointee.unsafeLabel(Int(index))
}

@c @implementation
public func ferrite_logits(
  _ session: OpaquePointer?, _ logits: UnsafeMutablePointer<Int32>?, _ count: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try sessionWithResults(session, count)
    guard let logits = unsafe logits else { throw .argument("the place for the logits is NULL") }
    for index in 0..<count { unsafe logits[index] = open.pointee.session.logit(index) }
  }
}

@c @implementation
public func ferrite_probabilities(
  _ session: OpaquePointer?, _ probabilities: UnsafeMutablePointer<UInt32>?, _ count: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try sessionWithResults(session, count)
    guard let place = unsafe probabilities else { throw .argument("the place for the probabilities is NULL") }
    // The caller says that there is room for as many.
    var span = unsafe MutableSpan(_unsafeStart: place, count: count)
    unsafe open.pointee.session.writeProbabilities(to: &span)
  }
}

/// - Parameter count: of values that a caller has room for.
private func sessionWithResults(
  _ session: OpaquePointer?, _ count: Int
) throws(Failure) -> UnsafeMutablePointer<OpenSession> {
  let open = unsafe try OpenSession.required(session)
  guard unsafe open.pointee.hasRun else { throw .noFrame }
  guard unsafe count == open.pointee.model.classCount else {
    throw .argument("the count is not the number of the model's classes")
  }
  return unsafe open
}
