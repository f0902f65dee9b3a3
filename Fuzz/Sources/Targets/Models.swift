import EdgeRuntime
import Glibc

/// Bytes at a multiple of 64 with nothing behind the last of them: the address sanitizer sees every access beyond either end.
@safe
final class ExactMemory {
  let bytes: UnsafeMutableRawBufferPointer

  init(count: Int, filledWith byte: UInt8) {
    var memory: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&memory, 64, max(count, 1)) == 0, let memory = unsafe memory else {
      preconditionFailure("no memory")
    }
    unsafe bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
    unsafe memset(memory, CInt(byte), count)
  }

  convenience init(copying source: UnsafeRawBufferPointer) {
    self.init(count: source.count, filledWith: 0)
    unsafe bytes.copyMemory(from: source)
  }

  deinit { unsafe free(bytes.baseAddress) }
}

/// Reads all that a model lets be read.
func loadModel(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let memory = unsafe ExactMemory(copying: bytes)
  do throws(ModelError) {
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    readEverything(model)
  } catch {
    precondition(error.byteOffset >= 0 && error.byteOffset <= bytes.count, "an error lies outside of the file")
    precondition(error.fault.message.utf8CodeUnitCount > 0, "an error has no words")
  }
  return true
}

private func readEverything(_ model: borrowing ModelFile) {
  var sum = UInt64(model.arenaBytes + model.sessionBytes(threads: 8))
  func add(_ bytes: UnsafeRawBufferPointer) { unsafe bytes.forEach { sum &+= UInt64($0) } }
  for index in 0..<model.tensorCount { unsafe add(model.unsafeName(model.tensor(index).name)) }
  for index in 0..<model.classCount { unsafe add(model.unsafeLabel(index)) }
  unsafe add(model.unsafeProvenance)
  for index in 0..<model.operationCount {
    let record = model.operation(index)
    unsafe add(model.unsafeName(record.name))
    switch record.operation {
    case .conv2D(let parameters), .fullyConnected(let parameters):
      for channel in 0..<model.tensor(record.output).channels {
        sum &+= UInt64(truncatingIfNeeded: model.bias(parameters, outputChannel: channel))
        sum &+= UInt64(model.shift(parameters, outputChannel: channel))
      }
      for weight in 0..<parameters.weightsBytes * 8 / parameters.storedBits {
        sum &+= UInt64(truncatingIfNeeded: model.weight(parameters, weight))
      }
    default: break
    }
  }
  for index in 0..<model.testVectorCount {
    unsafe add(model.unsafeTestFrame(index))
    for channel in 0..<model.classCount { sum &+= UInt64(truncatingIfNeeded: model.testLogit(index, class: channel)) }
  }
  if model.testVectorCount > 0 { sum &+= UInt64(model.testDigest[0]) }
  unsafe blackHole = sum
}

/// So that no read is left out.
nonisolated(unsafe) var blackHole: UInt64 = 0

/// What a frame may cost before an input is passed over: fuzzing is to stay fast.
private enum Budget {
  static let memoryBytes = 4 << 20
  static let steps = 4 << 20
}

/// Runs a frame of whatever loads, in every way that this machine has. The first way, scalar by one thread, is the specification.
func runModel(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let memory = unsafe ExactMemory(copying: bytes)
  do throws(ModelError) {
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    guard isAffordable(model) else { return false }
    var outputs: [[UInt8]]?
    for set in InstructionSet.allCases where set.isAvailable {
      for threads in unsafe [1, threadPool.threads] {
        // What an operation reads before anything was written there differs from way to way, and so would its output.
        let found = frame(of: model, set, threads: threads, arenaFilledWith: UInt8(16 * threads + Int(set.rawValue)))
        if let outputs { requireEqual(found, outputs, set, threads) } else { outputs = found }
      }
    }
  } catch {}
  return true
}

/// Used by the one thread on which libFuzzer calls.
nonisolated(unsafe) private let threadPool: ThreadPool = {
  do throws(ThreadError) { return try ThreadPool(threads: 3) } catch { preconditionFailure("no threads") }
}()

private func isAffordable(_ model: borrowing ModelFile) -> Bool {
  guard model.sessionBytes(threads: 3) <= Budget.memoryBytes else { return false }
  var steps = 0
  for index in 0..<model.operationCount {
    let record = model.operation(index)
    let values = model.tensor(record.output).count
    switch record.operation {
    case .maxPool2D(let pool), .averagePool2D(let pool, _, _): steps += values * pool.kernelHeight * pool.kernelWidth
    default: steps += Int(clamping: record.multiplyAccumulates) + values
    }
    guard steps <= Budget.steps else { return false }
  }
  return true
}

/// Each operation's output bytes, as they are right after it.
private func frame(
  of model: borrowing ModelFile, _ set: InstructionSet, threads: Int, arenaFilledWith filling: UInt8
) -> [[UInt8]] {
  let arena = ExactMemory(count: model.sessionBytes(threads: threads), filledWith: filling)
  let inputs = ExactMemory(count: model.frameBytes, filledWith: 0)
  var generator = SeededGenerator(seed: 7)
  for index in unsafe inputs.bytes.indices { unsafe inputs.bytes[index] = UInt8(generator.next(in: 0...255)) }
  var outputs: [[UInt8]] = []
  do throws(SessionError) {
    var session =
      threads == 1
      ? unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: set)
      : unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: set, unsafePool: threadPool)
    unsafe try session.begin(frame: UnsafeRawBufferPointer(inputs.bytes))
    for index in 0..<model.operationCount {
      session.step(index)
      let tensor = model.tensor(model.operation(index).output)
      unsafe outputs.append(Array(arena.bytes[tensor.arenaOffset..<tensor.arenaOffset + tensor.bytes]))
    }
    for index in 0..<session.classCount { precondition(session.probability(index) <= Softmax.one, "above certainty") }
  } catch {
    preconditionFailure("a session of its own size fits")
  }
  return outputs
}

private func requireEqual(_ found: [[UInt8]], _ wanted: [[UInt8]], _ set: InstructionSet, _ threads: Int) {
  for (index, (output, reference)) in zip(found, wanted).enumerated() where output != reference {
    let byte = zip(output, reference).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? -1
    fatalError("operation \(index), byte \(byte): \(set.name) by \(threads) threads differs from the reference")
  }
}
