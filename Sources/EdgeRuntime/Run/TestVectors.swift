/// A model's test vectors, by which a machine shows that it computes what the exporter did.
extension Session {
  /// Runs the test vectors of the session's model. The results are the last vector's afterwards.
  ///
  /// - Parameter model: the one that the session is of, with at least one test vector.
  /// - Returns: whether the outputs of all of them have the digest that the file states.
  public mutating func passesTestVectors(of model: borrowing ModelFile) throws(SessionError) -> Bool {
    var failure: SessionError?
    let digest = Digest.of { digest in
      for vector in 0..<model.testVectorCount {
        do throws(SessionError) {
          unsafe try run(frame: model.unsafeTestFrame(vector))
        } catch {
          failure = error
          return
        }
        addOutputs(to: digest)
      }
    }
    if let failure { throw failure }
    let stated = model.testDigest
    for index in 0..<digest.count where digest[index] != stated[index] { return false }
    return true
  }
}
