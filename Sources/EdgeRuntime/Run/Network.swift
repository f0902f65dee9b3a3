import CLinux

/// A model file with all that running it takes: memory, threads and a session. The short way for a program that has one network.
///
///     var network = try Network(path: "model.fxm")
///     try network.run(pixels: pixels.span)
///     print(network.label, network.probability(network.classIndex))
///
/// Memory is taken when it is made, from the system and not from the heap, and given back with the value. For one thread at a time.
@safe
public struct Network: ~Copyable {
  public let model: ModelFile
  public private(set) var session: Session
  private let pool: ThreadPool
  private let memory: UnsafeMutableRawBufferPointer

  /// Maps and checks the file at `path`, and prepares what depends on the model alone.
  ///
  /// - Parameters:
  ///   - key: of whoever alone is trusted.
  ///   - instructionSet: one that this machine has.
  ///   - threads: that share the work of a frame, 1 to `ThreadPool.maximumThreads`.
  public init(
    path: UnsafePointer<CChar>, key: PublicKey? = nil, instructionSet: InstructionSet = .best, threads: Int = 1
  ) throws(NetworkError) {
    let model = unsafe try Self.load(path, key)
    let pool = try Self.start(threads)
    let bytes = model.sessionBytes(threads: threads)
    guard let base = unsafe linux_pages(bytes) else { throw .memory(bytes: bytes) }
    let memory = unsafe UnsafeMutableRawBufferPointer(start: base, count: bytes)
    do throws(SessionError) {
      session = unsafe try Session(
        unsafeModel: model, arena: memory, instructionSet: instructionSet, unsafePool: pool)
    } catch {
      unsafe linux_unmap(base, bytes)
      throw .session(error)
    }
    unsafe self.memory = memory
    self.model = model
    self.pool = pool
  }

  deinit { unsafe linux_unmap(memory.baseAddress!, memory.count) }

  private static func load(_ path: UnsafePointer<CChar>, _ key: PublicKey?) throws(NetworkError) -> ModelFile {
    do throws(ModelError) { return unsafe try ModelFile(path: path, key: key) } catch { throw .model(error) }
  }

  private static func start(_ threads: Int) throws(NetworkError) -> ThreadPool {
    do throws(ThreadError) { return try ThreadPool(threads: threads) } catch { throw .threads(error) }
  }

  /// Bytes of the image: height x width x channels of the model's first input.
  public var imageBytes: Int { model.imageBytes }
  /// Bytes of a frame of all inputs; those of the image where there is no other.
  public var frameBytes: Int { model.frameBytes }

  /// Sets an input beside the image for the next frame.
  ///
  /// - Parameters:
  ///   - values: raw values in height x width x channels order, saturated to the format of `model.input(index)`.
  ///   - index: 1..<model.inputCount.
  public mutating func set(_ values: Span<Int32>, ofInput index: Int) throws(NetworkError) {
    do throws(SessionError) { try session.set(values, ofInput: index) } catch { throw .session(error) }
  }

  /// Runs one frame. Inputs beside the image have been set for it.
  ///
  /// - Parameter pixels: 8-bit pixels, height x width x channels.
  public mutating func run(pixels: Span<UInt8>) throws(NetworkError) {
    var failure: SessionError?
    // The bytes of a span can be read as long as the closure runs.
    unsafe pixels.withUnsafeBytes { bytes in
      do throws(SessionError) { unsafe try session.run(pixels: bytes) } catch { failure = error }
    }
    if let failure { throw .session(failure) }
  }

  /// The last frame's class: the first of the greatest logit.
  public var classIndex: Int { session.classIndex }

  /// The last frame's probability of a class: 16 fraction bits, `Softmax.one` is certainty.
  public func probability(_ index: Int) -> UInt32 { session.probability(index) }

  #if !hasFeature(Embedded)
    /// The name of the last frame's class.
    ///
    /// - Requires: exactly one output of scores (`ModelFile.scoresOutput`).
    public var label: String { unsafe String(decoding: model.unsafeLabel(classIndex), as: UTF8.self) }
  #endif
}

/// Why a network can't be had or a frame can't be run.
public enum NetworkError: Error, Equatable, Sendable {
  case model(ModelError)
  case threads(ThreadError)
  case session(SessionError)
  /// The system has no memory of so many bytes.
  case memory(bytes: Int)
}

#if !hasFeature(Embedded)
  extension NetworkError: CustomStringConvertible {
    public var description: String {
      switch self {
      case .model(let error):
        error.fault == .unreadable
          ? "\(error.fault.message) (system error \(error.systemError))"
          : "\(error.fault.message), at byte \(error.byteOffset)"
      case .threads(.wrongCount): "there are 1 to \(ThreadPool.maximumThreads) threads"
      case .threads(let error): "the threads can't be had: \(error)"
      case .session(let error): "\(error.message)"
      case .memory(let bytes): "there is no memory of \(bytes) bytes"
      }
    }
  }
#endif
