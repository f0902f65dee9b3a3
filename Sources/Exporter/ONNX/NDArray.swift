/// Elements in row-major order, of any rank: how ONNX lays out what the importer computes early.
struct NDArray<Element> {
  private(set) var dims: [Int]
  private(set) var elements: [Element]

  /// - Precondition: the dims' product is the number of elements.
  init(_ dims: [Int], _ elements: [Element]) {
    precondition(elementCount(dims) == elements.count, "the dims disagree with the elements")
    self.dims = dims
    self.elements = elements
  }

  init(vector elements: [Element]) { self.init([elements.count], elements) }

  var count: Int { elements.count }

  func map<Result>(_ transform: (Element) -> Result) -> NDArray<Result> {
    NDArray<Result>(dims, elements.map(transform))
  }

  func reshaped(_ dims: [Int]) -> NDArray { NDArray(dims, elements) }

  /// Elements from one index to the next, along each axis.
  private var strides: [Int] {
    var strides = dims
    var stride = 1
    for axis in dims.indices.reversed() {
      strides[axis] = stride
      stride *= dims[axis]
    }
    return strides
  }

  /// Walks the elements from `start` with a step for each axis.
  private func walk(_ dims: [Int], steps: [Int], from start: Int = 0) -> NDArray {
    var result: [Element] = []
    let count = dims.reduce(1, *)
    result.reserveCapacity(count)
    var index = [Int](repeating: 0, count: dims.count)
    var position = start
    for _ in 0..<count {
      result.append(elements[position])
      for axis in dims.indices.reversed() {
        index[axis] += 1
        position += steps[axis]
        if index[axis] < dims[axis] { break }
        position -= steps[axis] * dims[axis]
        index[axis] = 0
      }
    }
    return NDArray(dims, result)
  }

  /// Axis k of the result is axis `permutation[k]` of this.
  func transposed(_ permutation: [Int]) -> NDArray {
    let strides = strides
    return walk(permutation.map { dims[$0] }, steps: permutation.map { strides[$0] })
  }

  /// - Precondition: the dims are what `broadcast(self.dims, dims)` gives.
  func expanded(to dims: [Int]) -> NDArray {
    if dims == self.dims { return self }
    let missing = dims.count - self.dims.count
    let steps = zip(self.dims, strides).map { $0 == 1 ? 0 : $1 }
    return walk(dims, steps: Array(repeating: 0, count: missing) + steps)
  }

  /// `length` elements along an axis from `start`, `step` apart.
  func sliced(axis: Int, start: Int, length: Int, step: Int) -> NDArray {
    var (dims, steps) = (dims, strides)
    let offset = length == 0 ? 0 : start * steps[axis]
    dims[axis] = length
    steps[axis] *= step
    return walk(dims, steps: steps, from: offset)
  }

  /// The slices of an axis that the indices name, in their place. ONNX Gather.
  func gathered(axis: Int, indices: NDArray<Int>) -> NDArray {
    let inner = dims[(axis + 1)...].reduce(1, *)
    let outer = dims[..<axis].reduce(1, *)
    var result: [Element] = []
    for block in 0..<outer {
      for index in indices.elements {
        let start = (block * dims[axis] + index) * inner
        result += elements[start..<start + inner]
      }
    }
    return NDArray(dims[..<axis] + indices.dims + dims[(axis + 1)...], result)
  }

  /// Elements of one value around this array: `before` and `after` along each axis.
  func padded(before: [Int], after: [Int], with value: Element) -> NDArray {
    var result = self
    for axis in dims.indices {
      func border(_ extent: Int) -> NDArray {
        var dims = result.dims
        dims[axis] = extent
        return NDArray(dims, Array(repeating: value, count: dims.reduce(1, *)))
      }
      result = .concatenated([border(before[axis]), result, border(after[axis])], axis: axis)
    }
    return result
  }

  /// - Precondition: the parts have the same dims except along the axis.
  static func concatenated(_ parts: [NDArray], axis: Int) -> NDArray {
    var dims = parts[0].dims
    dims[axis] = parts.reduce(0) { $0 + $1.dims[axis] }
    var result: [Element] = []
    for block in 0..<dims[..<axis].reduce(1, *) {
      for part in parts {
        let length = part.dims[axis...].reduce(1, *)
        result += part.elements[block * length..<(block + 1) * length]
      }
    }
    return NDArray(dims, result)
  }
}

extension NDArray: Equatable where Element: Equatable {}
extension NDArray: Sendable where Element: Sendable {}

extension NDArray where Element: AdditiveArithmetic {
  /// The sum over axes, which become 1. ONNX ReduceSum with keepdims.
  func summed(over axes: Set<Int>) -> NDArray {
    let kept = dims.indices.filter { !axes.contains($0) }
    let terms = axes.reduce(1) { $0 * dims[$1] }
    let grouped = transposed(kept + axes.sorted()).elements
    let sums = (0..<count / max(terms, 1)).map { group in
      grouped[group * terms..<(group + 1) * terms].reduce(.zero, +)
    }
    return NDArray(dims.indices.map { axes.contains($0) ? 1 : dims[$0] }, sums)
  }
}

/// The most elements that one tensor may have: far above any network for a board, and few enough to hold in memory.
let elementLimit = 1 << 25

/// The product of the dims; nil if one is negative or the product exceeds `elementLimit`.
///
/// Extents beside a 0 count as well: products of some of the dims then stay within the limit too.
func elementCount(_ dims: [Int]) -> Int? {
  var count = 1
  for extent in dims where extent != 0 {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    if extent < 0 || overflow || product > elementLimit { return nil }
    count = product
  }
  return dims.contains(0) ? 0 : count
}

/// The dims that two arrays broadcast to, by ONNX's (and NumPy's) rule; nil if they don't fit or the result is too large.
func broadcast(_ left: [Int], _ right: [Int]) -> [Int]? {
  let rank = max(left.count, right.count)
  var dims: [Int] = []
  for axis in 0..<rank {
    let l = axis < rank - left.count ? 1 : left[axis - (rank - left.count)]
    let r = axis < rank - right.count ? 1 : right[axis - (rank - right.count)]
    if l != r && l != 1 && r != 1 { return nil }
    dims.append(l == 1 ? r : l)
  }
  return elementCount(dims) == nil ? nil : dims
}
