// EdgeKernelsDotProd
