"""Writes fractions.txt: fixed-point results by Python's exact fractions, for formats of 9 bits and more.

    python3 make_fractions.py > fractions.txt

A format is written width,fraction,s or u. A line holds one of
    convert RAW FORMAT FORMAT ROUNDING OVERFLOW RESULT
    sum|difference|product RAW FORMAT RAW FORMAT RESULT RESULT-FORMAT
    multiplyAdd RAW FORMAT RAW FORMAT RAW FORMAT ROUNDING OVERFLOW RESULT      (the first is the accumulator)
"""
import math
import random
from fractions import Fraction

ROUNDINGS = ["rnd", "rndZero", "rndInf", "rndMinInf", "rndConv", "trn", "trnZero"]
OVERFLOWS = ["sat", "satZero", "satSym", "wrap"]
HALF = Fraction(1, 2)


def rounded(x, rule):
    """UG1399's quantization modes, each as a formula of floors and ceilings."""
    down, up = math.floor(x + HALF), math.ceil(x - HALF)  # half goes up, half goes down
    return {
        "rnd": down,
        "rndMinInf": up,
        "rndInf": down if x > 0 else up,
        "rndZero": up if x > 0 else down,
        "rndConv": round(x),
        "trn": math.floor(x),
        "trnZero": math.trunc(x),
    }[rule]


def bounds(form):
    width, _, signed = form
    return (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if signed else (0, 2**width - 1)


def fitted(raw, form, mode):
    least, most = bounds(form)
    if mode == "wrap":
        return (raw - least) % 2 ** form[0] + least
    if mode == "satSym" and form[2] and form[0] > 1:
        least = -most
    if least <= raw <= most:
        return raw
    return 0 if mode == "satZero" else max(least, min(most, raw))


def value(raw, form):
    return Fraction(raw) / Fraction(2) ** form[1]


def quantized(x, form, rule, mode):
    return fitted(rounded(x * Fraction(2) ** form[1], rule), form, mode)


def text(form):
    return f"{form[0]},{form[1]},{'s' if form[2] else 'u'}"


def number(form):
    """Mostly any raw value, often one at or near a bound, zero or a half."""
    least, most = bounds(form)
    return random.choice(
        [random.randint(least, most)] * 4 + [least, most, (least + most) // 2, min(1, most), max(-1, least), most // 2 + 1])


def exact_format(name, a, b):
    """AMD UG1399, "Binary Arithmetic Operators", from the values that the result must hold."""
    signed = a[2] or b[2] or name == "difference"
    if name == "product":
        return (a[0] + b[0], a[1] + b[1], signed)
    whole = [f[0] - f[1] + (1 if not f[2] and (a[2] or b[2]) else 0) for f in (a, b)]
    fraction = max(a[1], b[1])
    return (max(whole) + 1 + fraction, fraction, signed)


def make_format(widths, fraction):
    return (random.randint(*widths), fraction, random.random() < 0.5)


def conversions():
    # Fraction bits lost: about the width, where halves and overflow are near, and far beyond any machine word.
    for rule in ROUNDINGS:
        for mode in OVERFLOWS:
            for lost in [1, 2, random.randint(3, 8), random.randint(9, 16), -3, random.choice([62, 63, 64, 90, 128, -40, -64, -128])]:
                fraction = random.randint(max(-64, -64 + lost), min(64, 64 + lost))
                source = make_format((9, 16), fraction)
                target = make_format((9, 16), fraction - lost)
                raw = number(source)
                yield f"convert {raw} {text(source)} {text(target)} {rule} {mode} {quantized(value(raw, source), target, rule, mode)}"


def operations():
    for name, apply in [("sum", lambda x, y: x + y), ("difference", lambda x, y: x - y), ("product", lambda x, y: x * y)]:
        for _ in range(40):
            fraction = random.randint(-60, 50)
            a, b = make_format((9, 16), fraction), make_format((1, 16), fraction + random.randint(-12, 12))
            x, y = number(a), number(b)
            form = exact_format(name, a, b)
            result = apply(value(x, a), value(y, b)) * Fraction(2) ** form[1]
            assert result.denominator == 1 and bounds(form)[0] <= result <= bounds(form)[1]
            yield f"{name} {x} {text(a)} {y} {text(b)} {result} {text(form)}"


def accumulations():
    for rule in ROUNDINGS:
        for mode in OVERFLOWS:
            for _ in range(4):
                a, b = make_format((9, 16), random.randint(-20, 20)), make_format((2, 16), random.randint(-20, 20))
                total = make_format((17, 32), a[1] + b[1] - random.randint(-2, 9))
                x, y, start = number(a), number(b), number(total)
                result = quantized(value(start, total) + value(x, a) * value(y, b), total, rule, mode)
                yield f"multiplyAdd {start} {text(total)} {x} {text(a)} {y} {text(b)} {rule} {mode} {result}"


random.seed(20)
for line in [*conversions(), *operations(), *accumulations()]:
    print(line)
