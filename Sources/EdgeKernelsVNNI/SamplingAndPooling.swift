#if arch(x86_64)
  import CVector
  import EdgeKernels

  @c @implementation
  public func ferrite_sample_avx512vnni(_ sampling: UnsafePointer<FerriteSampling>) {
    unsafe Sampling<VNNIArithmetic>(sampling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_avx512vnni(_ pooling: UnsafePointer<FerritePooling>) {
    unsafe Pooling<VNNIArithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_pool_windows_avx512vnni(_ pooling: UnsafePointer<FerriteWindowPooling>) {
    unsafe WindowPooling<VNNIArithmetic>(pooling.pointee).run()
  }

  @c @implementation
  public func ferrite_requantize_avx512vnni(_ requantization: UnsafePointer<FerriteRequantization>) {
    unsafe Requantizing<VNNIArithmetic>(requantization.pointee).run()
  }

  @c @implementation
  public func ferrite_add_avx512vnni(_ addition: UnsafePointer<FerriteAddition>) {
    unsafe Adding<VNNIArithmetic>(addition.pointee).run()
  }

  @c @implementation
  public func ferrite_multiply_values_avx512vnni(_ multiplication: UnsafePointer<FerriteMultiplication>) {
    unsafe Multiplying<VNNIArithmetic>(multiplication.pointee).run()
  }
#endif
