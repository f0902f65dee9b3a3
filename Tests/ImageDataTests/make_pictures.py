"""Prints the pictures of Pictures.swift in base64, with Pillow 12 and NumPy."""

import base64
import io

import numpy
from PIL import Image


def show(name, image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    print(name, base64.b64encode(out.getvalue()).decode())
    return Image.open(out)


grey = Image.fromarray(numpy.array([[(30 * x + 5 * y) % 256 for x in range(8)] for y in range(6)], numpy.uint8))
color = Image.new("RGB", (3, 2))
color.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (100, 150, 200)])
transparent = Image.new("LA", (2, 1))
transparent.putdata([(200, 255), (200, 0)])

show("greyPNG", grey, "PNG")
print("greyJPEGPixels", numpy.asarray(show("greyJPEG", grey, "JPEG", quality=90, optimize=True)).tolist())
show("colorPNG", color, "PNG")
show("palettePNG", color.convert("P", palette=Image.Palette.ADAPTIVE), "PNG")
show("transparentPNG", transparent, "PNG")
show("deepPNG", Image.fromarray(numpy.array([[0, 32768, 65535]], numpy.uint16)), "PNG")
