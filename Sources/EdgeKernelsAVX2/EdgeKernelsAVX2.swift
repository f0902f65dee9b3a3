// EdgeKernelsAVX2
