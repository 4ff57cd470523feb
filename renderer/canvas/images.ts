import { fullUrl } from '../studio/picture.ts';

/** A stored picture, decoded. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly source: ImageBitmap;
  /** How many are drawing from it, a piece a frame: it stays open. */
  users: number;
  /** Somebody has drawn it already, and who has not may not be waiting for it. */
  drawn: boolean;
}

/** Pixels kept decoded: what is drawn lives in tiles already, so this only spares decoding again. */
const keptPixels = 20 * 1024 * 1024;
/** The same with those that nobody has drawn yet: let go too early, they would have to be decoded once more. */
const mostPixels = 96 * 1024 * 1024;
/** Pictures on their way at a time: more would be let go before they are drawn. */
const loadsAtOnce = 2;

const decoded = new Map<string, Decoded>();
const loading = new Map<string, Promise<Decoded | undefined>>();
const failed = new Set<string>();
const listeners = new Set<(hash: string) => void>();

/** Called when a picture has arrived, or is known never to. */
export function onImage(listener: (hash: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let running = 0;
const queue: (() => void)[] = [];

/** Waits for one of the few places. */
async function place(): Promise<void> {
  if (running >= loadsAtOnce) await new Promise<void>((resolve) => { queue.push(resolve); });
  else running++;
}

function leave(): void {
  const next = queue.shift();
  if (next === undefined) running--;
  else next();
}

async function load(hash: string): Promise<Decoded | undefined> {
  await place();
  try {
    const answer = await fetch(fullUrl(hash));
    if (!answer.ok) throw new Error(`no picture: ${answer.status}`);
    return await decode(hash, await answer.blob());
  } catch {
    failed.add(hash);
    return undefined;
  } finally {
    leave();
    loading.delete(hash);
    for (const listener of listeners) listener(hash);
  }
}

async function decode(hash: string, blob: Blob): Promise<Decoded> {
  const source = await createImageBitmap(blob);
  const made: Decoded = { width: source.width, height: source.height, source, users: 0, drawn: false };
  decoded.set(hash, made);
  letGo(hash);
  return made;
}

/** Closes what is not worth keeping, the longest unused first; not `newest`. */
function letGo(newest?: string): void {
  let pixels = [...decoded.values()].reduce((sum, one) => sum + one.width * one.height, 0);
  for (const [key, one] of decoded) {
    if (pixels <= (one.drawn ? keptPixels : mostPixels) || key === newest || one.users > 0) continue;
    pixels -= one.width * one.height;
    decoded.delete(key);
    one.source.close();
  }
}

/** Keeps a picture open while it is drawn, until it is given back. */
export function borrow(image: Decoded): void {
  image.users++;
}

export function giveBack(image: Decoded): void {
  image.users--;
  image.drawn = true;
  letGo();
}

/** The picture if it is here; otherwise it is fetched and the listeners hear of it. */
export function imageOf(hash: string): Decoded | undefined {
  const known = decoded.get(hash);
  if (known !== undefined) {
    decoded.delete(hash);
    decoded.set(hash, known);
    return known;
  }
  if (!failed.has(hash)) void loadImage(hash);
  return undefined;
}

/** Whether a picture's file turned out to be gone: it is drawn as nothing, and the layers panel says so. */
export function isGone(hash: string): boolean {
  return failed.has(hash);
}

/** Waits until the picture is decoded; undefined where its file is gone. */
export function loadImage(hash: string): Promise<Decoded | undefined> {
  const known = decoded.get(hash);
  if (known !== undefined) return Promise.resolve(known);
  let arriving = loading.get(hash);
  if (arriving === undefined) {
    failed.delete(hash);
    arriving = load(hash);
    loading.set(hash, arriving);
  }
  return arriving;
}
