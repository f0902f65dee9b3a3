import EdgeRuntime
import Testing

/// Loads a model, trusting a key's owner alone if there is one. Returns its signature, or the fault.
private func load(_ bytes: [UInt8], _ key: PublicKey?) throws(ModelError) -> FileSignature? {
  let memory = Memory(bytes)
  return unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes), key: key).signature
}

private func fault(_ bytes: [UInt8], _ key: PublicKey?) -> ModelError? {
  do throws(ModelError) {
    _ = try load(bytes, key)
    return nil
  } catch {
    return error
  }
}

@Suite struct SignatureTests {
  private let model = TinyModel().bytes
  private let key = TestKey(1)

  @Test func aSignedModelLoadsWithItsKeyAndWithoutAny() throws {
    for sequence in [0, 1, 7_000_000_000, (1 << 53) - 1] as [UInt64] {
      let signed = key.signed(model, sequence: sequence)
      let found = try #require(try load(signed, key.publicKey))
      #expect(found.sequence == sequence && found.key == key.publicKey.identifier)
      #expect(try load(signed, nil) == found)
    }
    #expect(try load(model, nil) == nil)
    let memory = Memory(key.signed(model))
    let loaded = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(loaded.fileBytes == model.count + 128)
    #expect(unsafe Array(loaded.unsafeFile) == key.signed(model))
  }

  @Test func withAKeyNothingElseLoads() {
    #expect(fault(model, key.publicKey) == ModelError(.notSigned, at: model.count))
    let other = TestKey(2)
    #expect(fault(key.signed(model), other.publicKey) == ModelError(.signedByAnotherKey, at: model.count + 24))
    // Another key's signature under this key's name.
    let name = (0..<8).map { key.publicKey.identifier.bytes[$0] }
    let false_ = other.trailer(of: model, sequence: 0) { $0.replaceSubrange(24..<32, with: name) }
    #expect(fault(model + false_, key.publicKey) == ModelError(.forged, at: model.count + 64))
  }

  @Test func noFlippedBitOfASignatureIsTaken() {
    let signed = key.signed(model, sequence: 5)
    for index in model.count..<signed.count {
      for bit in UInt8(0)..<8 {
        var altered = signed
        altered[index] ^= 1 << bit
        let found = fault(altered, key.publicKey)?.fault
        switch index - model.count {
        case 0..<16: #expect(found == .signature, "byte \(index)")
        // Above 2^53 - 1 it isn't a number at all.
        case 16..<24: #expect(found == .forged || found == .signature, "byte \(index)")
        case 24..<32: #expect(found == .signedByAnotherKey, "byte \(index)")
        case 32..<64: #expect(found == .signatureOfAnotherFile, "byte \(index)")
        default: #expect(found == .forged, "byte \(index)")
        }
      }
    }
  }

