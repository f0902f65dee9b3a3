extension String {
  /// A layer's name without the repetitions that PyTorch's exporter gives it, for tables:
  /// `/sdl1/features/features.0/features.0.1/conv/Conv` becomes `sdl1/features.0.1/conv`.
  ///
  /// A part that the next one starts with is dropped, as is a last part that only says `Conv` or `Gemm`. Files, JSON and
  /// messages about a network keep the whole name.
  var briefLayerName: String {
    var parts = split(separator: "/")
    if parts.count > 1, let last = parts.last, ["Conv", "Gemm", "MatMul"].contains(last) { parts.removeLast() }
    let kept = parts.indices.filter { $0 + 1 == parts.count || !parts[$0 + 1].hasPrefix(parts[$0] + ".") }
    return kept.isEmpty ? self : kept.map { String(parts[$0]) }.joined(separator: "/")
  }
}
