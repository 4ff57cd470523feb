import { toBytes, toVaeInput } from '../image/preprocess.ts';
import { packLatents, unpackLatents } from '../latents/pack.ts';
import { queryChunksFor } from '../nn/attention.ts';
import { f32Tensor, type HostTensor } from '../onnx/session.ts';
import type { RgbImage } from '../types.ts';
import type { PipelineContext } from './context.ts';
import type { TokenGrid } from './decoder.ts';
import { floats } from './networks.ts';

/** Between pictures and the decoder's tokens, through the VAE. */

/** Pixels along one side of a latent pixel, and of a token. */
const LATENT = 8;
export const TOKEN = 16;

const midChunks = (ctx: PipelineContext, places: number): number =>
  ctx.networks.choice.attention === 'fused' ? 1 : queryChunksFor(1, places, places, 4);

function observeAll(ctx: PipelineContext, scope: string, outputs: Readonly<Record<string, HostTensor>>): void {
  for (const [name, tensor] of Object.entries(outputs)) ctx.observe?.(`${scope}.${name}`, tensor.data, tensor.shape);
}

/**
 * A picture's packed context latents: the posterior's mean times the scaling factor, so that a seed reproduces an edit.
 * image [h, w] with sides that are multiples of 16. `scope` names observed values.
 */
export async function encodePicture(ctx: PipelineContext, image: RgbImage, scope: string): Promise<TokenGrid> {
  const { vae } = ctx.checkpoint.config;
  const pixels = toVaeInput(image);
  ctx.observe?.(`${scope}.vae_pixel_values`, pixels, [1, 3, image.height, image.width]);
  const [height, width] = [image.height / LATENT, image.width / LATENT];
  const outputs = await ctx.networks.run('vaeEncoder', { pixels: f32Tensor(pixels, [1, 3, image.height, image.width]) }, midChunks(ctx, height * width));
  observeAll(ctx, scope, outputs);
  const scaled = floats(outputs, 'mean').map((value) => value * vae.scalingFactor);
  const tokens = packLatents(scaled, { channels: vae.latentChannels, height, width });
  ctx.observe?.(`${scope}.ctx_tokens`, tokens, [tokens.length / (4 * vae.latentChannels), 4 * vae.latentChannels]);
  return { tokens, rows: image.height / TOKEN, columns: image.width / TOKEN };
}

/** Finished tokens to a picture's bytes. */
export async function decodePicture(ctx: PipelineContext, grid: TokenGrid, scope: string): Promise<RgbImage> {
  const { vae } = ctx.checkpoint.config;
  const shape = { channels: vae.latentChannels, height: 2 * grid.rows, width: 2 * grid.columns };
  const latents = unpackLatents(grid.tokens, shape);
  const dims = [1, shape.channels, shape.height, shape.width];
  ctx.observe?.(`${scope}.latent`, latents, dims);
  const scaled = latents.map((value) => value / vae.scalingFactor);
  const outputs = await ctx.networks.run('vaeDecoder', { latents: f32Tensor(scaled, dims) }, midChunks(ctx, shape.height * shape.width));
  observeAll(ctx, scope, outputs);
  const size = { width: TOKEN * grid.columns, height: TOKEN * grid.rows };
  const image = toBytes(floats(outputs, 'pixels'), size);
  ctx.observe?.(`${scope}.image_u8`, image.data, [size.height, size.width, 3]);
  return image;
}
