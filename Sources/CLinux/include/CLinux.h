#pragma once
#include "Clock.h"
#include "MapFile.h"
#include "Memory.h"
#include "Stream.h"
