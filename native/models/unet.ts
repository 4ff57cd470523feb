import type { UnetConfig } from '../config/unet.ts';
import { buildContext, floatInput, floatOutput, weight, type BuildContext, type BuildOptions } from '../nn/context.ts';
import { product, type Dim } from '../onnx/dim.ts';
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { concat, conv2d, groupNorm, silu, upsampleNearest2 } from '../onnx/ops.ts';
import type { Weights } from '../weights/weights.ts';

/** A small U-Net from pictures to per-pixel channels: the detector and the depth estimator. */

const NORM_EPS = 1e-6;

const half = (dim: Dim, level: number): Dim => product([2 ** level, dim]);

function conv(ctx: BuildContext, x: Value, name: string, out: number, spatial: readonly [Dim, Dim], stride: 1 | 2 = 1): Value {
  const w = weight(ctx, `${name}.weight`, [out, x.shape[1] as number, 3, 3]);
  return conv2d(ctx.g, x, w, weight(ctx, `${name}.bias`, [out]), { stride, pads: [1, 1, 1, 1] }, spatial);
}

const size = (x: Value): [Dim, Dim] => x.shape.slice(2) as [Dim, Dim];

function normed(ctx: BuildContext, c: UnetConfig, x: Value, name: string): Value {
  const channels = [x.shape[1] as number];
  return silu(ctx.g, groupNorm(ctx.g, x, c.normGroups, weight(ctx, `${name}.weight`, channels), weight(ctx, `${name}.bias`, channels), NORM_EPS));
}

/** Two convolutions, each with its norm. x [1, any, h, w] → [1, out, h, w] */
function block(ctx: BuildContext, c: UnetConfig, x: Value, name: string, out: number): Value {
  const first = normed(ctx, c, conv(ctx, x, `${name}.conv1`, out, size(x)), `${name}.norm1`);
  return normed(ctx, c, conv(ctx, first, `${name}.conv2`, out, size(x)), `${name}.norm2`);
}

/**
 * in: `pixels` [1, 3, f·h, f·w] in −1…1, f = 2^levels. out: `channels` [1, outChannels, f·h, f·w], or half as large without a fine stage.
 */
export function buildUnet(weights: Weights, c: UnetConfig, name: string, options: BuildOptions): BuiltGraph {
  const ctx = buildContext(name, weights, options);
  const { g } = ctx;
  const levels = c.widths.length;
  const picture = floatInput(ctx, 'pixels', [1, c.inChannels, half('h', levels), half('w', levels)]);
  const seen: Value[] = [];
  let x = picture;
  c.widths.forEach((out, level) => {
    const smaller: [Dim, Dim] = [half('h', levels - level - 1), half('w', levels - level - 1)];
    const entry = level === 0 ? 'conv_in' : `samples.${level - 1}`;
    x = block(ctx, c, conv(ctx, x, entry, out, smaller, 2), `down.${level}`, out);
    seen.push(x);
  });
  for (let level = levels - 2; level >= 0; level--) {
    const joined = concat(g, [upsampleNearest2(g, x), seen[level] as Value], 1);
    x = block(ctx, c, joined, `up.${level}`, c.widths[level] as number);
  }
  if (c.fineChannels > 0) {
    const joined = concat(g, [upsampleNearest2(g, x), picture], 1);
    x = normed(ctx, c, conv(ctx, joined, 'conv_fine', c.fineChannels, size(picture)), 'norm_fine');
  }
  floatOutput(ctx, 'channels', conv(ctx, x, 'conv_out', c.outChannels, size(x)));
  return g.build();
}
