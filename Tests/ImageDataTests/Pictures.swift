import Foundation

/// Small pictures, written by Pillow 12; `make_pictures.py` beside this file prints them.
enum Pictures {
  /// 8x6: `(30 * x + 5 * y) % 256`.
  static let greyPNG = data(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAAAAADbboAnAAAAEklEQVR4nGNkkIMAJlYoIIYBADtAAaZAB2P4AAAAAElFTkSuQmCC")
  static let greyPixels: [UInt8] = (0..<6).flatMap { y in (0..<8).map { x in UInt8((30 * x + 5 * y) % 256) } }

  /// The same at quality 90, and as libjpeg-turbo decodes it.
  static let greyJPEG = data(
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU\
    GBIUFRT/wAALCAAGAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABoQAAAHAAAAAAAAAAAAAAAAAAADBgklMUL/2gAIAQEAAD8ALbuTZUZW\
    R//Z
    """)
  static let greyJPEGPixels: [UInt8] = [
    0, 30, 61, 89, 121, 149, 181, 210,
    5, 34, 65, 94, 125, 154, 185, 214,
    10, 39, 71, 99, 131, 159, 190, 220,
    15, 44, 76, 104, 136, 164, 195, 225,
    20, 49, 81, 109, 141, 169, 200, 230,
    24, 54, 85, 114, 145, 173, 205, 234,
  ]

  /// 3x2: red, green, blue; white, black, (100, 150, 200).
  static let colorPNG = data(
    """
    iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAHUlEQVR4nGP4z8DA8J+BgeE/E8P//wyMDCnTTgIAPxIGwi9CglgAAAAASUVORK5C\
    YII=
    """)
  /// The same as palette indices.
  static let palettePNG = data(
    """
    iVBORw0KGgoAAAANSUhEUgAAAAMAAAACBAMAAABvWnspAAAAElBMVEX///9klsgA/wD/AAAAAP8AAAB7SIbjAAAADklEQVR4nGM04mNk5QYAAVYA\
    U7jAgwoAAAAASUVORK5CYII=
    """)
  static let colorPixels: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 100, 150, 200]
  /// BT.601: round(0.299 R + 0.587 G + 0.114 B).
  static let colorLuma: [UInt8] = [76, 150, 29, 255, 0, 141]

  /// 2x1, grey 200: opaque, then transparent.
  static let transparentPNG = data(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAQAAABeK7cBAAAADUlEQVR4nGM88Z+BEQAGKAHKkHWvlgAAAABJRU5ErkJggg==")
  /// 3x1, 16 bits: 0, 32768, 65535.
  static let deepPNG = data(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABEAAAAABuG5crAAAAD0lEQVR4nGNgYGhg+P8fAAUEAn/jgEvgAAAAAElFTkSuQmCC")

  private static func data(_ base64: String) -> Data { Data(base64Encoded: base64)! }
}

/// A folder that is gone when the test is.
final class TemporaryFolder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "ferrite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, making its folders, and returns its path.
  @discardableResult
  func write(_ data: Data, to name: String) throws -> String {
    let place = url.appending(path: name)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: place)
    return place.path
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String { try write(Data(text.utf8), to: name) }
}
