/// The words of the command line, first to last; and, over the same memory, a list of those that are kept.
@safe
public struct Words {
  private let words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private var position: Int
  private var end: Int

  /// The `count` entries of C's `argv`.
  @export(interface)
  public init(count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
    unsafe self.words = words
    position = 0
    end = Int(count)
  }

  @export(interface)
  public mutating func next() -> Word? {
    guard position < end, let start = unsafe words[position] else { return nil }
    position += 1
    return unsafe Word(start)
  }

  /// A list without words that starts where this one stands. It may be appended to as often as `next` has been called: the
  /// places of words already read are free.
  @export(interface)
  public func empty() -> Words {
    var list = self
    list.end = position
    return list
  }

  @export(interface)
  public mutating func append(_ word: Word) {
    unsafe words[end] = UnsafeMutablePointer(mutating: word.start)
    end += 1
  }
}
