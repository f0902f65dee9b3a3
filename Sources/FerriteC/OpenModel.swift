import CFerrite
import EdgeRuntime

/// What a caller's `ferrite_model` holds while it is open.
@safe
struct OpenModel: ~Copyable {
  /// First, so that it can be read before anything else is believed.
  private let stamp: UInt64
  let file: ModelFile

  /// Not the bytes of anything that a program is likely to have there.
  private static let open: UInt64 = 0x9E11_F3D7_6C0A_5B4D

  init(_ file: consuming ModelFile) {
    stamp = Self.open
    self.file = file
  }

  /// Makes sure that a caller's variable shows that it isn't open.
  static func clear(_ place: UnsafeMutablePointer<ferrite_model>) {
    unsafe UnsafeMutableRawPointer(place).storeBytes(of: 0, as: UInt64.self)
  }

  /// Keeps an open model in a caller's variable.
  static func store(_ file: consuming ModelFile, in place: UnsafeMutablePointer<ferrite_model>) {
    precondition(
      MemoryLayout<OpenModel>.size <= MemoryLayout<ferrite_model>.size
        && MemoryLayout<OpenModel>.alignment <= MemoryLayout<ferrite_model>.alignment, "a model fits its variable")
    unsafe UnsafeMutableRawPointer(place).bindMemory(to: OpenModel.self, capacity: 1).initialize(to: OpenModel(file))
  }

  /// The model of a caller's variable; nil for NULL, and where the stamp says that none is open.
  static func at(_ place: UnsafePointer<ferrite_model>?) -> UnsafePointer<OpenModel>? {
    guard let place = unsafe place else { return nil }
    guard unsafe UnsafeRawPointer(place).load(as: UInt64.self) == open else { return nil }
    return unsafe UnsafeRawPointer(place).assumingMemoryBound(to: OpenModel.self)
  }

  static func required(_ place: UnsafePointer<ferrite_model>?) throws(Failure) -> UnsafePointer<OpenModel> {
    guard let place = unsafe place else { throw .argument("the model is NULL") }
    guard let model = unsafe at(place) else { throw .closed("the model is not open") }
    return unsafe model
  }
}
