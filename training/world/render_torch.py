"""The renderer of render.c as tensor operations: thousands of pictures a second on a GPU, the same pictures on a CPU, slowly.

Every ray of every picture is one element; solids are tried one slot after the other, so memory stays that of one slot.
"""
from __future__ import annotations

import math
from typing import Sequence, Tuple

import torch
from torch import Tensor

from .render import HEADER, MAX_OBJECTS, RECORD, pack
from .scene import SHAPES, Scene

ELEVATION, HALF_VIEW, FAR = 0.314, 0.4663, 1e3
# top, horizon, sun, ambient, direction of the sun; by day, at dusk, at night (as in render.c)
SKIES = (((0.16, 0.42, 0.86), (0.62, 0.80, 0.96), (0.88, 0.86, 0.80), (0.34, 0.38, 0.44), (-0.55, 0.75, 0.45)),
         ((0.30, 0.12, 0.34), (0.95, 0.42, 0.16), (0.85, 0.50, 0.28), (0.32, 0.24, 0.28), (-0.75, 0.48, 0.40)),
         ((0.006, 0.010, 0.035), (0.03, 0.045, 0.12), (0.30, 0.34, 0.46), (0.13, 0.145, 0.22), (-0.45, 0.80, 0.45)))
FLOOR_MEAN = ((0.36, 0.17, 0.07), (0.10, 0.34, 0.06), (0.66, 0.50, 0.27), (0.36, 0.36, 0.36), (0.22, 0.23, 0.25), (0.82, 0.86, 0.92))


def unit(v: Tensor) -> Tensor:
    return v * torch.rsqrt((v * v).sum(-1, keepdim=True))


def dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1)


def where3(condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition[..., None], a, b)


