/// Whether a model gives the same values by every instruction set and number of threads, and those of every machine: operation by
/// operation, on frames of seeded noise.
///
/// `KernelConformance` tries operators on problems of their own; this is what they make together, prepared and divided as sessions do it.
public enum NetworkConformance {
  /// The first value that differs from the reference's.
  public struct Difference: Equatable, Sendable {
    public var frame: Int
    public var operation: Int
    /// Of the operation's output, in height x width x channels order.
    public var element: Int
    public var reference: Int32
    public var found: Int32
  }

  public struct Report: Equatable, Sendable {
    /// Over every operation's output in every frame, by the reference: equal on every machine. Up to a difference, if there is one.
    public var digest = Checksum.initial
    public var difference: Difference?
  }

  /// Of the committed digests.
  public static let standardFrames = 2

  /// Bytes for `run`: one frame, and the memory of two sessions.
  public static func memoryBytes(_ model: borrowing ModelFile, threads: Int) -> Int {
    Layout.aligned(model.frameBytes) + Layout.aligned(model.sessionBytes(threads: 1))
      + model.sessionBytes(threads: threads)
  }

  /// Runs frames by the scalar reference on one thread and, step by step beside it, by an instruction set on a pool's threads.
  ///
  /// - Parameters:
  ///   - instructionSet: one that this machine has.
  ///   - frames: how many; frame i is noise of seed i.
  ///   - memory: `memoryBytes` bytes or more at a multiple of 64.
  /// - Throws: `SessionError` for an instruction set or a memory that isn't as it should be.
  public static func run(
    unsafeModel model: borrowing ModelFile, _ instructionSet: InstructionSet, unsafePool pool: borrowing ThreadPool,
    frames: Int, memory: UnsafeMutableRawBufferPointer
  ) throws(SessionError) -> Report {
    guard memory.count >= memoryBytes(model, threads: pool.threads) else { throw .arenaTooSmall }
    let first = Layout.aligned(model.frameBytes)
    let second = first + Layout.aligned(model.sessionBytes(threads: 1))
    let noise = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<model.frameBytes])
    var reference = unsafe try Session(
      unsafeModel: model, arena: UnsafeMutableRawBufferPointer(rebasing: memory[first..<second]),
      instructionSet: .scalar)
    var session = unsafe try Session(
      unsafeModel: model, arena: UnsafeMutableRawBufferPointer(rebasing: memory[second...]),
      instructionSet: instructionSet, unsafePool: pool)
    var report = Report()
    for frame in 0..<frames {
      unsafe fill(noise, frame)
      unsafe try reference.begin(frame: UnsafeRawBufferPointer(noise))
      unsafe try session.begin(frame: UnsafeRawBufferPointer(noise))
      for operation in 0..<model.operationCount {
        reference.step(operation)
        session.step(operation)
        let output = model.operation(operation).output
        add(reference, output, model.tensor(output).count, to: &report.digest)
        guard let place = firstDifference(reference, session, tensor: output, count: model.tensor(output).count) else {
          continue
        }
        report.difference = Difference(
          frame: frame, operation: operation, element: place, reference: reference.value(place, of: output),
          found: session.value(place, of: output))
        return report
      }
    }
    return report
  }

  /// The first element of a tensor that two sessions disagree on.
  ///
  /// - Parameter count: of the tensor's elements.
  public static func firstDifference(
    _ reference: borrowing Session, _ session: borrowing Session, tensor: Int, count: Int
  ) -> Int? {
    for element in 0..<count where reference.value(element, of: tensor) != session.value(element, of: tensor) {
      return element
    }
    return nil
  }

  /// Every input of the frame: any bytes are pixels and raw values.
  private static func fill(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Int) {
    var generator = SeededGenerator(seed: UInt64(frame))
    for index in bytes.indices { unsafe bytes[index] = UInt8(generator.next(in: 0...255)) }
  }

  private static func add(_ session: borrowing Session, _ tensor: Int, _ count: Int, to digest: inout UInt64) {
    for element in 0..<count {
      digest = Checksum.add(UInt64(truncatingIfNeeded: session.value(element, of: tensor)), to: digest)
    }
  }
}

/// For programs in C, on one model in memory at a multiple of 64: 0 where an instruction set (a raw value of `InstructionSet`) on so
/// many threads gives the reference's values, 1 where it doesn't; -1 for a model that is refused, -2 for an instruction set that this
/// machine lacks, -3 for too little memory or no threads.
///
/// - Parameter found: four values: the digest's bits, then the frame, the operation and the element that differ; of -1 the byte of
///   the fault, of -3 the bytes of memory that it takes.
@c(ferrite_check_network)
public func checkNetwork(
  _ bytes: UnsafeRawPointer, _ count: Int64, _ instructionSet: UInt8, _ threads: Int32,
  _ memory: UnsafeMutableRawPointer, _ memoryBytes: Int64, _ found: UnsafeMutablePointer<Int64>
) -> Int32 {
  guard let set = InstructionSet(rawValue: instructionSet), set.isAvailable else { return -2 }
  do throws(ModelError) {
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    unsafe found[0] = Int64(NetworkConformance.memoryBytes(model, threads: Int(threads)))
    do throws(ThreadError) {
      let pool = try ThreadPool(threads: Int(threads))
      do throws(SessionError) {
        let report = unsafe try NetworkConformance.run(
          unsafeModel: model, set, unsafePool: pool, frames: NetworkConformance.standardFrames,
          memory: UnsafeMutableRawBufferPointer(start: memory, count: Int(memoryBytes)))
        unsafe found[0] = Int64(bitPattern: report.digest)
        guard let difference = report.difference else { return 0 }
        unsafe (found[1], found[2], found[3]) = (
          Int64(difference.frame), Int64(difference.operation), Int64(difference.element)
        )
        return 1
      } catch { return -3 }
    } catch { return -3 }
  } catch {
    unsafe found[0] = Int64(error.byteOffset)
    return -1
  }
}
