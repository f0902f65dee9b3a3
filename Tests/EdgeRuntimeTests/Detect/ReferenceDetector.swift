import EdgeRuntime

/// What a detector does, in plain loops over pixels: no integral image, no vectors, nothing kept from one window to the next.
struct ReferenceDetector {
  var cascade: TestCascade
  var minimumSize: Int
  /// As a ratio, exactly.
  var factor: (numerator: Int, denominator: Int)
  var neighbours: Int

  struct Picture {
    var width: Int
    var height: Int
    var pixels: [UInt8]
    subscript(x: Int, y: Int) -> Int { Int(pixels[y * width + x]) }
  }

  func faces(in picture: Picture) -> [Detection] {
    let windows = windows(in: picture)
    let faces = neighbours == 0 ? windows : grouped(windows)
    return
      faces
      .compactMap { clip($0, picture) }
      .sorted {
        ($1.neighbours, $1.width, $0.y, $0.x) < ($0.neighbours, $0.width, $1.y, $1.x)
      }
  }

  private func windows(in picture: Picture) -> [Detection] {
    // Fixed point of 32 fraction bits, as the definition says: each factor is the one before times the ratio, rounded half up.
    let ratio = UInt64((Double(factor.numerator) / Double(factor.denominator) * 4_294_967_296).rounded())
    var current: UInt64 = 1 << 32
    var found: [Detection] = []
    while true {
      let (width, height) = (times(cascade.windowWidth, current), times(cascade.windowHeight, current))
      if width > picture.width || height > picture.height { break }
      if width >= minimumSize && height >= minimumSize {
        let level = reduced(picture, width: over(picture.width, current), height: over(picture.height, current))
        let step = current >= 2 << 32 ? 1 : 2
        for (x, y) in passing(level, step) {
          found.append(
            Detection(
              x: Int32(times(x, current)), y: Int32(times(y, current)), width: Int32(width), height: Int32(height)))
        }
      }
      let (high, low) = current.multipliedFullWidth(by: ratio)
      let (sum, carry) = low.addingReportingOverflow(1 << 31)
      current = (high + (carry ? 1 : 0)) << 32 | sum >> 32
    }
    return found
  }

  private func passing(_ picture: Picture, _ step: Int) -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    for y in stride(from: 0, through: picture.height - cascade.windowHeight, by: step) {
      var x = 0
      while x <= picture.width - cascade.windowWidth {
        let rejecting = cascade.stages.firstIndex { !passes($0, picture, x, y) }
        if rejecting == nil { found.append((x, y)) }
        x += rejecting == 0 ? 2 * step : step
      }
    }
    return found
  }

  private func passes(_ stage: TestCascade.Stage, _ picture: Picture, _ x: Int, _ y: Int) -> Bool {
    let sum = stage.stumps.reduce(Int64(0)) { sum, stump in
      let code = code(stump, picture, x, y)
      let isInside = stump.subset[code / 32] >> UInt32(code % 32) & 1 == 1
      return sum + Int64(isInside ? stump.inside : stump.outside)
    }
    return sum >= Int64(stage.threshold)
  }

  private func code(_ stump: TestCascade.Stump, _ picture: Picture, _ x: Int, _ y: Int) -> Int {
    func sum(_ column: Int, _ row: Int) -> Int {
      var sum = 0
      for down in 0..<stump.height {
        for across in 0..<stump.width {
          sum +=
            picture[
              x + stump.x + column * stump.width + across, y + stump.y + row * stump.height + down]
        }
      }
      return sum
    }
    let around = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    let middle = sum(1, 1)
    return around.reduce(0) { code, place in 2 * code + (sum(place.0, place.1) >= middle ? 1 : 0) }
  }

  /// Bilinear, with weights of 256ths rounded half to even.
  private func reduced(_ picture: Picture, width: Int, height: Int) -> Picture {
    func tap(_ index: Int, _ target: Int, _ source: Int) -> (Int, Int, Int) {
      let twice = (2 * index + 1) * source - target
      if twice < 0 { return (0, 0, 0) }
      let first = twice / (2 * target)
      if first >= source - 1 { return (source - 1, source - 1, 0) }
      let weight = (Double(twice - 2 * target * first) * 256 / Double(2 * target)).rounded(.toNearestOrEven)
      return (first, first + 1, Int(weight))
    }
    var pixels: [UInt8] = []
    for y in 0..<height {
      let (top, bottom, down) = tap(y, height, picture.height)
      for x in 0..<width {
        let (left, right, across) = tap(x, width, picture.width)
        let upper = picture[left, top] * (256 - across) + picture[right, top] * across
        let lower = picture[left, bottom] * (256 - across) + picture[right, bottom] * across
        pixels.append(UInt8((upper * (256 - down) + lower * down + 32768) >> 16))
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  private func grouped(_ windows: [Detection]) -> [Detection] {
    var labels = Array(windows.indices)
    // Labels sink until nothing alike differs.
    var isChanging = true
    while isChanging {
      isChanging = false
      for a in windows.indices {
        for b in windows.indices where labels[b] > labels[a] && alike(windows[a], windows[b]) {
          labels[b] = labels[a]
          isChanging = true
        }
      }
    }
    let groups = Set(labels).sorted().map { label in
      let members = windows.indices.filter { labels[$0] == label }.map { windows[$0] }
      func mean(_ value: (Detection) -> Int32) -> Int32 {
        Int32((Double(members.reduce(0) { $0 + Int(value($1)) }) / Double(members.count)).rounded(.toNearestOrEven))
      }
      return Detection(
        x: mean(\.x), y: mean(\.y), width: mean(\.width), height: mean(\.height), neighbours: Int32(members.count))
    }
    .filter { Int($0.neighbours) > neighbours }
    return groups.filter { inner in
      !groups.contains { outer in
        outer != inner && (outer.neighbours > max(3, inner.neighbours) || inner.neighbours < 3)
          && surrounds(outer, inner)
      }
    }
  }

  private func alike(_ a: Detection, _ b: Detection) -> Bool {
    let tolerance = 0.2 * Double(min(a.width, b.width) + min(a.height, b.height)) * 0.5
    return [a.x - b.x, a.y - b.y, a.x + a.width - b.x - b.width, a.y + a.height - b.y - b.height]
      .allSatisfy { Double(abs($0)) <= tolerance }
  }

  private func surrounds(_ outer: Detection, _ inner: Detection) -> Bool {
    let across = Int32((Double(outer.width) * 0.2).rounded()), down = Int32((Double(outer.height) * 0.2).rounded())
    return inner.x >= outer.x - across && inner.y >= outer.y - down
      && inner.x + inner.width <= outer.x + outer.width + across
      && inner.y + inner.height <= outer.y + outer.height + down
  }

  private func clip(_ face: Detection, _ picture: Picture) -> Detection? {
    let right = min(face.x + face.width, Int32(picture.width)),
      bottom = min(face.y + face.height, Int32(picture.height))
    guard right > face.x, bottom > face.y else { return nil }
    return Detection(
      x: face.x, y: face.y, width: right - face.x, height: bottom - face.y, neighbours: face.neighbours)
  }

  private func times(_ value: Int, _ factor: UInt64) -> Int {
    Int((Double(value) * Double(factor) / 4_294_967_296).rounded(.toNearestOrEven))
  }

  private func over(_ value: Int, _ factor: UInt64) -> Int {
    Int((Double(value) * 4_294_967_296 / Double(factor)).rounded(.toNearestOrEven))
  }
}
