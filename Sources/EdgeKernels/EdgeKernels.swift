// EdgeKernels
