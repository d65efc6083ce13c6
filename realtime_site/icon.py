"""The site's mark as PNG, for whoever takes no SVG: home screens, notifications. The drawing is static/img/mark.svg."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

SIZES = (192, 512)  # what browsers ask of an app that can be installed
_GROUND, _INK = "#fdfcfa", "#2f8a72"
_BOX = 32  # the drawing's own side
# What stays when a system cuts the corners off: a circle of four fifths ("maskable" icons, W3C App Manifest).
_SCALE = 0.62
_FINER = 4  # drawn larger, then shrunk: smooth edges
_STEPS = 24  # straight pieces a curve; at 512 px each is shorter than 8 px

Point = tuple[float, float]
_START: Point = (16, 3)
# Each a line to one point, or a cubic curve over two to a third.
_OUTLINE: tuple[tuple[Point, ...], ...] = (
    ((8.6, 3), (3, 8.5), (3, 15.6)),
    ((3, 18.7), (4.1, 21.4), (6, 23.5)),
    ((4.6, 29),),
    ((10.9, 27),),
    ((12.5, 27.7), (14.2, 28), (16, 28)),
    ((20.7, 28), (24.7, 25.9), (27, 22.4)),
    ((22.1, 19.4),),
    ((20.8, 21.4), (18.5, 22.6), (16, 22.6)),
    ((11.9, 22.6), (8.9, 19.7), (8.9, 15.6)),
    ((8.9, 11.5), (11.9, 8.6), (16, 8.6)),
    ((18.6, 8.6), (20.8, 9.8), (22.1, 11.8)),
    ((27, 8.8),),
    ((24.7, 5.2), (20.7, 3), (16, 3)),
)
_DOT = (16.3, 15.6, 2.6)  # x, y, radius


@cache
def png(size: int) -> bytes:
    """A square of `size` pixels."""
    side = size * _FINER
    picture = Image.new("RGB", (side, side), _GROUND)
    pen = ImageDraw.Draw(picture)
    pen.polygon([_placed(point, side) for point in _flattened()], fill=_INK)
    x, y, radius = _DOT
    pen.ellipse([_placed((x - radius, y - radius), side), _placed((x + radius, y + radius), side)], fill=_INK)
    out = BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _placed(point: Point, side: int) -> Point:
    unit = side * _SCALE / _BOX
    edge = side * (1 - _SCALE) / 2
    return edge + point[0] * unit, edge + point[1] * unit


def _flattened() -> list[Point]:
    points = [_START]
    for segment in _OUTLINE:
        if len(segment) == 1:
            points.append(segment[0])
        else:
            ends = (points[-1], *segment)
            points += [_on_curve(ends, step / _STEPS) for step in range(1, _STEPS + 1)]
    return points


def _on_curve(ends: tuple[Point, ...], t: float) -> Point:
    """Bernstein's form of a cubic."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(weight * end[axis] for weight, end in zip(weights, ends, strict=True)) for axis in (0, 1))
    return x, y
