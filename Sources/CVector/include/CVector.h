#pragma once
#include "ByteVectors.h"
#include "Convolution.h"
#include "Int32Vectors.h"
#include "MultiplyRate.h"
#include "ProcessorFeatures.h"
#include "SamplingAndPooling.h"
#include "X86Vectors.h"
