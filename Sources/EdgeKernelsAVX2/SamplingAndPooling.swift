#if arch(x86_64)
  import CVector
  import EdgeKernels

  @c @implementation
  public func ferrite_sample_avx2(_ sampling: UnsafePointer<FerriteSampling>) {
    unsafe Sampling<AVX2Arithmetic>(sampling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_avx2(_ pooling: UnsafePointer<FerritePooling>) {
    unsafe Pooling<AVX2Arithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_windows_avx2(_ pooling: UnsafePointer<FerriteWindowPooling>) {
    unsafe WindowPooling<AVX2Arithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_requantize_avx2(_ requantization: UnsafePointer<FerriteRequantization>) {
    unsafe Requantizing<AVX2Arithmetic>(requantization.pointee).run()
  }

  @c @implementation
  public func ferrite_add_avx2(_ addition: UnsafePointer<FerriteAddition>) {
    unsafe Adding<AVX2Arithmetic>(addition.pointee).run()
  }

  @c @implementation
  public func ferrite_multiply_values_avx2(_ multiplication: UnsafePointer<FerriteMultiplication>) {
    unsafe Multiplying<AVX2Arithmetic>(multiplication.pointee).run()
  }
#endif
