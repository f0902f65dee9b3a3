import CFerrite
import EdgeRuntime

@c @implementation
public func ferrite_model_open_file(
  _ model: UnsafeMutablePointer<ferrite_model>?, _ path: UnsafePointer<CChar>?, _ public_key: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe open(model, public_key, error) { key throws(Failure) in
    guard let path = unsafe path else { throw .argument("the path is NULL") }
    do throws(ModelError) { return unsafe try ModelFile(path: path, key: key) } catch { throw .model(error) }
  }
}

@c @implementation
public func ferrite_model_open_bytes(
  _ model: UnsafeMutablePointer<ferrite_model>?, _ bytes: UnsafeRawPointer?, _ byte_count: Int,
  _ public_key: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe open(model, public_key, error) { key throws(Failure) in
    guard let bytes = unsafe bytes else { throw .argument("the model's bytes are NULL") }
    // A size_t of more than an Int holds has come out negative.
    guard byte_count >= 0 else { throw .argument("there are no models of so many bytes") }
    guard UInt(bitPattern: bytes) % UInt(Layout.alignment) == 0 else { throw .alignment }
    let file = unsafe UnsafeRawBufferPointer(start: bytes, count: byte_count)
    do throws(ModelError) { return unsafe try ModelFile(unsafeBytes: file, key: key) } catch { throw .model(error) }
  }
}

/// Puts the model that `load` makes, with the key that is asked for, into a caller's variable.
private func open(
  _ place: UnsafeMutablePointer<ferrite_model>?, _ keyText: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<ferrite_error>?, _ load: (PublicKey?) throws(Failure) -> ModelFile
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    guard let place = unsafe place else { throw .argument("the model is NULL") }
    unsafe OpenModel.clear(place)
    let key: PublicKey? = if let keyText = unsafe keyText { unsafe try publicKey(keyText) } else { nil }
    unsafe OpenModel.store(try load(key), in: place)
  }
}

/// Reads a key file's text, up to one byte more than such a file has.
private func publicKey(_ text: UnsafePointer<CChar>) throws(Failure) -> PublicKey {
  var count = 0
  while count <= PublicKey.fileBytes, unsafe text[count] != 0 { count += 1 }
  let bytes = unsafe RawSpan(_unsafeStart: text, byteCount: count)
  do throws(KeyError) { return try PublicKey(text: bytes) } catch { throw .key(error) }
}

@c @implementation
public func ferrite_model_close(_ model: UnsafeMutablePointer<ferrite_model>?) {
  guard let place = unsafe model, unsafe OpenModel.at(place) != nil else { return }
  // The stamp has said that one was stored there.
  unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: OpenModel.self).deinitialize(count: 1)
  unsafe OpenModel.clear(place)
}

@c @implementation
public func ferrite_model_describe(
  _ model: UnsafePointer<ferrite_model>?, _ description: UnsafeMutablePointer<ferrite_description>?,
  _ error: UnsafeMutablePointer<ferrite_error>?
) -> Int32 {
  unsafe outcome(error) { () throws(Failure) in
    let open = unsafe try OpenModel.required(model)
    guard let description = unsafe description else { throw .argument("the description is NULL") }
    unsafe describe(open.pointee.file, in: &description.pointee)
  }
}

private func describe(_ file: borrowing ModelFile, in description: inout ferrite_description) {
  let input = file.tensor(file.inputTensor)
  // Every extent is at most 65535, and there are at most 1024 test vectors.
  description = ferrite_description()
  description.signature_sequence = file.signature?.sequence ?? 0
  description.frame_bytes = file.imageBytes
  description.height = Int32(input.height)
  description.width = Int32(input.width)
  description.channels = Int32(input.channels)
  description.class_count = Int32(file.classCount)
  description.logit_fraction = Int32(file.scoresOutput.map { file.tensor(ofOutput: $0).format.fraction } ?? 0)
  description.test_vector_count = Int32(file.testVectorCount)
  description.is_signed = file.signature == nil ? 0 : 1
  description.output_count = Int32(file.outputCount)
  let digest = file.digest
  unsafe withUnsafeMutableBytes(of: &description.digest) { bytes in
    for index in 0..<digest.count { unsafe bytes[index] = digest[index] }
  }
}
