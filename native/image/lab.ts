/** CIE Lab (D65) of sRGB bytes, and how different two colours look. */

export type Lab = [l: number, a: number, b: number];

const linear = Float64Array.from({ length: 256 }, (_, v) => {
  const c = v / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});

const white = [0.95047, 1, 1.08883] as const;
const epsilon = 216 / 24389;
const kappa = 24389 / 27;

function forward(t: number): number {
  return t > epsilon ? Math.cbrt(t) : (kappa * t + 16) / 116;
}

function backward(t: number): number {
  const cube = t * t * t;
  return cube > epsilon ? cube : (116 * t - 16) / kappa;
}

/**
 * Lab of an sRGB byte triple: L in 0..100. Source: IEC 61966-2-1, CIE 15.
 */
export function rgbToLab(r: number, g: number, b: number): Lab {
  const lr = linear[r]!;
  const lg = linear[g]!;
  const lb = linear[b]!;
  const x = forward((0.4124564 * lr + 0.3575761 * lg + 0.1804375 * lb) / white[0]);
  const y = forward(0.2126729 * lr + 0.7151522 * lg + 0.072175 * lb);
  const z = forward((0.0193339 * lr + 0.119192 * lg + 0.9503041 * lb) / white[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function encode(c: number): number {
  const v = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
  return Math.min(255, Math.max(0, Math.round(v * 255)));
}

/**
 * The sRGB bytes nearest to a Lab colour, clamped to the gamut channel by channel.
 */
export function labToRgb([l, a, b]: Lab): [number, number, number] {
  const fy = (l + 16) / 116;
  const x = backward(fy + a / 500) * white[0];
  const y = backward(fy);
  const z = backward(fy - b / 200) * white[2];
  return [
    encode(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
    encode(-0.969266 * x + 1.8760108 * y + 0.041556 * z),
    encode(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
  ];
}

const degree = Math.PI / 180;

/** Hue angle in degrees, 0 for a grey. */
function hue(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const h = Math.atan2(b, a) / degree;
  return h < 0 ? h + 360 : h;
}

/**
 * The CIEDE2000 difference of two colours: about 1 is just visible. Source: Sharma, Wu and Dalal 2005.
 */
export function deltaE2000([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const meanC = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7)));
  const ap1 = (1 + g) * a1;
  const ap2 = (1 + g) * a2;
  const c1 = Math.hypot(ap1, b1);
  const c2 = Math.hypot(ap2, b2);
  const h1 = hue(ap1, b1);
  const h2 = hue(ap2, b2);
  const grey = c1 * c2 === 0;
  let dh = grey ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  let meanH = h1 + h2;
  if (!grey) {
    if (Math.abs(h1 - h2) > 180) meanH += meanH < 360 ? 360 : -360;
    meanH /= 2;
  }
  const dL = l2 - l1;
  const dC = c2 - c1;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((dh / 2) * degree);
  const meanL = (l1 + l2) / 2;
  const cMean = (c1 + c2) / 2;
  const t =
    1 -
    0.17 * Math.cos((meanH - 30) * degree) +
    0.24 * Math.cos(2 * meanH * degree) +
    0.32 * Math.cos((3 * meanH + 6) * degree) -
    0.2 * Math.cos((4 * meanH - 63) * degree);
  const sL = 1 + (0.015 * (meanL - 50) ** 2) / Math.sqrt(20 + (meanL - 50) ** 2);
  const sC = 1 + 0.045 * cMean;
  const sH = 1 + 0.015 * cMean * t;
  const rC = 2 * Math.sqrt(cMean ** 7 / (cMean ** 7 + 25 ** 7));
  const rT = -Math.sin(60 * Math.exp(-(((meanH - 275) / 25) ** 2)) * degree) * rC;
  return Math.sqrt((dL / sL) ** 2 + (dC / sC) ** 2 + (dH / sH) ** 2 + rT * (dC / sC) * (dH / sH));
}
