/// One of several shares of some work, as equal as whole items allow: share `index` of `count`.
public struct WorkShare: Equatable, Sendable {
  public var index: Int
  public var count: Int

  /// All of the work.
  public static var whole: WorkShare { WorkShare(index: 0, count: 1) }

  /// - Requires: `index` in 0..<`count`.
  public init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The share's items of 0..<`extent`. The shares of all indices are those items, each once; no two sizes differ by more
  /// than one, and none exceeds `greatest(of:among:)`.
  public func range(of extent: Int) -> Range<Int> { extent * index / count..<extent * (index + 1) / count }

  /// The greatest share's items when `count` shares divide `extent` items.
  public static func greatest(of extent: Int, among count: Int) -> Int { (extent + count - 1) / count }
}
