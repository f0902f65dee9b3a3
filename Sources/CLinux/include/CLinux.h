#pragma once
#include "Clock.h"
#include "Ending.h"
#include "MapFile.h"
#include "Memory.h"
#include "Stream.h"
#include "Threads.h"
#include "Usage.h"