def stack3(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return torch.stack((x, y, z), -1)


def sphere(o: Tensor, d: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    p = stack3(o[..., 0], o[..., 1] - r, o[..., 2])
    k, q = dot(p, d), dot(p, p) - r * r
    disc = k * k - q
    t = -k - disc.clamp(min=0).sqrt()
    return torch.where((disc >= 0) & (t >= 1e-3), t, -1.0), (p + d * t[..., None]) / r[..., None]


def cube(o: Tensor, d: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    e = 0.82 * r
    p = stack3(o[..., 0], o[..., 1] - e, o[..., 2])
    inverse = 1 / torch.where(d.abs() < 1e-9, torch.full_like(d, 1e-9), d)
    a, b = (-e[..., None] - p) * inverse, (e[..., None] - p) * inverse
    near, far = torch.minimum(a, b), torch.maximum(a, b)
    lo, axis = near.max(-1)
    n = -torch.sign(d) * torch.nn.functional.one_hot(axis, 3)
    return torch.where((lo <= far.min(-1).values) & (lo >= 1e-3), lo, -1.0), n


def cylinder(o: Tensor, d: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    radius, height = 0.78 * r, 1.75 * r
    a = d[..., 0] ** 2 + d[..., 2] ** 2
    k, c = o[..., 0] * d[..., 0] + o[..., 2] * d[..., 2], o[..., 0] ** 2 + o[..., 2] ** 2 - radius * radius
    disc = k * k - a * c
    t = (-k - disc.clamp(min=0).sqrt()) / a
    y = o[..., 1] + t * d[..., 1]
    side = (disc >= 0) & (t > 1e-3) & (y >= 0) & (y <= height)
    up = (height - o[..., 1]) / d[..., 1]
    px, pz = o[..., 0] + up * d[..., 0], o[..., 2] + up * d[..., 2]
    lid = (disc >= 0) & (up > 1e-3) & (px * px + pz * pz <= radius * radius)
    zero = torch.zeros_like(t)
    around = stack3((o[..., 0] + t * d[..., 0]) / radius, zero, (o[..., 2] + t * d[..., 2]) / radius)
    return torch.where(side, t, torch.where(lid, up, -1.0)), where3(side, around, stack3(zero, zero + 1, zero))


def cone(o: Tensor, d: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    height = 2.0 * r
    k, y0 = 0.98 * r / height, o[..., 1] - height
    a = d[..., 0] ** 2 + d[..., 2] ** 2 - k * k * d[..., 1] ** 2
    h = o[..., 0] * d[..., 0] + o[..., 2] * d[..., 2] - k * k * y0 * d[..., 1]
    c = o[..., 0] ** 2 + o[..., 2] ** 2 - k * k * y0 * y0
    disc = h * h - a * c
    s, best = disc.clamp(min=0).sqrt(), torch.full_like(h, -1.0)
    for sign in (-1, 1):
        t = (-h + sign * s) / a
        y = y0 + t * d[..., 1]
        good = (disc >= 0) & (t > 1e-3) & (y <= 0) & (y >= -height) & ((best < 0) | (t < best))
        best = torch.where(good, t, best)
    p = stack3(o[..., 0] + best * d[..., 0], y0 + best * d[..., 1], o[..., 2] + best * d[..., 2])
    return best, unit(stack3(p[..., 0], -k * k * p[..., 1], p[..., 2]))


def torus(o: Tensor, d: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    tube = 0.31 * r
    ring, p0 = r - tube, stack3(o[..., 0], o[..., 1] - r, o[..., 2])
    k, q = dot(p0, d), dot(p0, p0) - r * r * 1.01
    disc = k * k - q
    s = disc.clamp(min=0).sqrt()
    t, end, best = (-k - s).clamp(min=1e-3), -k + s, torch.full_like(k, -1.0)
    for _ in range(48):
        p = p0 + d * t[..., None]
        dist = torch.hypot(torch.hypot(p[..., 0], p[..., 1]) - ring, p[..., 2]) - tube
        met = (best < 0) & (dist < 2e-3 * r) & (t < end) & (disc >= 0)
        best = torch.where(met, t, best)
        t = torch.where((best < 0) & (t < end), t + dist, t)
    p = p0 + d * best[..., None]
    across = torch.hypot(p[..., 0], p[..., 1])
    return best, unit(p - stack3(p[..., 0] / across * ring, p[..., 1] / across * ring, torch.zeros_like(across)))


SOLIDS = (sphere, cube, cylinder, cone, torus)


class World:
    """The packed records of B scenes on a device; every attribute [B] or [B,MAX_OBJECTS], to be spread over rays [B,R]."""

    def __init__(self, packed: Tensor) -> None:
        """packed [B, HEADER + RECORD * MAX_OBJECTS] as `render.pack` makes it."""
        f, device = packed, packed.device
        self.distance, self.floor, self.sky = f[:, 0], f[:, 1].long(), f[:, 2].long()
        o = f[:, HEADER:].view(len(f), MAX_OBJECTS, RECORD)
        self.slots = max(1, int(f[:, 3].max()))
        self.exists = torch.arange(MAX_OBJECTS, device=device)[None] < f[:, 3, None]
        self.shape, self.colour, self.metal, self.r, self.x, self.z = o[..., 0].long(), o[..., 1:4], o[..., 4] > 0.5, o[..., 5], o[..., 6], o[..., 7]
        self.c, self.s = o[..., 8].cos(), o[..., 8].sin()
        table = torch.tensor(SKIES, device=device)[self.sky]
        self.top, self.horizon, self.sun, self.ambient, self.light = (table[:, i, None] for i in range(5))
        self.light = unit(self.light)
        self.ground = torch.tensor(FLOOR_MEAN, device=device)[self.floor][:, None]

    def cast(self, o: Tensor, d: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """Rays [B,R,3] -> distance [B,R], normal [B,R,3], slot [B,R] (-1 = nothing)."""
        best, normal, slot = torch.full(d.shape[:-1], math.inf, device=d.device), torch.zeros_like(d), torch.full(d.shape[:-1], -1, device=d.device)
        for i in range(self.slots):
            c, s, r = self.c[:, i, None], self.s[:, i, None], self.r[:, i, None].expand(best.shape)
            rel = o - torch.stack((self.x[:, i], torch.zeros_like(self.x[:, i]), self.z[:, i]), -1)[:, None]
            turn = lambda v: stack3(c * v[..., 0] + s * v[..., 2], v[..., 1], -s * v[..., 0] + c * v[..., 2])
            lo, ld = turn(rel), turn(d)
            t, n = torch.full_like(best, -1.0), torch.zeros_like(d)
            for kind, hit in enumerate(SOLIDS):
                mine = (self.shape[:, i] == kind) & self.exists[:, i]
                if bool(mine.any()):
                    t[mine], n[mine] = hit(lo[mine], ld[mine], r[mine])
            closer = (t > 0) & (t < best)
            back = stack3(c * n[..., 0] - s * n[..., 2], n[..., 1], s * n[..., 0] + c * n[..., 2])
            best, normal, slot = torch.where(closer, t, best), where3(closer, back, normal), torch.where(closer, torch.full_like(slot, i), slot)
        return best, normal, slot

    def floor_colour(self, x: Tensor, z: Tensor, t: Tensor) -> Tensor:
        """Texture of the ground at x, z [B,R], seen from t away; patterns melt into their mean where they would alias."""
        fade = lambda period: (1.6 - t * 0.045 / period).clamp(0, 1)
        odd = lambda v: v.floor().remainder(2) == 1
        u = x / 0.9
        wood = torch.where(u - u.floor() < 0.06, torch.full_like(u, 0.40), torch.where(odd(u), torch.full_like(u, 1.22), torch.full_like(u, 0.82)))
        checks = torch.where(odd(x / 1.2) != odd(z / 1.2), torch.full_like(x, 0.60), torch.full_like(x, -0.60))
        row = z.floor()
        v = x / 1.5 + 0.5 * odd(z).float()
        joints = (v - v.floor() < 0.05) | (z - row < 0.07)
        stone = torch.where(joints, torch.full_like(x, 0.45), torch.full_like(x, 1.12))
        grass = torch.sin(3.1 * x + 1.3 * torch.sin(2.3 * z)) * torch.sin(2.7 * z + 1.1 * torch.sin(1.9 * x))
        tones = torch.stack((1 + (wood - 1) * fade(0.9), 1 + 0.28 * grass * fade(0.9), 1 + 0.11 * torch.sin(4.2 * z + 1.2 * torch.sin(1.1 * x)) * fade(0.8),
                             1 + checks * fade(1.2), 1 + (stone - 1) * fade(0.8), 1 + 0.05 * torch.sin(1.3 * x) * torch.sin(1.1 * z)))
        chosen = tones.gather(0, self.floor[None, :, None].expand(1, *x.shape))[0]
        return self.ground * chosen[..., None]

    def sky_colour(self, d: Tensor) -> Tensor:
        t = (d[..., 1] * 3.2).clamp(0, 1).sqrt()[..., None]
        return self.horizon * (1 - t) + self.top * t

    def shade(self, o: Tensor, d: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """Linear colour [B,R,3], distance [B,R] and instance [B,R] (0 = background) of rays from the eye."""
        t, n, slot = self.cast(o, d)
        down = torch.where(d[..., 1] < -1e-5, -o[..., 1] / d[..., 1], torch.full_like(t, math.inf))
        ground = down < t
        slot = torch.where(ground, torch.full_like(slot, -1), slot)
        t, n = torch.minimum(t, down), where3(ground, torch.tensor([0.0, 1.0, 0.0], device=d.device).expand_as(n), n)
        sky, thing = torch.isinf(t), slot >= 0
        t = torch.where(sky, torch.full_like(t, FAR), t)
        p = o + d * t[..., None]
        index = slot.clamp(min=0)
        colour = self.colour.gather(1, index[..., None].expand(-1, -1, 3))
        base = where3(thing, colour, self.floor_colour(p[..., 0], p[..., 2], t))
        light = self.light.expand_as(d)
        lambert = dot(n, light)
        shadow = self.cast(p + n * 4e-3, light)[2] >= 0
        lambert = torch.where(shadow, torch.zeros_like(lambert), lambert).clamp(min=0)
        c = base * (self.sun * lambert[..., None] + self.ambient * (0.62 + 0.38 * n[..., 1:2]))
        mirror = d - n * (2 * dot(d, n))[..., None]
        env = where3(mirror[..., 1] > 0, self.sky_colour(mirror), self.ground * (self.sun * 0.6 + self.ambient))
        grey = 0.25 * env[..., 0] + 0.5 * env[..., 1] + 0.25 * env[..., 2]
        spec = torch.where(lambert > 0, dot(mirror, light).clamp(min=0) ** 28, torch.zeros_like(lambert))
        shiny = c * 0.45 + base * (0.85 * grey)[..., None] + self.sun * (1.3 * spec)[..., None]
        c = where3(thing & self.metal.gather(1, index), shiny, c)
        haze = 0.85 * ((t - 14) / 30).clamp(0, 1)[..., None]
        c = where3(thing, c, c * (1 - haze) + self.horizon * haze)
        return where3(sky, self.sky_colour(d), c), t, slot + 1


def render(scenes: Sequence[Scene], width: int = 128, height: int = 128, samples: int = 2, device: str = "cuda") -> Tuple[Tensor, Tensor, Tensor]:
    """Renders scenes: rgb uint8 [n,h,w,3], depth float32 [n,h,w], instances uint8 [n,h,w], all on the device."""
    return render_packed(torch.from_numpy(pack(scenes)).to(device), width, height, samples)


@torch.no_grad()
def render_packed(packed: Tensor, width: int, height: int, samples: int = 2) -> Tuple[Tensor, Tensor, Tensor]:
    """As `render`, of records [n, HEADER + RECORD * MAX_OBJECTS] that lie on the device already."""
    world, n, device = World(packed), len(packed), packed.device
    aspect = width / height
    eye = torch.stack((torch.zeros_like(world.distance), 0.75 + world.distance * math.sin(ELEVATION), world.distance * math.cos(ELEVATION)), -1)
    front = unit(torch.tensor([0, 0.75, 0], device=device) - eye)
    right = unit(torch.cross(front, torch.tensor([0.0, 1.0, 0.0], device=device).expand_as(front), dim=-1))
    up = torch.cross(right, front, dim=-1)
    ty = HALF_VIEW * (1 / aspect if aspect < 1 else 1)
    total, depth, instance = 0, 0, None
    for j in range(samples * samples):
        px = (torch.arange(width, device=device) + (j % samples + 0.5) / samples) / width * 2 - 1
        py = 1 - (torch.arange(height, device=device) + (j // samples + 0.5) / samples) / height * 2
        gy, gx = torch.meshgrid(py, px, indexing="ij")
        d = unit(front[:, None] + right[:, None] * (gx.reshape(-1, 1) * ty * aspect) + up[:, None] * (gy.reshape(-1, 1) * ty))
        c, t, seen = world.shade(eye[:, None].expand_as(d), d)
        total, depth = total + c, depth + t
        if j == samples * samples // 2:
            instance = seen
    c = (total / samples ** 2).clamp(0, 1)
    rgb = torch.where(c <= 0.0031308, 12.92 * c, 1.055 * c.clamp(min=1e-9) ** (1 / 2.4) - 0.055)
    shape = (n, height, width)
    return (rgb * 255 + 0.5).to(torch.uint8).view(*shape, 3), (depth / samples ** 2).view(shape), instance.to(torch.uint8).view(shape)


assert len(SOLIDS) == len(SHAPES)
