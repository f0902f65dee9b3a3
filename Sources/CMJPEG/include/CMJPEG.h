#pragma once
#include "Confine.h"
#include "Decode.h"
#include "Pictures.h"
#include "WriteFrame.h"
