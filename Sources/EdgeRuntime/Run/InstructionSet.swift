/// The kernel families. All give the same bits; they differ in speed.
public enum InstructionSet: UInt8, Sendable {
  /// Plain loops: the specification.
  case scalar
  /// x86-64 with AVX2.
  case avx2
  /// x86-64 with AVX-512 BW, VL and VNNI.
  case avx512vnni
  /// Every 64-bit ARM.
  case neon
  /// 64-bit ARM with `sdot` (FEAT_DotProd): Cortex-A76 and later.
  case dotprod

  public var name: StaticString {
    switch self {
    case .scalar: "scalar"
    case .avx2: "avx2"
    case .avx512vnni: "avx512vnni"
    case .neon: "neon"
    case .dotprod: "dotprod"
    }
  }
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension InstructionSet: CaseIterable {}
#endif
