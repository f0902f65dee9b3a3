import FoundationEssentials

/// Labelled pictures for calibration and comparison, read one at a time: a set may be larger than the memory.
public struct DataSet: Sendable {
  private enum Source: Sendable {
    case folders(ClassFolders)
    case table(ExpressionTable)
    case arrays(ImageArrays)
  }

  /// The `Usage` values of a `.csv`.
  public static let usages = ExpressionTable.usages

  private let source: Source
  /// What every picture has: another size is an error, unless somebody said what to do with it.
  public let extent: ImageExtent
  private let resize: Resize?
  /// The numbers beside the pictures, as many rows as these; nil for a network that takes pictures alone.
  public var inputs: InputArrays?

  /// Opens a data set and checks its shape and labels; pictures are decoded when asked for.
  ///
  /// - Parameters:
  ///   - path: a folder of class folders (JPEG, PNG, PGM); a `.csv` with FER-2013's columns; or `X-images.npy` with
  ///     `X-labels.npy` beside it.
  ///   - labels: the model's classes, in the order of its logits. Folder names are matched with them; the numbers of the other
  ///     kinds index them. Without any, pictures have no classes: a folder's lie in it or in folders of any names, an array has no labels
  ///     beside it, and a table's are passed over.
  ///   - extent: the network's input.
  ///   - usage: only the rows of this `Usage` of a `.csv`; the other kinds have none.
  ///   - resize: what makes pictures and arrays of another size ones of `extent`; nil where all must be so already. The rows of a `.csv`
  ///     tell no size, and must.
  public init(
    path: String, labels: [String], extent: ImageExtent, usage: String? = nil, resize: Resize? = nil
  ) throws(DataError) {
    self.extent = extent
    self.resize = resize
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DataError(path, .unreadable(reason: "no such file or folder"))
    }
    let isTable = !isFolder && path.lowercased().hasSuffix(".csv")
    guard usage == nil || isTable else { throw DataError(path, .unsupported("a usage, which only a .csv has")) }
    if isFolder {
      source = .folders(try ClassFolders(path: path, labels: labels))
    } else if isTable {
      source = .table(try ExpressionTable(path: path, classes: labels.isEmpty ? nil : labels.count, usage: usage))
    } else if path.hasSuffix(ImageArrays.imageSuffix) {
      source = .arrays(
        try ImageArrays(path: path, classes: labels.isEmpty ? nil : labels.count, extent: extent, resize: resize))
    } else {
      throw DataError(path, .unknownDataKind)
    }
    guard count > 0 else { throw DataError(path, .empty) }
  }

  public var count: Int {
    switch source {
    case .folders(let folders): folders.files.count
    case .table(let table): table.rows.count
    case .arrays(let arrays): arrays.labels.count
    }
  }

  /// The class of the picture at `index`, without reading it; 0 where there are none.
  public func label(_ index: Int) -> Int {
    switch source {
    case .folders(let folders): folders.files[index].label
    case .table(let table): table.rows[index].label
    case .arrays(let arrays): arrays.labels[index]
    }
  }

  /// The picture at `index`, read and decoded now.
  public func sample(_ index: Int) throws(DataError) -> Sample {
    var sample =
      switch source {
      case .folders(let folders): try folders.sample(index, extent: extent, resize: resize)
      case .table(let table): try table.sample(index, extent: extent)
      case .arrays(let arrays): arrays.sample(index)
      }
    if let inputs { sample.numbers = try inputs.row(index) }
    return sample
  }

  /// At most `limit` indices, evenly spread over the set: a set sorted by class still gives every class its share.
  public func indices(limit: Int? = nil) -> [Int] {
    let taken = min(limit ?? count, count)
    return (0..<taken).map { $0 * count / taken }
  }
}

/// A labelled picture of a data set.
public struct Sample: Equatable, Sendable {
  /// Where it comes from: `happy/17.png`, `fer2013.csv:18` (its line), `test-images.npy[17]`.
  public var id: String
  /// Index of its class; 0 where there are none.
  public var label: Int
  public var image: PixelImage
  /// Of the inputs beside the image, as `InputArrays.row` has them.
  public var numbers: [UInt8] = []

  /// What a network takes: the pixels, and the numbers behind them.
  public var frame: [UInt8] { numbers.isEmpty ? image.pixels : image.pixels + numbers }

  init(id: String, label: Int, image: PixelImage) {
    self.id = id
    self.label = label
    self.image = image
  }
}
