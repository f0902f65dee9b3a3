#if arch(arm64)
  import CVector
  import EdgeKernels

  @c @implementation
  public func ferrite_sample_neon(_ sampling: UnsafePointer<FerriteSampling>) {
    unsafe Sampling<NEONArithmetic>(sampling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_neon(_ pooling: UnsafePointer<FerritePooling>) {
    unsafe Pooling<NEONArithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_windows_neon(_ pooling: UnsafePointer<FerriteWindowPooling>) {
    unsafe WindowPooling<NEONArithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_requantize_neon(_ requantization: UnsafePointer<FerriteRequantization>) {
    unsafe Requantizing<NEONArithmetic>(requantization.pointee).run()
  }

  @c @implementation
  public func ferrite_add_neon(_ addition: UnsafePointer<FerriteAddition>) {
    unsafe Adding<NEONArithmetic>(addition.pointee).run()
  }

  @c @implementation
  public func ferrite_multiply_values_neon(_ multiplication: UnsafePointer<FerriteMultiplication>) {
    unsafe Multiplying<NEONArithmetic>(multiplication.pointee).run()
  }
#endif
