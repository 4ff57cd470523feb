import { toBytes, toVaeInput } from '../image/preprocess.ts';
import { packLatents, unpackLatents } from '../latents/pack.ts';
import { f32Tensor, type HostTensor } from '../onnx/session.ts';
import type { RgbImage, RunOptions } from '../types.ts';
import { breathe, throwIfCancelled, type PipelineContext } from './context.ts';
import type { TokenGrid } from './decoder.ts';
import { floats } from './networks.ts';
import { cut, Patchwork, piecesOf } from './tiles.ts';

/** Between pictures and the decoder's tokens, through the VAE. */

/** Pixels along one side of a latent pixel, and of a token. */
const LATENT = 8;
export const TOKEN = 16;

function observeAll(ctx: PipelineContext, scope: string, outputs: Readonly<Record<string, HostTensor>>): void {
  for (const [name, tensor] of Object.entries(outputs)) ctx.observe?.(`${scope}.${name}`, tensor.data, tensor.shape);
}

/** Pieces of the autoencoder overlap by a quarter of their side. */
const overlapOf = (tile: number): number => tile / 4;

interface Planes {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

type AutoencoderName = 'vaeEncoder' | 'vaeDecoder';
const ports: Readonly<Record<AutoencoderName, readonly [input: string, output: string, scale: number]>> = {
  vaeEncoder: ['pixels', 'mean', 1 / LATENT], vaeDecoder: ['latents', 'pixels', LATENT],
};

/** One half of the autoencoder over the whole picture, or piece by piece with blended seams. `tile` in pixels, null = whole. → [channels, height, width] */
async function through(ctx: PipelineContext, name: AutoencoderName, { data, width, height }: Planes, tile: number | null, scope: string, run: RunOptions): Promise<Float32Array> {
  const [input, output, scale] = ports[name];
  const latentPlaces = (name === 'vaeEncoder' ? scale : 1) ** 2;
  const once = async (planes: Float32Array, size: { readonly width: number; readonly height: number }): Promise<Record<string, HostTensor>> => {
    const places = size.width * size.height;
    return ctx.networks.run(name, { [input]: f32Tensor(planes, [1, planes.length / places, size.height, size.width]) }, ctx.networks.attentionChunks(1, places * latentPlaces, places * latentPlaces));
  };
  const pixelsOf = name === 'vaeEncoder' ? 1 : LATENT;
  if (tile === null || tile >= Math.max(width, height) * pixelsOf) {
    const outputs = await once(data, { width, height });
    observeAll(ctx, scope, outputs);
    return floats(outputs, output);
  }
  const [side, overlap] = [tile / pixelsOf, overlapOf(tile) / pixelsOf];
  let work: Patchwork | undefined;
  // Pieces begin at whole latent places, so that both halves cut alike.
  const unit = name === 'vaeEncoder' ? LATENT : 1;
  for (const piece of piecesOf({ width: width / unit, height: height / unit }, side / unit, overlap / unit)) {
    const from = { left: piece.left * unit, top: piece.top * unit, width: piece.width * unit, height: piece.height * unit };
    const drawn = floats(await once(cut(data, { width, height }, from), from), output);
    const to = { left: from.left * scale, top: from.top * scale, width: from.width * scale, height: from.height * scale };
    work ??= new Patchwork({ width: width * scale, height: height * scale }, drawn.length / (to.width * to.height), overlap * scale);
    work.add(drawn, to);
    await breathe();
    throwIfCancelled(run);
  }
  return (work as Patchwork).whole();
}

/**
 * A picture's packed context latents: the posterior's mean times the scaling factor, so that a seed reproduces an edit.
 * image [h, w] with sides that are multiples of 16. `scope` names observed values; `tile`: see GuidedJob.
 */
export async function encodePicture(ctx: PipelineContext, image: RgbImage, scope: string, tile: number | null = null, run: RunOptions = {}): Promise<TokenGrid> {
  const { vae } = ctx.checkpoint.config;
  const pixels = toVaeInput(image);
  ctx.observe?.(`${scope}.vae_pixel_values`, pixels, [1, 3, image.height, image.width]);
  const [height, width] = [image.height / LATENT, image.width / LATENT];
  const mean = await through(ctx, 'vaeEncoder', { data: pixels, width: image.width, height: image.height }, tile, scope, run);
  const scaled = mean.map((value) => value * vae.scalingFactor);
  const tokens = packLatents(scaled, { channels: vae.latentChannels, height, width });
  ctx.observe?.(`${scope}.ctx_tokens`, tokens, [tokens.length / (4 * vae.latentChannels), 4 * vae.latentChannels]);
  return { tokens, rows: image.height / TOKEN, columns: image.width / TOKEN };
}

/** Finished tokens to a picture's bytes. CANCELLED between pieces. */
export async function decodePicture(ctx: PipelineContext, grid: TokenGrid, scope: string, tile: number | null = null, run: RunOptions = {}): Promise<RgbImage> {
  const { vae } = ctx.checkpoint.config;
  const shape = { channels: vae.latentChannels, height: 2 * grid.rows, width: 2 * grid.columns };
  const latents = unpackLatents(grid.tokens, shape);
  const dims = [1, shape.channels, shape.height, shape.width];
  ctx.observe?.(`${scope}.latent`, latents, dims);
  const scaled = latents.map((value) => value / vae.scalingFactor);
  const pixels = await through(ctx, 'vaeDecoder', { data: scaled, width: shape.width, height: shape.height }, tile, scope, run);
  const size = { width: TOKEN * grid.columns, height: TOKEN * grid.rows };
  const image = toBytes(pixels, size);
  ctx.observe?.(`${scope}.image_u8`, image.data, [size.height, size.width, 3]);
  return image;
}
