// Writes ap_fixed.txt: what AMD's own simulation headers compute.
//
//     pip download --no-deps hls4ml==1.3.0 && unzip hls4ml-1.3.0-py3-none-any.whl
//     g++ -std=c++14 -w -I hls4ml/templates/vivado/ap_types make_ap_fixed.cpp -o make_ap_fixed && ./make_ap_fixed > ap_fixed.txt
//
// (The headers are github.com/Xilinx/HLS_arbitrary_Precision_Types, which hls4ml carries.) A format is written
// width,fraction,s or u. A line holds one of
//     conversions FORMAT FORMAT ROUNDING OVERFLOW RESULT...       (of every raw value, from the least to the greatest)
//     sum|difference|product RAW FORMAT RAW FORMAT RESULT RESULT-FORMAT
//     negation RAW FORMAT RESULT RESULT-FORMAT
//     shift RAW FORMAT BITS RESULT                                (BITS to the left; negative to the right)
#include <ap_fixed.h>

#include <cmath>
#include <cstdio>

template <int W, int F, bool S, ap_q_mode Q = AP_TRN, ap_o_mode O = AP_WRAP>
struct Number : ap_fixed_base<W, W - F, S, Q, O> {
  using Base = ap_fixed_base<W, W - F, S, Q, O>;
  template <class T>
  Number(const T &value) : Base(value) {}
  static Number fromRaw(int raw) {
    Number number(0);
    number.range(W - 1, 0) = raw;
    return number;
  }
};

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O>
long rawOf(const ap_fixed_base<W, I, S, Q, O> &number) {
  return std::lround(std::ldexp(number.to_double(), W - I));
}

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O>
void printWithFormat(const ap_fixed_base<W, I, S, Q, O> &number) {
  std::printf(" %ld %d,%d,%c\n", rawOf(number), W, W - I, S ? 's' : 'u');
}

constexpr int least(int width, bool isSigned) { return isSigned ? -(1 << (width - 1)) : 0; }

// A source of 4 bits; `L` fraction bits are lost.
template <int W, int L, bool S, bool S2, ap_q_mode Q, ap_o_mode O>
void convert(const char *rounding, const char *overflow) {
  std::printf("conversions 4,2,%c %d,%d,%c %s %s", S ? 's' : 'u', W, 2 - L, S2 ? 's' : 'u', rounding, overflow);
  for (int raw = least(4, S); raw < least(4, S) + 16; ++raw) {
    // Not by way of another type of the target's size, which would skip the rules.
    Number<W, 2 - L, S2, Q, O> target(static_cast<const ap_fixed_base<4, 2, S> &>(Number<4, 2, S>::fromRaw(raw)));
    std::printf(" %ld", rawOf(target));
  }
  std::printf("\n");
}

template <int W, int L, bool S, bool S2, ap_q_mode Q>
void overflows(const char *rounding) {
  convert<W, L, S, S2, Q, AP_SAT>(rounding, "sat");
  convert<W, L, S, S2, Q, AP_SAT_ZERO>(rounding, "satZero");
  convert<W, L, S, S2, Q, AP_SAT_SYM>(rounding, "satSym");
  convert<W, L, S, S2, Q, AP_WRAP>(rounding, "wrap");
}

template <int W, int L, bool S, bool S2>
void roundings() {
  overflows<W, L, S, S2, AP_RND>("rnd");
  overflows<W, L, S, S2, AP_RND_ZERO>("rndZero");
  overflows<W, L, S, S2, AP_RND_INF>("rndInf");
  overflows<W, L, S, S2, AP_RND_MIN_INF>("rndMinInf");
  overflows<W, L, S, S2, AP_RND_CONV>("rndConv");
  overflows<W, L, S, S2, AP_TRN>("trn");
  overflows<W, L, S, S2, AP_TRN_ZERO>("trnZero");
}

template <int W, int L>
void signs() {
  roundings<W, L, true, true>();
  roundings<W, L, true, false>();
  roundings<W, L, false, true>();
  roundings<W, L, false, false>();
}

template <int W, int F, bool S, int W2, int F2, bool S2>
void operate() {
  const int rows[][2] = {{0, 1}, {1, 0}, {(1 << W) - 1, (1 << W2) - 1}, {1 << (W - 1), 1 << (W2 - 1)}, {1 << (W - 1), 1}};
  for (auto row : rows) {
    auto a = Number<W, F, S>::fromRaw(row[0]);
    auto b = Number<W2, F2, S2>::fromRaw(row[1]);
    auto operands = [&](const char *name) {
      std::printf("%s %ld %d,%d,%c %ld %d,%d,%c", name, rawOf(a), W, F, S ? 's' : 'u', rawOf(b), W2, F2, S2 ? 's' : 'u');
    };
    operands("sum"), printWithFormat(a + b);
    operands("difference"), printWithFormat(a - b);
    operands("product"), printWithFormat(a * b);
    std::printf("negation %ld %d,%d,%c", rawOf(a), W, F, S ? 's' : 'u'), printWithFormat(-a);
    for (int bits : {-9, -3, -1, 0, 1, 2, 9}) {
      // The headers refuse shifts of the whole width and more in places; a result of zeros or signs says nothing new.
      if (std::abs(bits) >= W) continue;
      auto moved = bits < 0 ? a >> -bits : a << bits;
      std::printf("shift %ld %d,%d,%c %d %ld\n", rawOf(a), W, F, S ? 's' : 'u', bits, rawOf(moved));
    }
  }
}

int main() {
  signs<3, 1>();
  signs<2, 2>();
  signs<1, 2>();
  signs<1, 1>();
  signs<5, -2>();
  signs<3, 4>();
  operate<8, 5, true, 6, 2, false>();
  operate<8, 5, false, 6, 2, true>();
  operate<7, -2, true, 4, 9, true>();
  operate<5, 0, false, 12, 3, false>();
  operate<1, 0, true, 16, 20, false>();
  operate<10, 4, true, 10, 4, true>();
}
