import type { VaeConfig } from '../config.ts';
import { attention } from '../nn/attention.ts';
import { buildContext, floatInput, floatOutput, tap, weight, type BuildContext, type BuildOptions } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import type { Dim } from '../onnx/dim.ts';
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { add, clip, conv2d, groupNorm, reshape, silu, slice, transpose, upsampleNearest2 } from '../onnx/ops.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';

/** The SDXL autoencoder: encoder to a posterior's mean and log variance, decoder to pixels. Latents are 8 times smaller than pixels. */

const NAME = 'visual_generator.vae';
const NORM_EPS = 1e-6;
const [LOGVAR_MIN, LOGVAR_MAX] = [-30, 20];

function conv(ctx: BuildContext, x: Value, name: string, out: number, kernel: 1 | 3): Value {
  const channels = x.shape[1] as number;
  const pad = (kernel - 1) / 2;
  return conv2d(
    ctx.g, x, weight(ctx, `${name}.weight`, [out, channels, kernel, kernel]), weight(ctx, `${name}.bias`, [out]),
    { stride: 1, pads: [pad, pad, pad, pad] }, x.shape.slice(2) as [Dim, Dim],
  );
}

function norm(ctx: BuildContext, c: VaeConfig, x: Value, name: string): Value {
  const channels = [x.shape[1] as number];
  return groupNorm(ctx.g, x, c.normNumGroups, weight(ctx, `${name}.weight`, channels), weight(ctx, `${name}.bias`, channels), NORM_EPS);
}

function resnet(ctx: BuildContext, c: VaeConfig, x: Value, name: string, out: number): Value {
  const { g } = ctx;
  const first = conv(ctx, silu(g, norm(ctx, c, x, `${name}.norm1`)), `${name}.conv1`, out, 3);
  const second = conv(ctx, silu(g, norm(ctx, c, first, `${name}.norm2`)), `${name}.conv2`, out, 3);
  const shortcut = x.shape[1] === out ? x : conv(ctx, x, `${name}.conv_shortcut`, out, 1);
  return add(g, shortcut, second);
}

/** One head over all places of the picture, with a residual. */
function midAttention(ctx: BuildContext, c: VaeConfig, x: Value, name: string): Value {
  const { g } = ctx;
  const [, channels, h, w] = x.shape as [Dim, number, Dim, Dim];
  const flat = (value: Value): Value => {
    const rows = reshape(g, value, [1, channels, 'h*w']);
    return reshape(g, transpose(g, rows, [0, 2, 1]), ['h*w', channels]);
  };
  const places = flat(norm(ctx, c, x, `${name}.group_norm`));
  const project = (part: string): Value =>
    reshape(g, linear(ctx, places, `${name}.${part}`, channels, channels, { bias: true, quantise: false }), [1, 'h*w', channels]);
  const attended = attention(ctx, { q: project('to_q'), k: project('to_k'), v: project('to_v'), numHeads: 1 });
  const out = linear(ctx, reshape(g, attended, ['h*w', channels]), `${name}.to_out.0`, channels, channels, { bias: true, quantise: false });
  const columns = transpose(g, out, [1, 0]);
  // The shape of x is not known in numbers: borrow it from x itself.
  return add(g, x, reshapeLike(ctx, columns, x, [1, channels, h, w]));
}

function reshapeLike(ctx: BuildContext, value: Value, like: Value, shape: readonly Dim[]): Value {
  const { g } = ctx;
  const target = g.node('Shape', [like], [{ dataType: 'i64', shape: [shape.length] }])[0] as Value;
  return g.node('Reshape', [value, target], [{ dataType: value.dataType, shape }])[0] as Value;
}

function middle(ctx: BuildContext, c: VaeConfig, x: Value, name: string): Value {
  const channels = x.shape[1] as number;
  const before = resnet(ctx, c, x, `${name}.resnets.0`, channels);
  return resnet(ctx, c, midAttention(ctx, c, before, `${name}.attentions.0`), `${name}.resnets.1`, channels);
}

