#pragma once
#include <sodium/crypto_generichash.h>
