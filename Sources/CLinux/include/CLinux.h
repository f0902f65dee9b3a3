#pragma once
#include "MapFile.h"
