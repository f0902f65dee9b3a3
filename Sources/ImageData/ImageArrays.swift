import FoundationEssentials

/// A NumPy array of pictures, `X-images.npy`, and the array of their labels beside it, `X-labels.npy`, if they have classes.
struct ImageArrays: Sendable {
  static let imageSuffix = "-images.npy"
  static let labelSuffix = "-labels.npy"

  let path: String
  let labels: [Int]
  private let extent: ImageExtent
  private let resize: Resize?
  /// Of the pictures in the file.
  private let found: ImageExtent
  private let images: NumPyArray

  /// Checks both arrays and reads the labels.
  ///
  /// Images: uint8, N x height x width, or N x height x width x channels. Labels: uint8, int32 or int64, N.
  ///
  /// - Parameters:
  ///   - classes: nil for none; then no labels are read, and all are 0.
  ///   - resize: what makes images of another size ones of `extent`; nil where they must be so already.
  init(path: String, classes: Int?, extent: ImageExtent, resize: Resize? = nil) throws(DataError) {
    images = try NumPyArray(path: path)
    guard images.element == .uint8 else {
      throw DataError(path, .unsupported("images of \(images.element), not uint8"))
    }
    guard images.shape.count == 3 || images.shape.count == 4 else {
      throw DataError(path, .unsupported("a shape \(images.shape): images are N, height, width"))
    }
    found = ImageExtent(
      width: images.shape[2], height: images.shape[1], channels: images.shape.count == 4 ? images.shape[3] : 1)
    let canBeResized = resize != nil && found.channels == extent.channels && found.width > 0 && found.height > 0
    guard found == extent || canBeResized else { throw DataError(path, .wrongSize(found: found, wanted: extent)) }
    guard found.width <= PixelImage.maximumPixels / max(found.height, 1) else {
      throw DataError(path, .imageTooLarge(found))
    }

    self.path = path
    self.extent = extent
    self.resize = resize
    guard let classes else {
      labels = Array(repeating: 0, count: images.shape[0])
      return
    }
    let labelPath = path.dropLast(ImageArrays.imageSuffix.count) + ImageArrays.labelSuffix
    let labelArray = try NumPyArray(path: String(labelPath))
    guard [.uint8, .int32, .int64].contains(labelArray.element) else {
      throw DataError(labelArray.path, .unsupported("labels of \(labelArray.element), not integers"))
    }
    guard labelArray.shape.count == 1 else {
      throw DataError(labelArray.path, .unsupported("a shape \(labelArray.shape): labels are a vector"))
    }
    guard labelArray.shape[0] == images.shape[0] else {
      throw DataError(
        path,
        .countsDiffer(images: images.shape[0], labels: labelArray.shape[0], labelFile: labelArray.path))
    }
    var labels: [Int] = []
    for index in 0..<labelArray.shape[0] {
      let label = labelArray.integer(index)
      guard label >= 0, label < classes else {
        throw DataError(labelArray.path, at: .image(index), .labelOutOfRange(label, classes: classes))
      }
      labels.append(label)
    }
    self.labels = labels
  }

  func sample(_ index: Int) -> Sample {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let image = PixelImage(
      extent: found, pixels: Array(images.bytes(from: index * found.count, count: found.count)))
    let resized = resize.map { found == extent ? image : image.resized(to: extent, $0) }
    return Sample(id: "\(name)[\(index)]", label: labels[index], image: resized ?? image)
  }
}
