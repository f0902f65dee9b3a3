/// Why a cascade can't be taken, and at which line of its file.
public struct CascadeImportError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Fault: Equatable, Sendable {
    case unreadable(reason: String)
    case notXML(reason: String)
    case documentType
    case tooLarge
    case tooDeep
    case notCascade
    case unsupported(String)
    case missing(String, in: String)
    case malformed(String, expected: String)
    case count(String, Int, limit: ClosedRange<Int>)
    case featureIndex(Int, count: Int)
    case feature(String)
    case outOfRange(String)
    /// The loader refused what the writer had made.
    case refusedByLoader(String, byteOffset: Int)
  }

  public var file: String
  /// The first is 1; 0 where the fault has no line.
  public var line: Int
  public var fault: Fault

  public init(_ file: String, line: Int = 0, _ fault: Fault) {
    (self.file, self.line, self.fault) = (file, line, fault)
  }

  public var description: String { line > 0 ? "\(file), line \(line): \(fault)" : "\(file): \(fault)" }
}

extension CascadeImportError.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .notXML(let reason): "is no XML: \(reason)"
    case .documentType: "a document type is not taken"
    case .tooLarge: "is larger than 16 MiB, or has more than 100000 elements"
    case .tooDeep: "elements are nested more than 16 deep"
    case .notCascade: "holds no cascade of OpenCV's traincascade: <opencv_storage> with one <cascade> is expected"
    case .unsupported(let what): "unsupported: \(what)"
    case .missing(let name, let parent): "<\(parent)> has no <\(name)>"
    case .malformed(let name, let expected): "<\(name)>: expected \(expected)"
    case .count(let what, let count, let limit):
      "\(count) \(what); \(limit.lowerBound) to \(limit.upperBound) are possible"
    case .featureIndex(let index, let count): "feature \(index) of \(count)"
    case .feature(let reason): "the feature \(reason)"
    case .outOfRange(let what): "\(what) is not finite or too large"
    case .refusedByLoader(let message, let byteOffset):
      "the written cascade does not load: \(message) (byte \(byteOffset))"
    }
  }
}
