import { EngineError } from '../errors.ts';
import type { DetectedThing, Detection } from '../types.ts';

/** From the detector's channels to the things of a picture. Source: training/detector.py, step by step. */

/** A peak of the heat map from here on is a thing; fewer pixels than this are none. */
const PEAK = 0.35;
const LEAST_PIXELS = 5;
/** Half the side of the window in which a peak is the highest. */
const REACH = 2;

export interface DetectorMaps {
  /** [channels, height, width] */
  readonly channels: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly parts: ReadonlyMap<string, readonly string[]>;
}

const partNames = ['shape', 'colour', 'material', 'centre', 'floor', 'sky'] as const;
type PartName = (typeof partNames)[number];

/** One part's channels as [names, places]. */
interface Part {
  readonly names: readonly string[];
  readonly values: Float32Array;
}

/** The parts by name; CONFIG_INVALID where one is missing. */
export function checkDetectorParts(parts: ReadonlyMap<string, readonly string[]>): void {
  for (const name of partNames) {
    if (!parts.has(name)) throw new EngineError('CONFIG_INVALID', `the detector's config names no part "${name}"`, { field: `parts.${name}` });
  }
  if (parts.get('shape')![0] !== 'none') throw new EngineError('CONFIG_INVALID', 'the first shape of a detector must be "none"', { field: 'parts.shape' });
}

function splitParts({ channels, height, width, parts }: DetectorMaps): Record<PartName, Part> {
  const places = height * width;
  let at = 0;
  const entries = [...parts].map(([name, names]) => {
    const values = channels.subarray(at * places, (at + names.length) * places);
    at += names.length;
    return [name, { names, values }] as const;
  });
  return Object.fromEntries(entries) as Record<PartName, Part>;
}

/** Probabilities over a part's names at every place. */
function softmax({ names, values }: Part, places: number): Part {
  const out = new Float32Array(values.length);
  for (let i = 0; i < places; i++) {
    let top = -Infinity;
    for (let c = 0; c < names.length; c++) top = Math.max(top, values[c * places + i]!);
    let total = 0;
    for (let c = 0; c < names.length; c++) total += out[c * places + i] = Math.exp(values[c * places + i]! - top);
    for (let c = 0; c < names.length; c++) out[c * places + i]! /= total;
  }
  return { names, values: out };
}

/** The name with the highest mean over the chosen places; `first` skips names before it. */
function voted({ names, values }: Part, chosen: readonly number[], places: number, first = 0): string {
  let best = first;
  let bestSum = -Infinity;
  for (let c = first; c < names.length; c++) {
    let sum = 0;
    for (const i of chosen) sum += values[c * places + i]!;
    if (sum > bestSum) [best, bestSum] = [c, sum];
  }
  return names[best]!;
}

function findPeaks(heat: Float32Array, height: number, width: number): { x: number; y: number }[] {
  const peaks: { x: number; y: number }[] = [];
  const threshold = Math.log(PEAK / (1 - PEAK));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = heat[y * width + x]!;
      if (value < threshold) continue;
      let highest = true;
      for (let v = Math.max(0, y - REACH); highest && v <= Math.min(height - 1, y + REACH); v++) {
        for (let u = Math.max(0, x - REACH); u <= Math.min(width - 1, x + REACH); u++) {
          if (heat[v * width + u]! > value) highest = false;
        }
      }
      if (highest) peaks.push({ x, y });
    }
  }
  return peaks;
}

/** Every place that shows a thing goes to the nearest peak. */
function gather(on: readonly number[], peaks: readonly { x: number; y: number }[], width: number): number[][] {
  const groups: number[][] = peaks.map(() => []);
  for (const i of on) {
    const [x, y] = [i % width, Math.floor(i / width)];
    let best = 0;
    let bestDistance = Infinity;
    peaks.forEach((peak, k) => {
      const distance = (peak.x - x) ** 2 + (peak.y - y) ** 2;
      if (distance < bestDistance) [best, bestDistance] = [k, distance];
    });
    groups[best]!.push(i);
  }
  return groups;
}

/** Reads the detector's output. */
export function readDetection(maps: DetectorMaps): Detection {
  const { height, width } = maps;
  const places = height * width;
  const raw = splitParts(maps);
  const shape = softmax(raw.shape, places);
  const [colour, material] = [softmax(raw.colour, places), softmax(raw.material, places)];
  const on: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < places; i++) (shape.values[i]! < 0.5 ? on : bare).push(i);

  const peaks = findPeaks(raw.centre.values, height, width);
  const things: DetectedThing[] = [];
  if (peaks.length > 0) {
    gather(on, peaks, width).forEach((mine, k) => {
      if (mine.length < LEAST_PIXELS) return;
      things.push({
        shape: voted(shape, mine, places, 1), colour: voted(colour, mine, places), material: voted(material, mine, places),
        x: (peaks[k]!.x + 0.5) / width, y: (peaks[k]!.y + 0.5) / height, area: mine.length / places,
      });
    });
  }
  const everywhere = (chosen: readonly number[]): readonly number[] => (chosen.length > 0 ? chosen : Array.from({ length: places }, (_, i) => i));
  const lower = bare.filter((i) => i >= Math.floor(height / 2) * width);
  return { things, floor: voted(raw.floor, everywhere(lower), places), sky: voted(raw.sky, everywhere(bare), places) };
}
