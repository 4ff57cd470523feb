import type { DetectedThing, Detection, MaskImage, RgbImage } from '../../../native/types.ts';
import type { Expectation } from './toyboxSet.ts';

/** Whether a picture shows what was asked for, by what the detector sees and by plain pixel maths. */

/** How far a thing's middle may be from where it should be, as a share of the picture's side. */
const PLACE_TOLERANCE = 0.12;
/** The rest of an edited picture counts as unchanged from here on: a trip through a 26 dB autoencoder leaves a little room. */
export const REST_DB = 20;

type Kind = readonly [shape: string, colour: string | null];

const isKind = (thing: DetectedThing, [shape, colour]: Kind): boolean => thing.shape === shape && (colour === null || thing.colour === colour);

/** Whether each kind is seen, one thing for each. Kinds with a colour choose first. */
function seesAll(things: readonly DetectedThing[], kinds: readonly Kind[]): boolean {
  const left = [...things];
  for (const kind of [...kinds].sort((a, b) => Number(a[1] === null) - Number(b[1] === null))) {
    const at = left.findIndex((thing) => isKind(thing, kind));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

function standsLeft(things: readonly DetectedThing[], a: Kind, b: Kind): boolean {
  return things.some((first) => isKind(first, a) && things.some((second) => second !== first && isKind(second, b) && first.x < second.x));
}

function isThere(things: readonly DetectedThing[], [shape, colour, x, y]: readonly [string, string | null, number, number]): boolean {
  return things.some((thing) => isKind(thing, [shape, colour]) && Math.hypot(thing.x - x, thing.y - y) <= PLACE_TOLERANCE);
}

function isInside(things: readonly DetectedThing[], kind: Kind, mask: MaskImage): boolean {
  return things.some((thing) => {
    const [x, y] = [Math.floor(thing.x * mask.width), Math.floor(thing.y * mask.height)];
    return isKind(thing, kind) && mask.data[y * mask.width + x]! > 0;
  });
}

/** Every condition that the detector alone can decide. `painted`: the area of an inpainting. */
export function agrees(seen: Detection, expect: Expectation, painted?: MaskImage): boolean {
  const { things } = seen;
  const { has = [], absent = [], count, total, left, at, floor, sky, inside, thing } = expect;
  return seesAll(things, has)
    && absent.every((kind) => !things.some((one) => isKind(one, kind)))
    && (count === undefined || things.filter((one) => isKind(one, [count[0], count[1]])).length === count[2])
    && (total === undefined || things.length === total)
    && (left === undefined || standsLeft(things, left[0], left[1]))
    && (at === undefined || isThere(things, at))
    && (floor === undefined || seen.floor === floor)
    && (sky === undefined || seen.sky === sky)
    && (inside === undefined || (painted !== undefined && isInside(things, inside, painted)))
    && (thing === undefined || things.some((one) => one.shape === thing[0] && one.colour === thing[1] && one.material === thing[2]));
}

/** Peak signal to noise ratio in dB over the pixels outside a mask, or over all. Infinite for equal pictures. */
export function psnr(a: RgbImage, b: RgbImage, without?: MaskImage): number {
  if (a.width !== b.width || a.height !== b.height) return 0;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < a.width * a.height; i++) {
    if (without && without.data[i]! > 0) continue;
    for (let c = 3 * i; c < 3 * i + 3; c++) sum += (a.data[c]! - b.data[c]!) ** 2;
    count += 3;
  }
  return count === 0 ? Infinity : 10 * Math.log10((255 * 255 * count) / sum);
}

/** Whether a picture is nearer to the first of some pictures than to any other. */
export const isClosest = (image: RgbImage, pictures: readonly RgbImage[]): boolean => {
  const [first, ...others] = pictures.map((picture) => psnr(image, picture));
  return others.every((other) => first! > other);
};

/** F1 of two edge maps (white on black); an edge may lie one pixel off. */
export function edgeF1(found: RgbImage, wanted: RgbImage): number {
  const share = (of: RgbImage, near: RgbImage): number => {
    let [on, met] = [0, 0];
    for (let y = 0; y < of.height; y++) {
      for (let x = 0; x < of.width; x++) {
        if (of.data[3 * (y * of.width + x)]! < 128) continue;
        on += 1;
        if (hasEdge(near, x, y)) met += 1;
      }
    }
    return on === 0 ? 0 : met / on;
  };
  if (found.width !== wanted.width || found.height !== wanted.height) return 0;
  const [precision, recall] = [share(found, wanted), share(wanted, found)];
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

function hasEdge(map: RgbImage, x: number, y: number): boolean {
  for (let v = Math.max(0, y - 1); v <= Math.min(map.height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(map.width - 1, x + 1); u++) if (map.data[3 * (v * map.width + u)]! >= 128) return true;
  }
  return false;
}

/** Pearson correlation of two grey pictures (their red channels); 0 where one of them is flat. */
export function correlation(a: RgbImage, b: RgbImage): number {
  const n = a.width * a.height;
  if (b.width * b.height !== n) return 0;
  const mean = (image: RgbImage): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += image.data[3 * i]!;
    return sum / n;
  };
  const [meanA, meanB] = [mean(a), mean(b)];
  let [cross, powerA, powerB] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.data[3 * i]! - meanA, b.data[3 * i]! - meanB];
    cross += x * y;
    powerA += x * x;
    powerB += y * y;
  }
  return powerA === 0 || powerB === 0 ? 0 : cross / Math.sqrt(powerA * powerB);
}
