#if arch(arm)
  import CVector
  import EdgeKernels

  @c @implementation
  public func ferrite_sample_neon(_ sampling: UnsafePointer<FerriteSampling>) {
    unsafe Sampling<ARMv7Arithmetic>(sampling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_neon(_ pooling: UnsafePointer<FerritePooling>) {
    unsafe Pooling<ARMv7Arithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_windows_neon(_ pooling: UnsafePointer<FerriteWindowPooling>) {
    unsafe WindowPooling<ARMv7Arithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_requantize_neon(_ requantization: UnsafePointer<FerriteRequantization>) {
    unsafe Requantizing<ARMv7Arithmetic>(requantization.pointee).run()
  }

  @c @implementation
  public func ferrite_add_neon(_ addition: UnsafePointer<FerriteAddition>) {
    unsafe Adding<ARMv7Arithmetic>(addition.pointee).run()
  }

  @c @implementation
  public func ferrite_multiply_values_neon(_ multiplication: UnsafePointer<FerriteMultiplication>) {
    unsafe Multiplying<ARMv7Arithmetic>(multiplication.pointee).run()
  }
#endif
