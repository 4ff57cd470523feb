import type { VisionConfig } from '../config.ts';
import { attention } from '../nn/attention.ts';
import { floatInput, tap, weight, type BuildContext } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import { rotary, type RopeTable } from '../nn/rope.ts';
import type { Value } from '../onnx/graph.ts';
import { add, gather, gemmTransposed, mul, reshape, rmsNorm, silu, split } from '../onnx/ops.ts';

/** The vision encoder, AIMv2: patches in merge order, RMS norms, rotary rows and columns, optional windows. */

/** How tokens are gathered into windows and back; see `windowLayout`. */
interface WindowInputs {
  /** i64 [windows, cells]: which token stands in which place of which window; short windows repeat token 0. */
  readonly index: Value;
  /** i64 [N]: where in the flattened windows each token went. */
  readonly inverse: Value;
  /** [windows, 1, cells, cells]: hides the places that pad a short window. */
  readonly bias: Value;
}

function block(ctx: BuildContext, c: VisionConfig, x: Value, index: number, rope: RopeTable | null, windows: WindowInputs | null): Value {
  const { g } = ctx;
  const name = `visual_tokenizer.backbone.trunk.blocks.${index}`;
  const d = c.hiddenSize;
  const norm = (value: Value, part: string): Value => rmsNorm(g, value, weight(ctx, `${name}.${part}.weight`, [d]), c.rmsNormEps);

  const qkv = linear(ctx, norm(x, 'norm_1'), `${name}.attn.qkv`, d, 3 * d, { bias: c.qkvBias });
  const [q, k, v] = split(g, reshape(g, qkv, [1, 'N', 3 * d]), [d, d, d], 2) as [Value, Value, Value];
  const turn = (value: Value): Value => (rope ? rotary(ctx, value, rope, c.numHeads, false) : value);
  let attended: Value;
  if (windows) {
    const into = (value: Value): Value => gather(g, reshape(g, value, ['N', d]), windows.index);
    const inWindows = attention(ctx, { q: into(turn(q)), k: into(turn(k)), v: into(v), numHeads: c.numHeads, bias: windows.bias });
    attended = gather(g, reshape(g, inWindows, ['windows*cells', d]), windows.inverse);
  } else {
    attended = reshape(g, attention(ctx, { q: turn(q), k: turn(k), v, numHeads: c.numHeads }), ['N', d]);
  }
  const y = add(g, x, linear(ctx, attended, `${name}.attn.proj`, d, d, { bias: c.useBias }));

  const normed = norm(y, 'norm_2');
  const gate = linear(ctx, normed, `${name}.mlp.fc1`, d, c.intermediateSize, { bias: c.useBias });
  const up = linear(ctx, normed, `${name}.mlp.fc3`, d, c.intermediateSize, { bias: c.useBias });
  return add(g, y, linear(ctx, mul(g, silu(g, gate), up), `${name}.mlp.fc2`, c.intermediateSize, d, { bias: c.useBias }));
}

/** Which blocks look beyond their window. */
export function hasWindows(c: VisionConfig): boolean {
  return c.fullAttentionBlocks !== null && Array.from({ length: c.numLayers }, (_, i) => i).some((i) => !c.fullAttentionBlocks?.includes(i));
}

/**
 * One picture's patches through the encoder: the last block's output, before the norm that the model never uses.
 * in: `pixel_values` [N, channels·patch²], `pos_embed` [N, D] if kept, `cos`/`sin` [N, headDim/2] and `positions` i64[1, N] unless rope is off,
 * `window_index`, `window_inverse`, `window_bias` if some block has windows. → [N, D]
 * Source: AIMv2 as adapted in Ovis-U1's visual tokenizer.
 */
export function aimv2(ctx: BuildContext, c: VisionConfig): Value {
  const { g } = ctx;
  const name = 'visual_tokenizer.backbone';
  const patchWidth = c.numChannels * c.patchSize ** 2;
  const pixels = floatInput(ctx, 'pixel_values', ['N', patchWidth]);
  const kernel = weight(ctx, `${name}.preprocessor.patchifier.proj.weight`, [c.hiddenSize, c.numChannels, c.patchSize, c.patchSize], [c.hiddenSize, patchWidth]);
  const projected = gemmTransposed(g, pixels, kernel, weight(ctx, `${name}.preprocessor.patchifier.proj.bias`, [c.hiddenSize]));
  let x = rmsNorm(g, projected, weight(ctx, `${name}.preprocessor.patchifier.norm.weight`, [c.hiddenSize]), c.rmsNormEps);
  tap(ctx, 'vit.patch_norm', x);
  if (c.preserveOriginalPe) x = add(g, x, floatInput(ctx, 'pos_embed', ['N', c.hiddenSize]));
  tap(ctx, 'vit.tokens', x);

  const half = c.hiddenSize / c.numHeads / 2;
  const rope = c.disableRope ? null : {
    cos: floatInput(ctx, 'cos', ['N', half]), sin: floatInput(ctx, 'sin', ['N', half]), positions: g.input('positions', 'i64', [1, 'N']),
  };
  const windows = hasWindows(c) ? {
    index: g.input('window_index', 'i64', ['windows', 'cells']),
    inverse: g.input('window_inverse', 'i64', ['N']),
    bias: floatInput(ctx, 'window_bias', ['windows', 1, 'cells', 'cells']),
  } : null;
  for (let i = 0; i < c.numLayers; i++) {
    const full = c.fullAttentionBlocks === null || c.fullAttentionBlocks.includes(i);
    x = block(ctx, c, x, i, rope, full ? null : windows);
    tap(ctx, `vit.block${i}`, x);
  }
  return x;
}
