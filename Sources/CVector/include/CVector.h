#pragma once
#include "Convolution.h"
#include "Int32Vectors.h"
#include "ProcessorFeatures.h"
#include "X86Vectors.h"