  @Test func noFlippedBitOfASignedModelIsTaken() {
    let signed = key.signed(model)
    for index in model.indices {
      var altered = signed
      altered[index] ^= 1 << UInt8(index % 8)
      #expect(fault(altered, key.publicKey) != nil, "byte \(index)")
      // Whoever can make the digest right again can't make the signature so.
      guard !(64..<96).contains(index), !(16..<24).contains(index) else { continue }
      var tiny = TinyModel()
      tiny.bytes = Array(altered[..<model.count])
      tiny.stampDigest()
      #expect(
        fault(tiny.bytes + signed[model.count...], key.publicKey)?.fault == .signatureOfAnotherFile, "byte \(index)")
      var stamped = Array(signed[model.count...])
      stamped.replaceSubrange(32..<64, with: tiny.bytes[64..<96])
      #expect(fault(tiny.bytes + stamped, key.publicKey)?.fault == .forged, "byte \(index)")
    }
  }

  @Test func aSignatureOfAnotherModelIsRefusedWithAndWithoutAKey() {
    let other = TinyModel(weightBits: 4).bytes
    let swapped = model + key.trailer(of: other, sequence: 0)
    for trusted in [nil, key.publicKey] {
      #expect(fault(swapped, trusted) == ModelError(.signatureOfAnotherFile, at: model.count + 32))
    }
  }

  @Test func aSignatureCutOrExtendedAnywhereIsRefused() {
    let signed = key.signed(model)
    for trusted in [nil, key.publicKey] {
      for count in model.count + 1..<signed.count {
        #expect(fault(Array(signed[..<count]), trusted) == ModelError(.fileSize, at: 16), "\(count) bytes")
      }
      #expect(fault(signed + [0], trusted) == ModelError(.fileSize, at: 16))
      // A signature behind a signature.
      #expect(fault(signed + key.trailer(of: model, sequence: 9), trusted) == ModelError(.fileSize, at: 16))
    }
    #expect(fault(Array(signed[..<model.count]), key.publicKey)?.fault == .notSigned)
  }

  /// A file that is a signature from some byte on, and nothing before it.
  @Test func aSignatureAloneIsNoModel() {
    for count in [0, 64, 128, 192, 319, 320, 448] {
      var file = [UInt8](repeating: 0, count: count) + key.trailer(of: model, sequence: 0)
      if count >= 24 {
        file.replaceSubrange(16..<24, with: (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) })
      }
      #expect(fault(file, key.publicKey) != nil)
      #expect(fault(file, nil) != nil)
    }
  }

  @Test(arguments: [(0, 1), (8, 2), (10, 1), (12, 64), (22, 0x20)])
  func aSignedHeadOfAnotherFormIsRefused(offset: Int, value: UInt8) {
    let file = model + key.trailer(of: model, sequence: 0) { $0[offset] = value }
    let at = model.count + (offset == 22 ? 16 : offset == 10 ? 8 : offset)
    #expect(fault(file, key.publicKey) == ModelError(.signature, at: at))
  }

  /// Of a point of small order every message has a signature that a lax verifier takes.
  @Test func aKeyOrSignatureOfSmallOrderIsRefused() {
    let zero = PublicKey(InlineArray(repeating: 0))
    let name = (0..<8).map { zero.identifier.bytes[$0] }
    var trailer = key.trailer(of: model, sequence: 0) { $0.replaceSubrange(24..<32, with: name) }
    for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      trailer.replaceSubrange(64..<128, with: point + [UInt8](repeating: 0, count: 32))
      #expect(fault(model + trailer, zero)?.fault == .forged)
      var own = key.trailer(of: model, sequence: 0)
      own.replaceSubrange(64..<128, with: point + [UInt8](repeating: 0, count: 32))
      #expect(fault(model + own, key.publicKey)?.fault == .forged)
    }
  }

  /// RFC 8032, 5.1.7: S must be below the group's order L; S + L satisfies the equation as well.
  @Test func aSignatureThatWasMadeAnotherByAddingTheOrderIsRefused() {
    let order: [UInt8] = [
      0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0, 0, 0, 0,
      0,
      0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]
    var signed = key.signed(model)
    var carry = 0
    for index in 0..<32 {
      carry += Int(signed[model.count + 96 + index]) + Int(order[index])
      signed[model.count + 96 + index] = UInt8(carry & 255)
      carry >>= 8
    }
    #expect(carry == 0 && fault(signed, key.publicKey)?.fault == .forged)
  }

  @Test func aSignedCascadeIsCheckedAlike() throws {
    var generator = SeededGenerator(seed: 3)
    let cascade = TestCascade.random(windowWidth: 20, windowHeight: 20, stumps: [3, 2], using: &generator).bytes
    func fault(_ bytes: [UInt8], _ key: PublicKey?) -> CascadeError.Fault? {
      let memory = Memory(bytes)
      do throws(CascadeError) {
        _ = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes), key: key)
        return nil
      } catch {
        return error.fault
      }
    }
    let signed = key.signed(cascade, sequence: 3)
    #expect(fault(signed, key.publicKey) == nil && fault(signed, nil) == nil && fault(cascade, nil) == nil)
    #expect(fault(cascade, key.publicKey) == .notSigned)
    #expect(fault(signed, TestKey(2).publicKey) == .signedByAnotherKey)
    #expect(fault(cascade + key.trailer(of: model, sequence: 3), key.publicKey) == .signatureOfAnotherFile)
    for index in signed.indices {
      var altered = signed
      altered[index] ^= 1 << UInt8(index % 8)
      #expect(fault(altered, key.publicKey) != nil, "byte \(index)")
    }
    for count in 0..<signed.count { #expect(fault(Array(signed[..<count]), key.publicKey) != nil, "\(count) bytes") }
    // A model's signature is no cascade's: the header's first bytes are under the digest.
    #expect(fault(key.signed(model), key.publicKey) == .magic)
  }
}
