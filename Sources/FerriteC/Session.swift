import CFerrite
import EdgeRuntime

/// What a caller asks for, with the defaults in the place of zeros.
struct SessionSettings {
  var instructionSet: InstructionSet
  var threads: Int

  init(_ settings: UnsafePointer<ferrite_settings>?) throws(Failure) {
    guard let settings = unsafe settings?.pointee else {
      (instructionSet, threads) = (.best, 1)
      return
    }
    guard let set = InstructionSet(number: settings.instruction_set) else {
      throw .argument("the instruction set is none of the header's")
    }
    guard 0...Int32(FERRITE_MAXIMUM_THREADS) ~= settings.threads else { throw .threads(.wrongCount) }
    let rest = settings.reserved
    guard rest.0 | rest.1 | rest.2 | rest.3 | rest.4 | rest.5 == 0 else {
      throw .argument("reserved settings are zeros")
    }
    (instructionSet, threads) = (set, max(Int(settings.threads), 1))
  }
}

/// The parts of a session's memory: bytes from its first multiple of 64.
private struct SessionPlaces {
  let texts: Int
  let arena: Int
  /// From wherever the memory starts; `Int.max` for more than any memory has.
  let bytes: Int

  init(_ model: borrowing ModelFile, threads: Int) {
    let head = Layout.aligned(Int64(MemoryLayout<OpenSession>.size))
    // Both are below 2^36, so that nothing but the arena's bytes can exceed 64 bits.
    let start = head + SessionTexts.bytes(model)
    let end = Int64(model.sessionBytes(threads: threads)).addingReportingOverflow(start + Int64(Layout.alignment) - 1)
    texts = Int(head)
    arena = Int(clamping: start)
    bytes = end.overflow ? Int.max : Int(clamping: end.partialValue)
  }
}

@c @implementation
public func ferrite_session_bytes(
  _ model: UnsafePointer<ferrite_model>?, _ settings: UnsafePointer<ferrite_settings>?
) -> Int {
  guard let open = unsafe OpenModel.at(model) else { return 0 }
  do throws(Failure) {
    let bytes = unsafe SessionPlaces(open.pointee.file, threads: try SessionSettings(settings).threads).bytes
    // SIZE_MAX has the bits of -1.
    return bytes == Int.max ? -1 : bytes
  } catch {
    return 0
  }
}

@c @implementation
public func ferrite_session_open(
  _ session: UnsafeMutablePointer<OpaquePointer?>?, _ model: UnsafePointer<ferrite_model>?,
  _ settings: UnsafePointer<ferrite_settings>?, _ memory: UnsafeMutableRawPointer?, _ memory_bytes: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    guard let session = unsafe session else { throw .argument("the place for the session is NULL") }
    unsafe session.pointee = nil
    let model = unsafe try OpenModel.required(model)
    let settings = unsafe try SessionSettings(settings)
    guard let memory = unsafe memory else { throw .argument("the memory is NULL") }
    let places = unsafe SessionPlaces(model.pointee.file, threads: settings.threads)
    // A size_t of more than an Int holds has come out negative; no memory has so many bytes, nor as many as an Int holds.
    guard memory_bytes >= places.bytes, places.bytes < Int.max else { throw .memory }
    let base = unsafe memory.alignedUp(toMultipleOf: Layout.alignment)
    let arena = unsafe UnsafeMutableRawBufferPointer(
      start: base + places.arena, count: model.pointee.file.sessionBytes(threads: settings.threads))
    let open = unsafe try openSession(model.pointee.file, settings, arena, texts: base + places.texts)
    unsafe base.bindMemory(to: OpenSession.self, capacity: 1).initialize(to: open)
    unsafe session.pointee = OpaquePointer(base)
  }
}

private func openSession(
  _ model: borrowing ModelFile, _ settings: SessionSettings, _ arena: UnsafeMutableRawBufferPointer,
  texts place: UnsafeMutableRawPointer
) throws(Failure) -> OpenSession {
  let texts = unsafe SessionTexts(model, unsafeMemory: place)
  let file = ModelFile(unsafeSharing: model)
  guard settings.threads > 1 else {
    do throws(SessionError) {
      let session = unsafe try Session(unsafeModel: model, arena: arena, instructionSet: settings.instructionSet)
      return OpenSession(session, file, nil, texts)
    } catch { throw .session(error) }
  }
  let pool = try startThreads(settings.threads)
  do throws(SessionError) {
    let session = unsafe try Session(
      unsafeModel: model, arena: arena, instructionSet: settings.instructionSet, unsafePool: pool)
    return OpenSession(session, file, pool, texts)
  } catch { throw .session(error) }
}

private func startThreads(_ count: Int) throws(Failure) -> ThreadPool {
  do throws(ThreadError) { return try ThreadPool(threads: count) } catch { throw .threads(error) }
}

@c @implementation
public func ferrite_session_close(_ session: OpaquePointer?) {
  guard let open = unsafe OpenSession.at(session) else { return }
  unsafe open.deinitialize(count: 1)
  // What is used after this is told to be closed, as long as the caller leaves the memory alone.
  unsafe UnsafeMutableRawPointer(open).storeBytes(of: 0, as: UInt64.self)
}

@c @implementation
public func ferrite_session_instruction_set(_ session: OpaquePointer?) -> Int32 {
  guard let open = unsafe OpenSession.at(session) else { return -1 }
  return unsafe open.pointee.session.instructionSet.number
}

@c @implementation
public func ferrite_run(
  _ session: OpaquePointer?, _ pixels: UnsafeRawPointer?, _ byte_count: Int,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenSession.required(session)
    guard let pixels = unsafe pixels else { throw .argument("the pixels are NULL") }
    // A size_t of more than an Int holds has come out negative.
    guard byte_count >= 0 else { throw .session(.wrongFrameSize) }
    unsafe try open.pointee.run(UnsafeRawBufferPointer(start: pixels, count: byte_count))
  }
}

@c @implementation
public func ferrite_self_test(_ session: OpaquePointer?, _ error: UnsafeMutablePointer<ferrite_error>?) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenSession.required(session)
    unsafe try open.pointee.selfTest()
  }
}
