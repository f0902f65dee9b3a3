#pragma once
#include "ReadJPEG.h"
#include "ReadPNG.h"
#include "WritePNG.h"
