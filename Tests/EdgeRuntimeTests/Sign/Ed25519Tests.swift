import CSodium
import EdgeRuntime
import Testing

/// The vectors of RFC 8032, section 7.1.
struct Ed25519Vector: CustomTestStringConvertible {
  var testDescription: String
  var seed: String
  var key: String
  var message: String
  var signature: String

  static let all = [
    Ed25519Vector(
      testDescription: "TEST 1", seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
      signature: """
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
        5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
        """),
    Ed25519Vector(
      testDescription: "TEST 2", seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
      signature: """
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
        """),
    Ed25519Vector(
      testDescription: "TEST 3", seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
      signature: """
        6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
        18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
        """),
    Ed25519Vector(
      testDescription: "TEST SHA(abc)", seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      message: """
        ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
        """,
      signature: """
        dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
        09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
        """),
  ]
}

@Suite struct Ed25519Tests {
  private func bytes(_ digits: String) -> [UInt8] {
    let characters = Array(digits)
    return stride(from: 0, to: characters.count, by: 2).map { UInt8(String(characters[$0..<$0 + 2]), radix: 16)! }
  }

  private func isSignature(_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool {
    unsafe ed25519_is_signature(signature, message, message.count, key) != 0
  }

  @Test(arguments: Ed25519Vector.all)
  func theVectorsOfTheStandardHold(_ vector: Ed25519Vector) {
    let key = TestKey(seed: bytes(vector.seed))
    let (message, signature) = (bytes(vector.message), bytes(vector.signature))
    #expect(key.publicBytes == bytes(vector.key))
    #expect(key.signature(of: message) == signature)
    #expect(isSignature(signature, message, key.publicBytes))
    #expect(!isSignature(signature, message + [0], key.publicBytes))
    for index in signature.indices {
      for bit in UInt8(0)..<8 {
        var altered = signature
        altered[index] ^= 1 << bit
        #expect(!isSignature(altered, message, key.publicBytes), "byte \(index)")
      }
    }
  }
}

@Suite struct PublicKeyTests {
  private let digits = String(repeating: "0123456789abcdef", count: 4)

  private func error(_ text: String) -> KeyError? {
    let bytes = Array(text.utf8)
    do throws(KeyError) {
      _ = unsafe try PublicKey(text: bytes.span.bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func aKeysTextIsOneLine() throws {
    let text = Array("ferrite-public-key \(digits)\n".utf8)
    let key = unsafe try PublicKey(text: text.span.bytes)
    #expect((0..<8).map { key.bytes[$0] } == [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF])
    #expect(text.count == PublicKey.fileBytes)
    for count in 0..<text.count {
      #expect(error(String(decoding: text[..<count], as: UTF8.self)) != nil, "\(count) bytes")
    }
  }

  @Test func whatIsNoPublicKeyIsNamed() {
    #expect(error("") == .label)
    #expect(error("untrusted comment: minisign public key\n") == .label)
    #expect(error("ferrite-secret-key \(digits) \(digits)\n") == .secret)
    #expect(error("ferrite-public-key \(digits)\r\n") == .length)
    #expect(error("ferrite-public-key \(digits)\n\n") == .length)
    #expect(error("ferrite-public-key\t\(digits)\n") == .length)
    #expect(error("ferrite-public-key \(digits.uppercased())\n") == .digit)
    #expect(error("ferrite-public-key \(digits.dropLast())g\n") == .digit)
  }
}
