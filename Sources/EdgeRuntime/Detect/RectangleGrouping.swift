/// A rectangle of a frame, and how many windows agree on it.
public struct Detection: Equatable, Sendable, BitwiseCopyable {
  public var x: Int32
  public var y: Int32
  public var width: Int32
  public var height: Int32
  public var neighbours: Int32

  public init(x: Int32, y: Int32, width: Int32, height: Int32, neighbours: Int32 = 1) {
    (self.x, self.y, self.width, self.height, self.neighbours) = (x, y, width, height, neighbours)
  }
}

/// Makes faces of windows that agree: OpenCV's `groupRectangles` with its tolerance of 0.2 (cascadedetect.cpp), in integers.
///
/// Windows are alike where each of their four sides differs by at most a tenth of the sum of the lesser width and the lesser height; what is
/// alike through others is in one group. A group of more windows than `neighbours` becomes their mean, unless it lies within another one
/// (a fifth of whose size is allowed on each side) that has more windows and more than three, or has itself fewer than three.
@safe
public struct RectangleGrouping {
  private let capacity: Int
  private let parents: UnsafeMutablePointer<Int32>
  private let groups: UnsafeMutablePointer<Detection>

  public static func memoryBytes(capacity: Int) -> Int {
    Layout.aligned(capacity * 4) + Layout.aligned(capacity * MemoryLayout<Detection>.stride)
  }

  /// - Parameter memory: `memoryBytes(capacity:)` bytes at a multiple of 64 that outlive this value.
  public init(capacity: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    self.capacity = capacity
    unsafe parents = memory.bindMemory(to: Int32.self, capacity: capacity)
    unsafe groups = (memory + Layout.aligned(capacity * 4)).bindMemory(to: Detection.self, capacity: capacity)
  }

  /// Puts the groups in the place of the windows.
  ///
  /// - Parameters:
  ///   - rectangles: `count` of them, at most the capacity; coordinates 0...4096.
  ///   - neighbours: 0 leaves them as they are.
  /// - Returns: how many groups there are.
  public func group(unsafe rectangles: UnsafeMutablePointer<Detection>, count: Int, neighbours: Int) -> Int {
    precondition(count <= capacity, "more rectangles than there is room for")
    guard neighbours > 0 else { return count }
    unsafe join(rectangles, count)
    let groupCount = unsafe sum(rectangles, count)
    for index in 0..<groupCount { unsafe groups[index] = mean(groups[index]) }
    var kept = 0
    for index in 0..<groupCount where isKept(index, of: groupCount, neighbours) {
      unsafe rectangles[kept] = groups[index]
      kept += 1
    }
    return kept
  }

  /// Joins what is alike into trees, by the paths of their roots.
  private func join(_ rectangles: UnsafeMutablePointer<Detection>, _ count: Int) {
    for index in 0..<count { unsafe parents[index] = Int32(index) }
    for index in 0..<count {
      for other in 0..<index where unsafe Self.areAlike(rectangles[index], rectangles[other]) {
        let (root, otherRoot) = (self.root(of: index), self.root(of: other))
        // The earlier one, so that a group stands where its first window did.
        unsafe parents[max(root, otherRoot)] = Int32(min(root, otherRoot))
      }
    }
  }

  private func root(of index: Int) -> Int {
    var root = index
    while unsafe Int(parents[root]) != root {
      // Half the path is left behind for whoever comes next.
      unsafe parents[root] = parents[Int(parents[root])]
      root = unsafe Int(parents[root])
    }
    return root
  }

  static func areAlike(_ a: Detection, _ b: Detection) -> Bool {
    let tolerance = min(a.width, b.width) + min(a.height, b.height)
    return 10 * abs(a.x - b.x) <= tolerance && 10 * abs(a.y - b.y) <= tolerance
      && 10 * abs(a.x + a.width - b.x - b.width) <= tolerance
      && 10 * abs(a.y + a.height - b.y - b.height) <= tolerance
  }

  /// The sums of each group's coordinates, in the order of their first windows: 65535 windows of 4096 stay below 2^28.
  private func sum(_ rectangles: UnsafeMutablePointer<Detection>, _ count: Int) -> Int {
    for index in 0..<count { unsafe parents[index] = Int32(root(of: index)) }
    var groupCount = 0
    for index in 0..<count {
      let root = unsafe Int(parents[index])
      if root == index {
        unsafe groups[groupCount] = Detection(x: 0, y: 0, width: 0, height: 0, neighbours: 0)
        // A root comes before the others of its group, which find the group's number in the place of its parent.
        unsafe parents[index] = Int32(groupCount)
        groupCount += 1
      }
      unsafe groups[Int(parents[root])].add(rectangles[index])
    }
    return groupCount
  }

  private func mean(_ sum: Detection) -> Detection {
    func mean(_ value: Int32) -> Int32 { Int32(roundedHalfToEven(UInt64(value), over: UInt64(sum.neighbours))) }
    return Detection(
      x: mean(sum.x), y: mean(sum.y), width: mean(sum.width), height: mean(sum.height), neighbours: sum.neighbours)
  }

  private func isKept(_ index: Int, of count: Int, _ neighbours: Int) -> Bool {
    let group = unsafe groups[index]
    guard group.neighbours > neighbours else { return false }
    for other in 0..<count where other != index {
      let outer = unsafe groups[other]
      if outer.neighbours > neighbours && (outer.neighbours > max(3, group.neighbours) || group.neighbours < 3)
        && outer.surrounds(group)
      {
        return false
      }
    }
    return true
  }
}

extension Detection {
  fileprivate mutating func add(_ other: Detection) {
    x += other.x
    y += other.y
    width += other.width
    height += other.height
    neighbours += 1
  }

  /// Whether another one lies within this one and a fifth of its size, to the nearest, on each side.
  fileprivate func surrounds(_ inner: Detection) -> Bool {
    let (across, down) = ((2 * width + 5) / 10, (2 * height + 5) / 10)
    return inner.x >= x - across && inner.y >= y - down && inner.x + inner.width <= x + width + across
      && inner.y + inner.height <= y + height + down
  }

  /// The part of it that lies in a frame; nil for none.
  func clipped(width frameWidth: Int, height frameHeight: Int) -> Detection? {
    let (left, top) = (max(x, 0), max(y, 0))
    let (right, bottom) = (min(x + width, Int32(frameWidth)), min(y + height, Int32(frameHeight)))
    guard right > left, bottom > top else { return nil }
    return Detection(x: left, y: top, width: right - left, height: bottom - top, neighbours: neighbours)
  }

  /// The order of faces: more windows first, then the larger, the upper, the left one.
  func precedes(_ other: Detection) -> Bool {
    if neighbours != other.neighbours { return neighbours > other.neighbours }
    if width != other.width { return width > other.width }
    return y != other.y ? y < other.y : x < other.x
  }
}
