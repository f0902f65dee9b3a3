import ArgumentParser
import EdgeRuntime
import ImageData

/// `ferrite detect`: the faces in pictures, a line for each picture.
struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds faces in pictures.",
    discussion: """
      Pictures are JPEG, PNG or PGM of 16 to 4096 pixels in width and height; colour becomes luma. A line has a picture's faces as \
      X,Y,WIDTHxHEIGHT and how many windows agree on each, most first. The same rectangles come out on every machine.
      """)

  @Argument(help: "The cascade, a file that `ferrite export` wrote (.fxc).")
  var cascade: String

  @Argument(help: "Pictures.")
  var images: [String]

  @OptionGroup var detection: DetectionOptions

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func run() throws {
    let cascade = try LoadedCascade(path: cascade)
    var finder: (extent: ImageExtent, finder: FaceFinder)?
    for path in images {
      let image = try PixelImage(path: path)
      let extents = CascadeDetector.frameExtents
      guard extents ~= image.extent.width, extents ~= image.extent.height else {
        throw BadData("\(path): the picture is \(image.extent), 16 to 4096 pixels either way are possible")
      }
      if finder?.extent != image.extent {
        finder = (image.extent, FaceFinder(cascade, image.extent, detection.settings))
      }
      guard let finder = finder?.finder else { preconditionFailure("a finder has just been made") }
      report(path, finder.faces(in: image))
      if finder.isOverfull {
        printWarning("\(path): more than \(detection.settings.capacity) windows; the smallest faces are left out")
      }
    }
  }

  private func report(_ path: String, _ faces: [Detection]) {
    guard json else {
      let texts = faces.map { "\($0.x),\($0.y),\($0.width)x\($0.height) (\($0.neighbours))" }
      print("\(path): \(texts.isEmpty ? "no face" : texts.joined(separator: " "))")
      return
    }
    let list = faces.map { face -> JSON in
      [
        "x": JSON(face.x), "y": JSON(face.y), "width": JSON(face.width), "height": JSON(face.height),
        "neighbours": JSON(face.neighbours),
      ]
    }
    print(JSON.object([.init(key: "image", value: JSON(path)), .init(key: "faces", value: JSON(list))]))
  }
}
