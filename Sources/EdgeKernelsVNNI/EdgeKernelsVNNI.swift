// EdgeKernelsVNNI
