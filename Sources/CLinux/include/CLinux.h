#pragma once
#include "Clock.h"
#include "MapFile.h"
#include "Stream.h"