const times = (factor: number, name: string): Dim => (factor === 1 ? name : `${factor}*${name}`);

/**
 * Pixels to the posterior over latents. in: `pixels` [1, 3, 8h, 8w] in −1…1. out: `mean`, `logvar` [1, C, h, w], logvar clamped to −30…20.
 * Halving pads right and below by one. Source: diffusers AutoencoderKL.
 */
export function buildVaeEncoder(checkpoint: Checkpoint, c: VaeConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('VAE encoder', checkpoint, options);
  const { g } = ctx;
  const name = `${NAME}.encoder`;
  const widths = c.blockOutChannels;
  let factor = 2 ** (widths.length - 1);
  let x = floatInput(ctx, 'pixels', [1, c.inChannels, times(factor, 'h'), times(factor, 'w')]);
  x = conv(ctx, x, `${name}.conv_in`, widths[0] as number, 3);
  widths.forEach((out, b) => {
    for (let r = 0; r < c.layersPerBlock; r++) x = resnet(ctx, c, x, `${name}.down_blocks.${b}.resnets.${r}`, out);
    if (b < widths.length - 1) {
      factor /= 2;
      const down = `${name}.down_blocks.${b}.downsamplers.0.conv`;
      x = conv2d(
        g, x, weight(ctx, `${down}.weight`, [out, out, 3, 3]), weight(ctx, `${down}.bias`, [out]),
        { stride: 2, pads: [0, 0, 1, 1] }, [times(factor, 'h'), times(factor, 'w')],
      );
    }
    tap(ctx, `vae.enc.down.${b}`, x);
  });
  x = middle(ctx, c, x, `${name}.mid_block`);
  tap(ctx, 'vae.enc.mid', x);
  x = conv(ctx, silu(g, norm(ctx, c, x, `${name}.conv_norm_out`)), `${name}.conv_out`, 2 * c.latentChannels, 3);
  const moments = conv(ctx, x, `${NAME}.quant_conv`, 2 * c.latentChannels, 1);
  floatOutput(ctx, 'mean', slice(g, moments, 0, c.latentChannels, 1, c.latentChannels));
  floatOutput(ctx, 'logvar', clip(g, slice(g, moments, c.latentChannels, 2 * c.latentChannels, 1, c.latentChannels), LOGVAR_MIN, LOGVAR_MAX));
  return g.build();
}

/**
 * Latents to pixels. in: `latents` [1, C, h, w], already divided by the scaling factor. out: `pixels` [1, 3, 8h, 8w], not clamped.
 * Source: diffusers AutoencoderKL.
 */
export function buildVaeDecoder(checkpoint: Checkpoint, c: VaeConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('VAE decoder', checkpoint, options);
  const { g } = ctx;
  const name = `${NAME}.decoder`;
  const widths = [...c.blockOutChannels].reverse();
  const latents = floatInput(ctx, 'latents', [1, c.latentChannels, 'h', 'w']);
  let x = conv(ctx, latents, `${NAME}.post_quant_conv`, c.latentChannels, 1);
  x = conv(ctx, x, `${name}.conv_in`, widths[0] as number, 3);
  x = middle(ctx, c, x, `${name}.mid_block`);
  tap(ctx, 'vae.dec.mid', x);
  widths.forEach((out, b) => {
    // The decoder has one resnet more per block than the encoder.
    for (let r = 0; r <= c.layersPerBlock; r++) x = resnet(ctx, c, x, `${name}.up_blocks.${b}.resnets.${r}`, out);
    if (b < widths.length - 1) x = conv(ctx, upsampleNearest2(g, x), `${name}.up_blocks.${b}.upsamplers.0.conv`, out, 3);
    tap(ctx, `vae.dec.up.${b}`, x);
  });
  x = silu(g, norm(ctx, c, x, `${name}.conv_norm_out`));
  floatOutput(ctx, 'pixels', conv(ctx, x, `${name}.conv_out`, c.outChannels, 3));
  return g.build();
}
