import CLinux

/// A cascade of boosted decision stumps over local binary patterns (Liao, Zhu, Lei, Zhang and Li 2007; the cascade is Viola and
/// Jones's), checked whole when it is made and immutable from then on. Used in place; nothing read through it can leave the file.
@safe
public struct CascadeFile: ~Copyable, @unchecked Sendable {
  let bytes: ByteView
  /// The signature behind the cascade, verified if a key was given.
  public let signature: FileSignature?
  private let isMapped: Bool

  /// Maps and checks the file at `path`.
  ///
  /// - Parameter key: of whoever alone is trusted. Then the file is read into memory of its own first, as a `ModelFile` is.
  /// - Throws: `CascadeError` with the byte offset of the first fault; `.unreadable` with the system's error number.
  @export(interface)
  public init(path: UnsafePointer<CChar>, key: PublicKey? = nil) throws(CascadeError) {
    var base: UnsafeRawPointer?
    var length = 0
    let limit = CascadeLayout.maximumFileBytes + SignatureLayout.bytes
    let error = unsafe linux_map_file(path, limit, key != nil, &base, &length)
    guard error == 0, let base = unsafe base else { throw CascadeError(.unreadable, at: 0, systemError: error) }
    do throws(CascadeError) {
      let signed = unsafe try Self.validated(ByteView(base: base, count: length), key)
      bytes = signed.content
      signature = signed.signature
      isMapped = true
    } catch {
      unsafe linux_unmap(base, length)
      throw error
    }
  }

  /// Checks a cascade in memory that outlives this value and isn't changed meanwhile.
  @export(interface)
  public init(unsafeBytes: UnsafeRawBufferPointer, key: PublicKey? = nil) throws(CascadeError) {
    guard let base = unsafeBytes.baseAddress else { throw CascadeError(.tooShort, at: 0) }
    let signed = unsafe try Self.validated(ByteView(base: base, count: unsafeBytes.count), key)
    bytes = signed.content
    signature = signed.signature
    isMapped = false
  }

  deinit {
    if isMapped { unsafe linux_unmap(bytes.base, fileBytes) }
  }

  /// With the signature.
  public var fileBytes: Int { bytes.count + (signature == nil ? 0 : SignatureLayout.bytes) }
  /// The whole file; valid as long as this cascade.
  public var unsafeFile: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: bytes.base, count: fileBytes) }
  /// The picture that a window is reduced to, in pixels.
  public var windowWidth: Int { Int(bytes.u16(32)) }
  public var windowHeight: Int { Int(bytes.u16(34)) }
  public var stageCount: Int { Int(bytes.u16(36)) }
  public var stumpCount: Int { Int(bytes.u16(38)) }
  /// Of thresholds and of the stumps' values.
  public var fractionBits: Int { Int(bytes.u8(40)) }

  /// The file's BLAKE2b-256, as its header states it and as validation has verified it.
  public var digest: InlineArray<32, UInt8> {
    InlineArray { bytes.u8(Layout.digestOffset + $0) }
  }

  /// UTF-8 JSON; valid as long as this cascade.
  public var unsafeProvenance: UnsafeRawBufferPointer {
    let start = CascadeLayout.provenanceOffset(stages: stageCount, stumps: stumpCount)
    return unsafe UnsafeRawBufferPointer(start: bytes.base + start, count: bytes.size(44))
  }

  public func stage(_ index: Int) -> CascadeStage {
    precondition(index >= 0 && index < stageCount, "a stage is out of range")
    let at = CascadeLayout.headerBytes + index * CascadeLayout.stageBytes
    return CascadeStage(
      threshold: bytes.i32(at), firstStump: Int(bytes.u16(at + 4)), stumpCount: Int(bytes.u16(at + 6)))
  }

  public func stump(_ index: Int) -> CascadeStump {
    precondition(index >= 0 && index < stumpCount, "a stump is out of range")
    let at = CascadeLayout.stumpsOffset(stages: stageCount) + index * CascadeLayout.stumpBytes
    return CascadeStump(
      x: Int(bytes.u8(at)), y: Int(bytes.u8(at + 1)), width: Int(bytes.u8(at + 2)), height: Int(bytes.u8(at + 3)),
      inside: bytes.i32(at + 4), outside: bytes.i32(at + 8),
      subset: InlineArray { bytes.u32(at + CascadeLayout.subsetOffset + 4 * $0) })
  }
}

/// A step of a cascade: a window is rejected where the values of its stumps sum to less than the threshold.
public struct CascadeStage: Equatable, Sendable {
  /// Raw, of the cascade's fraction bits.
  public var threshold: Int32
  public var firstStump: Int
  public var stumpCount: Int

  public init(threshold: Int32, firstStump: Int, stumpCount: Int) {
    self.threshold = threshold
    self.firstStump = firstStump
    self.stumpCount = stumpCount
  }
}

/// A weak classifier: a feature, and the value of a window whose code is in a subset of the 256, and of one whose isn't.
///
/// The feature is 3 x 3 blocks of `width` x `height` pixels, the first with its corner at `x`, `y` of the window. Its code has a bit for
/// each block around the middle one that sums to no less than it: clockwise from the top left, bit 7 first.
public struct CascadeStump: Sendable {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int
  /// Raw, of the cascade's fraction bits.
  public var inside: Int32
  public var outside: Int32
  /// Bit `code % 32` of word `code / 32`.
  public var subset: InlineArray<8, UInt32>

  public init(
    x: Int, y: Int, width: Int, height: Int, inside: Int32, outside: Int32, subset: InlineArray<8, UInt32>
  ) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
    (self.inside, self.outside, self.subset) = (inside, outside, subset)
  }

  public func value(_ code: UInt8) -> Int32 {
    subset[Int(code >> 5)] & (1 << UInt32(code & 31)) != 0 ? inside : outside
  }
}
