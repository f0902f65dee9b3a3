import EdgeRuntime
import ImageData
import Quantize

/// What a model sees of its calibration pictures, as one picture: each as its input holds it, with what it is and what network and model
/// take it for; above them how the input is distributed.
struct InputSheet {
  static let mostPictures = 16
  /// Panels are whole multiples of a picture, at least this wide where it is smaller.
  private static let panelWidth = 216
  private static let columns = 4
  private static let margin = 8
  private static let textScale = 2
  private static let captionLines = 3

  struct Picture {
    /// As the model's input holds it, turned back into pixels: of one channel or three.
    var image: PixelImage
    /// Up to three lines.
    var captions: [String]
  }

  private let zoom: Int
  private let panelHeight: Int
  private let headerHeight: Int
  private var canvas: Canvas

  /// Requires at least one picture, all of one size.
  static func draw(_ pictures: [Picture], title: String, _ report: InputReport) -> PixelImage {
    let shown = pictures.map { picture in
      Picture(image: picture.image.shrunk(to: 2 * panelWidth), captions: picture.captions)
    }
    var sheet = InputSheet(shown, title: title, report)
    for (index, picture) in shown.enumerated() { sheet.draw(picture, at: index) }
    return sheet.canvas.image
  }

  private init(_ pictures: [Picture], title: String, _ report: InputReport) {
    let extent = pictures[0].image.extent
    zoom = max(1, (Self.panelWidth + extent.width - 1) / extent.width)
    let panelWidth = extent.width * zoom
    panelHeight = extent.height * zoom + Self.captionLines * Self.line + Self.margin
    let width = Self.columns * (panelWidth + Self.margin) + Self.margin
    let letters = (width - 2 * Self.margin) / (BitmapFont.advance * Self.textScale)
    let header = Self.header(title, report).flatMap { text, color in
      text.wrapped(to: letters).map { (text: $0, color: color) }
    }
    let histogram = InputHistogram(report.statistics)
    headerHeight = 2 * Self.margin + header.count * Self.line + InputHistogram.height + Self.margin
    let rows = (pictures.count + Self.columns - 1) / Self.columns
    canvas = Canvas(width: width, height: headerHeight + rows * panelHeight + Self.margin)
    for (index, line) in header.enumerated() {
      canvas.text(
        line.text, x: Self.margin, y: Self.margin + index * Self.line, scale: Self.textScale, color: line.color)
    }
    histogram.draw(
      on: &canvas, x: Self.margin, y: 2 * Self.margin + header.count * Self.line, width: width - 2 * Self.margin)
  }

  /// Height of a line of text.
  private static var line: Int { BitmapFont.lineHeight * textScale }

  private static func header(_ title: String, _ report: InputReport) -> [(text: String, color: Color)] {
    let lines = [title, "input: \(report.formula)", "seen: \(report.moments)"]
    return lines.map { ($0, .black) } + (report.warning.map { [("Warning: \($0)", .vermillion)] } ?? [])
  }

  private mutating func draw(_ picture: Picture, at index: Int) {
    let image = picture.image
    let x = Self.margin + index % Self.columns * (image.extent.width * zoom + Self.margin)
    let y = headerHeight + index / Self.columns * panelHeight
    canvas.draw(image, x: x, y: y, zoom: zoom)
    let letters = image.extent.width * zoom / (BitmapFont.advance * Self.textScale)
    for (row, caption) in picture.captions.prefix(Self.captionLines).enumerated() {
      let top = y + image.extent.height * zoom + Self.margin / 2 + row * Self.line
      canvas.text(String(caption.prefix(letters)), x: x, y: top, scale: Self.textScale)
    }
  }
}

extension InputSheet.Picture {
  /// A picture as the model's input holds it, and what it is taken for.
  ///
  /// - Parameters:
  ///   - label: its class, where it is known.
  ///   - graph: with the settings that the model was exported with.
  init(_ pixels: [UInt8], label: Int?, _ reference: FloatReference, _ classifier: Classifier, _ maps: ChannelMaps) {
    reference.run(pixels: pixels)
    classifier.begin(pixels)
    // Read before the first operation, which may write over it.
    let seen = maps.input.undone(in: classifier.values(classifier.model.file.inputTensor))
    for operation in 0..<classifier.model.file.operationCount { classifier.step(operation) }
    let preparation = reference.graph.preparation
    let channels = preparation.mean.count
    let back = seen.enumerated().map { place, value in
      let channel = place % channels
      let pixel = (value * Double(preparation.standardDeviation[channel]) + Double(preparation.mean[channel])) * 255
      return UInt8(min(max(pixel, 0), 255).rounded())
    }
    let extent = classifier.model.extent
    // Of other counts of channels the first is shown.
    let isShown = channels == 1 || channels == 3
    image = PixelImage(
      extent: ImageExtent(width: extent.width, height: extent.height, channels: isShown ? channels : 1),
      pixels: isShown ? back : stride(from: 0, to: back.count, by: channels).map { back[$0] })
    let labels = classifier.model.labels
    func answer(_ name: String, _ answer: Answer) -> String {
      "\(name) \(labels[answer.index]) \((100 * answer.confidence).decimals(0))%"
    }
    guard !classifier.model.file.listsOutputs else {
      captions = []
      return
    }
    captions =
      (label.map { ["is \(labels[$0])"] } ?? []) + [
        answer("float", reference.answer), answer("fixed", classifier.answer),
      ]
  }
}

extension PixelImage {
  /// At most `width` pixels wide.
  fileprivate func shrunk(to width: Int) -> PixelImage {
    guard extent.width > width else { return self }
    let height = max(1, extent.height * width / extent.width)
    return resized(to: ImageExtent(width: width, height: height, channels: extent.channels), .stretch)
  }
}

extension String {
  /// Lines of at most `count` letters, broken between words where there are any.
  func wrapped(to count: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > count {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
      while line.count > count {
        lines.append(String(line.prefix(count)))
        line = String(line.dropFirst(count))
      }
    }
    return lines + [line]
  }
}
