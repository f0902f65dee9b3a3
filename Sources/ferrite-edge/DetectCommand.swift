import CLinux
import EdgeProgram
import EdgeRuntime

/// `detect C.fxc IMAGE.pgm... [--min-face N] [--scale-factor F] [--neighbours N] [--frames N] [--threads N [--cpus LIST]] [--public-key K] [--json]`: the
/// faces in images of 16 to 4096 pixels either way, a line for each image; with `--frames` also how long it takes to look for them, so many times anew.
enum DetectCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .frames | .detecting | .threads | .processors | .publicKey)
    guard let path = options.file() else { throw .usage("no cascade given", nil) }
    guard var file = options.file() else { throw .usage("no image given", nil) }
    var search = try FaceSearch(path, options)
    var output = TextWriter.standardOutput
    while true {
      try search.run(file, &output)
      guard let next = options.file() else { return }
      file = next
    }
  }
}

/// A cascade and memory for images of any size: the kernel gives a page its memory when it is first touched.
@safe
private struct FaceSearch: ~Copyable {
  private let cascade: CascadeFile
  private let settings: DetectorSettings
  private let pool: ThreadPool
  private let memory: UnsafeMutableRawBufferPointer
  private let pixels: UnsafeMutableRawBufferPointer
  private let frames: Int?
  private let json: Bool

  init(_ path: Word, _ options: borrowing Options) throws(EdgeError) {
    let greatest = CascadeDetector.frameExtents.upperBound
    let cascade = try Trust(options).cascade(path)
    let settings = options.detection.settings
    let pool = try options.threads.start()
    let memory = unsafe try pages(
      CascadeDetector.memoryBytes(
        cascade, width: greatest, height: greatest, settings, threads: pool.threads))
    let pixels = unsafe try pages(greatest * greatest)
    self.settings = settings
    unsafe self.memory = memory
    unsafe self.pixels = pixels
    frames = options.hasFrames ? options.frames : nil
    json = options.json
    self.cascade = cascade
    self.pool = pool
  }

  mutating func run(_ file: Word, _ output: inout TextWriter) throws(EdgeError) {
    let descriptor = unsafe linux_open(file.start)
    guard descriptor >= 0 else { throw .unreadable(file, systemError: -descriptor) }
    defer { linux_close(descriptor) }
    var reader = FrameReader(descriptor: descriptor, .pgm, FrameSize(height: 0, width: 0, channels: 1))
    var count = 0
    while let size = try picture(&reader, file) {
      try search(file, size, &output)
      count += 1
    }
    guard count > 0 else { throw .frame(file, FrameError(.truncated, at: 0)) }
  }

  private func picture(_ reader: inout FrameReader, _ file: Word) throws(EdgeError) -> CameraSize? {
    do throws(FrameError) { return unsafe try reader.nextPicture(into: pixels) } catch { throw .frame(file, error) }
  }

  private func search(_ file: Word, _ size: CameraSize, _ output: inout TextWriter) throws(EdgeError) {
    var detector = unsafe CascadeDetector(
      cascade, width: size.width, height: size.height, settings, unsafeMemory: memory, unsafePool: pool)
    guard let source = unsafe UnsafeRawPointer(pixels.baseAddress) else { return }
    var latencies = LatencyHistogram()
    // Once unmeasured, so that no frame pays for a page.
    for frame in 0...(frames ?? 0) {
      let start = linux_nanoseconds()
      unsafe detector.run(unsafeSource: source, pixelStep: 1, rowStep: size.width)
      if frame > 0 { latencies.add(nanoseconds: linux_nanoseconds() &- start) }
    }
    output.faces(detector, of: file, latencies, json: json)
    try output.finish()
  }
}

extension TextWriter {
  fileprivate mutating func faces(
    _ detector: borrowing CascadeDetector, of file: Word, _ latencies: LatencyHistogram, json: Bool
  ) {
    if json {
      text("{")
      key("image", first: true)
      string(file)
      key("faces")
      text("[")
    } else {
      text(file)
      text(detector.count == 0 ? ": no face" : ":")
    }
    for index in 0..<detector.count {
      if json {
        if index > 0 { text(",") }
        face(detector[index])
      } else {
        rectangle(detector[index])
      }
    }
    if json { text("]") }
    if latencies.total > 0 { self.latencies(latencies, json: json) }
    text(json ? "}\n" : "\n")
  }

  /// ` X,Y,WIDTHxHEIGHT (NEIGHBOURS)`.
  private mutating func rectangle(_ face: Detection) {
    text(" ")
    integer(face.x)
    text(",")
    integer(face.y)
    text(",")
    extents(Int(face.width), Int(face.height))
    text(" (")
    integer(face.neighbours)
    text(")")
  }

  private mutating func latencies(_ latencies: LatencyHistogram, json: Bool) {
    let percentiles: InlineArray<3, Percentile> = [.half, .ninetyNine, .greatest]
    if json {
      text(",\"latency_us\":")
      self.percentiles(percentiles, fractionDigits: 1) { latencies.percentile($0) }
      return
    }
    text(", microseconds")
    for index in percentiles.indices {
      text(index == 0 ? " " : ", ")
      text(percentiles[index].key)
      text(" ")
      microseconds(latencies.percentile(percentiles[index]), fractionDigits: 1)
    }
  }
}
