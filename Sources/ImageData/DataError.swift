import FoundationEssentials

/// Why a picture or a data set can't be read, and where.
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible {
  public var file: String
  public var place: Place
  public var fault: Fault

  public init(_ file: String, at place: Place = .wholeFile, _ fault: Fault) {
    self.file = file
    self.place = place
    self.fault = fault
  }

  /// Where in the file.
  public enum Place: Equatable, Sendable {
    case wholeFile
    /// From the file's start.
    case byte(Int)
    /// The first is 1.
    case line(Int)
    /// The first is 0.
    case image(Int)
  }

  public enum Fault: Equatable, Sendable {
    case unreadable(reason: String)
    case unknownDataKind
    case unknownImageKind
    case damagedImage(reason: String)
    case imageTooLarge(ImageExtent)
    case wrongSize(found: ImageExtent, wanted: ImageExtent)
    case malformed(expected: String)
    case unknownClasses([String], known: [String])
    case labelOutOfRange(Int, classes: Int)
    case countsDiffer(images: Int, labels: Int, labelFile: String)
    case unsupported(String)
    case empty
    /// Of numbers for an input: the array's shape, and what it should be.
    case wrongRows(found: [Int], wanted: [Int])
    case notFinite
  }

  /// `file, place: fault`.
  public var description: String {
    switch place {
    case .wholeFile: "\(file): \(fault)"
    case .byte(let offset): "\(file), byte \(offset): \(fault)"
    case .line(let line): "\(file), line \(line): \(fault)"
    case .image(let index): "\(file), image \(index): \(fault)"
    }
  }
}

extension DataError.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .unknownDataKind: "is no data set: a folder of class folders, a .csv, or an X-images.npy is wanted"
    case .unknownImageKind: "is no JPEG, PNG or PGM picture"
    case .damagedImage(let reason): "the picture is damaged: \(reason)"
    case .imageTooLarge(let extent): "the picture is too large: \(extent)"
    case .wrongSize(let found, let wanted):
      "the picture is \(found), the network wants \(wanted)"
        + (found.channels == wanted.channels ? " (--resize crop or stretch makes it so)" : "")
    case .malformed(let expected): "malformed: expected \(expected)"
    case .unknownClasses(let names, let known):
      "unknown class \(names.joined(separator: ", ")); the model's classes are \(known.joined(separator: ", "))"
        + (known == known.indices.map { "\($0)" } ? " (--labels names a network's outputs, in their order)" : "")
    case .labelOutOfRange(let label, let classes): "label \(label) is outside the model's \(classes) classes"
    case .countsDiffer(let images, let labels, let labelFile): "holds \(images) images, \(labelFile) \(labels) labels"
    case .unsupported(let what): "unsupported: \(what)"
    case .empty: "holds no images"
    case .wrongRows(let found, let wanted):
      "has the shape \(found), where \(wanted) is wanted"
        + (found.first == wanted.first ? "" : ": a row for each picture, in the pictures' order")
    case .notFinite: "has a number that is not finite"
    }
  }
}

/// A whole file, mapped where the system can.
///
/// - Throws: `DataError` with the path and why it cannot be read.
public func contents(of path: String) throws(DataError) -> Data {
  var isFolder = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
    throw DataError(path, .unreadable(reason: "it is a folder"))
  }
  do {
    return try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory), options: .mappedIfSafe)
  } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
    throw DataError(path, .unreadable(reason: "no such file"))
  } catch let error as CocoaError where error.code == .fileReadNoPermission {
    throw DataError(path, .unreadable(reason: "no permission"))
  } catch {
    throw DataError(path, .unreadable(reason: "input failed"))
  }
}
