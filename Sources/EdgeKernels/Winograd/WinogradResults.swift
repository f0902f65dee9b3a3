import CVector

extension Winograd {
  /// Results of eight outputs from their sums of products, divided exactly by the factor they are too large by.
  @inlinable
  func transformSums() {
    var tile = 0
    for y in 0..<tilesDown {
      for x in 0..<tilesAcross {
        let from = workspace.readOnly + (places.products &+ tile &* (T.points &* T.points &* 32))
        let to = workspace + (places.sums &+ (y &* T.outputs &* columns &+ x &* T.outputs) &* 32)
        transformSums(from, to: to)
        transformSums(from + 16, to: to + 16)
        tile &+= 1
      }
    }
  }

  @inlinable @inline(__always)
  func transformSums(_ products: Bytes, to sums: MutableBytes) {
    var across = InlineArray<6, InlineArray<6, A.Totals>>(repeating: transformRow(products))
    T.forEachPoint { y in across[y] = transformRow(products + y &* T.points &* 32) }
    T.forEachOutput { x in
      let results = T.results([across[0][x], across[1][x], across[2][x], across[3][x], across[4][x], across[5][x]])
      T.forEachOutput { y in
        // 9 * 0x38E38E39 is 1 modulo 2^32.
        let exact =
          (results[y] &* A.Totals(repeating: 0x38E3_8E39))
          &>> A.Totals(repeating: Int32(T.excess(x) &+ T.excess(y)))
        (sums + (y &* columns &+ x) &* 32).store(exact)
      }
    }
  }

  @inlinable @inline(__always)
  func transformRow(_ products: Bytes) -> InlineArray<6, A.Totals> {
    var row = InlineArray<6, A.Totals>(repeating: products.load(A.Totals.self))
    for x in 1..<T.points { row[x] = (products + x &* 32).load(A.Totals.self) }
    return T.results(row)
  }

  /// Pools, requantises and stores eight outputs of the strip's rows.
  @inlinable
  func store(firstOutput: Int, half: Int, firstRow: Int, rows: Int) {
    let width = unsafe Int(task.outputWidth)
    let store = unsafe EightStore<A>(task, firstOutput: firstOutput)
    let bias = unsafe A.loadEight(Bytes(task.bias) + firstOutput &* 4)
    let rowBytes = columns &* 32
    for row in 0..<rows {
      let sums = workspace.readOnly + (places.sums &+ row &* pooled &* rowBytes)
      let pixel = (firstRow &+ row) &* width
      if unsafe task.hasMaxPool {
        store.put(pixel: pixel, count: width) { column in
          let window = sums + column &* 64
          let upper = A.greater(A.loadEight(window), A.loadEight(window + 32))
          let lower = A.greater(A.loadEight(window + rowBytes), A.loadEight(window + (rowBytes &+ 32)))
          return A.adding(A.greater(upper, lower), bias)
        }
      } else {
        store.put(pixel: pixel, count: width) { A.adding(A.loadEight(sums + $0 &* 32), bias) }
      }
    }
  }
}
