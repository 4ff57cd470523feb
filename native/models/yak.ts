import type { YakConfig } from '../config.ts';
import { attention, headNorm } from '../nn/attention.ts';
import { buildContext, floatInput, floatOutput, tap, type BuildContext, type BuildOptions } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import { rotary, type RopeTable } from '../nn/rope.ts';
import type { Dim } from '../onnx/dim.ts';
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { add, cast, concat, geluTanh, layerNorm, mul, reshape, silu, slice, split, splitEvenly } from '../onnx/ops.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';

/** The visual decoder, Yak: double-stream blocks (joint attention and image self-attention), then single-stream blocks. */

const NAME = 'visual_generator.backbone';
const NORM_EPS = 1e-6;
/** Width of the sinusoidal time features. */
export const TIME_FEATURES = 256;

const mlpWidth = (c: YakConfig): number => Math.trunc(c.hiddenSize * c.mlpRatio);

/** Values a row of the widest layer: queries, keys, values and the hidden layer of a single block at once. */
export const widestLayer = (c: YakConfig): number => 3 * c.hiddenSize + mlpWidth(c);

interface Modulation {
  readonly shift: Value;
  readonly scale: Value;
  readonly gate: Value;
}

interface Positions {
  /** Rows of txt, then img, then ctx. */
  readonly all: RopeTable;
  /** The same table, starting at the image's rows. */
  readonly image: RopeTable;
  /** i64 [1]: how many rows are text. */
  readonly textCount: Value;
}

/** `count` triples of (shift, scale, gate), each [1, D], from the condition vector. */
function modulate(ctx: BuildContext, c: YakConfig, vector: Value, name: string, count: number): Modulation[] {
  const d = c.hiddenSize;
  const chunks = linear(ctx, silu(ctx.g, vector), name, d, 3 * count * d, { bias: true });
  const parts = split(ctx.g, chunks, new Array<number>(3 * count).fill(d), 1);
  return Array.from({ length: count }, (_, i) => ({
    shift: parts[3 * i] as Value, scale: parts[3 * i + 1] as Value, gate: parts[3 * i + 2] as Value,
  }));
}

/** (1 + scale) · norm(x) + shift in one kernel: the modulation takes the place of the norm's own (absent) weights. */
function modulatedNorm(ctx: BuildContext, c: YakConfig, x: Value, { scale, shift }: Pick<Modulation, 'scale' | 'shift'>): Value {
  const { g } = ctx;
  const one = cast(g, g.constantF32([1], [1]), x.dataType);
  return layerNorm(g, x, reshape(g, add(g, scale, one), [c.hiddenSize]), reshape(g, shift, [c.hiddenSize]), NORM_EPS);
}

interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** Splits q, k, v (each head-major) of [1, L, 3·D] and norms the heads of q and k. */
function splitHeads(ctx: BuildContext, c: YakConfig, qkv: Value, normName: string): Heads {
  const d = c.hiddenSize;
  const [q, k, v] = split(ctx.g, qkv, [d, d, d], 2) as [Value, Value, Value];
  return {
    q: headNorm(ctx, q, `${normName}.query_norm.scale`, c.numHeads, NORM_EPS),
    k: headNorm(ctx, k, `${normName}.key_norm.scale`, c.numHeads, NORM_EPS),
    v,
  };
}

function rotated(ctx: BuildContext, c: YakConfig, { q, k, v }: Heads, table: RopeTable): Value {
  const turn = (x: Value): Value => rotary(ctx, x, table, c.numHeads, true);
  return attention(ctx, { q: turn(q), k: turn(k), v, numHeads: c.numHeads });
}

function mlp(ctx: BuildContext, c: YakConfig, x: Value, name: string): Value {
  const [d, inner] = [c.hiddenSize, mlpWidth(c)];
  return joined(ctx, inRows(ctx, x).map((rows) => {
    const hidden = geluTanh(ctx.g, linear(ctx, rows, `${name}.0`, d, inner, { bias: true }));
    return linear(ctx, hidden, `${name}.2`, inner, d, { bias: true });
  }), x.shape[0] as Dim);
}

interface Streams {
  readonly img: Value;
  readonly txt: Value;
}

/** Joint attention over text and image, then the image's own attention, then the MLPs. img [N, D], txt [L, D] */
function doubleBlock(ctx: BuildContext, c: YakConfig, { img, txt }: Streams, vector: Value, at: Positions, index: number): Streams {
  const { g } = ctx;
  const d = c.hiddenSize;
  const name = `${NAME}.double_blocks.${index}`;
  const [joint, imageMlp, self] = modulate(ctx, c, vector, `${name}.img_mod.lin`, 3) as [Modulation, Modulation, Modulation];
  const [txtJoint, txtMlp] = modulate(ctx, c, vector, `${name}.txt_mod.lin`, 2) as [Modulation, Modulation];

  const heads = (x: Value, part: string, modulation: Modulation, length: string): Heads => {
    const qkv = linear(ctx, modulatedNorm(ctx, c, x, modulation), `${name}.${part}.qkv`, d, 3 * d, { bias: c.qkvBias });
    return splitHeads(ctx, c, reshape(g, qkv, [1, length, 3 * d]), `${name}.${part}.norm`);
  };
  const project = (x: Value, part: string): Value => linear(ctx, x, `${name}.${part}.proj`, d, d, { bias: true });

  const fromText = heads(txt, 'txt_attn', txtJoint, 'L');
  const fromImage = heads(img, 'img_attn', joint, 'N');
  const together = (a: Value, b: Value): Value => concat(g, [a, b], 1);
  const attended = rotated(ctx, c, {
    q: together(fromText.q, fromImage.q), k: together(fromText.k, fromImage.k), v: together(fromText.v, fromImage.v),
  }, at.all);
  const rows = reshape(g, attended, ['L+N', d]);
  const txtRows = slice(g, rows, 0, at.textCount, 0, 'L');
  const imgRows = slice(g, rows, at.textCount, Number.MAX_SAFE_INTEGER, 0, 'N');

  // Both attentions read the same state of the image; the residuals are added in the order joint, self, MLP.
  const own = rotated(ctx, c, heads(img, 'img_self_attn', self, 'N'), at.image);
  let newImg = add(g, img, mul(g, project(imgRows, 'img_attn'), joint.gate));
  newImg = add(g, newImg, mul(g, project(reshape(g, own, ['N', d]), 'img_self_attn'), self.gate));
  newImg = add(g, newImg, mul(g, mlp(ctx, c, modulatedNorm(ctx, c, newImg, imageMlp), `${name}.img_mlp`), imageMlp.gate));

  let newTxt = add(g, txt, mul(g, project(txtRows, 'txt_attn'), txtJoint.gate));
  newTxt = add(g, newTxt, mul(g, mlp(ctx, c, modulatedNorm(ctx, c, newTxt, txtMlp), `${name}.txt_mlp`), txtMlp.gate));
  return { img: newImg, txt: newTxt };
}

/** Rows in as many pieces as the widest layers want. [L, D] → pieces of axis 0 */
const inRows = (ctx: BuildContext, x: Value): Value[] => (ctx.chunks.rows > 1 ? splitEvenly(ctx.g, x, ctx.chunks.rows, 0) : [x]);

/** Pieces of rows put together again. */
function joined(ctx: BuildContext, pieces: readonly Value[], length: Dim): Value {
  const [first] = pieces as [Value];
  return pieces.length === 1 ? first : { ...concat(ctx.g, pieces, 0), shape: [length, ...first.shape.slice(1)] };
}

/** Attention and MLP side by side over text and image together. x [L+N, D] */
function singleBlock(ctx: BuildContext, c: YakConfig, x: Value, vector: Value, at: Positions, index: number): Value {
  const { g } = ctx;
  const [d, inner] = [c.hiddenSize, mlpWidth(c)];
  const name = `${NAME}.single_blocks.${index}`;
  const [modulation] = modulate(ctx, c, vector, `${name}.modulation.lin`, 1) as [Modulation];
  const wide = inRows(ctx, modulatedNorm(ctx, c, x, modulation)).map((rows) => {
    const both = linear(ctx, rows, `${name}.linear1`, d, widestLayer(c), { bias: true });
    return split(g, both, [3 * d, inner], 1) as [Value, Value];
  });
  const qkv = joined(ctx, wide.map(([part]) => part), 'L+N');
  const heads = splitHeads(ctx, c, reshape(g, qkv, [1, 'L+N', 3 * d]), `${name}.norm`);
  const attended = inRows(ctx, reshape(g, rotated(ctx, c, heads, at.all), ['L+N', d]));
  const out = wide.map(([, hidden], i) => linear(ctx, concat(g, [attended[i] as Value, geluTanh(g, hidden)], 1), `${name}.linear2`, d + inner, d, { bias: true }));
  return add(g, x, mul(g, joined(ctx, out, 'L+N'), modulation.gate));
}

/**
 * One evaluation of the velocity for one condition.
 *
 * in: `tokens` [N, inChannels], packed target latents followed by context latents; `target_count` i64[1], how many are target;
 * `txt` [L, D] refined text; `txt_count` i64[1] = L; `pooled_vector` [1, D]; `time` [1, 256] features of the timestep;
 * `cos`, `sin` [L+N, headDim/2]; `positions` i64[1, L+N] = 0…; `image_positions` i64[1, N] = L….
 * out: `velocity` [target_count, outChannels].
 * Source: Ovis-U1 visual generator (YakModel).
 */
export function buildYak(checkpoint: Checkpoint, c: YakConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('visual decoder', checkpoint, options);
  const { g } = ctx;
  const d = c.hiddenSize;
  const half = d / c.numHeads / 2;
  const exact = { bias: true, quantise: false };
  const tokens = floatInput(ctx, 'tokens', ['N', c.inChannels]);
  let txt = floatInput(ctx, 'txt', ['L', d]);
  const [cos, sin] = [floatInput(ctx, 'cos', ['L+N', half]), floatInput(ctx, 'sin', ['L+N', half])];
  const at: Positions = {
    all: { cos, sin, positions: g.input('positions', 'i64', [1, 'L+N']) },
    image: { cos, sin, positions: g.input('image_positions', 'i64', [1, 'N']) },
    textCount: g.input('txt_count', 'i64', [1]),
  };

  const embed = (x: Value, name: string, width: number): Value => {
    const hidden = silu(g, linear(ctx, x, `${NAME}.${name}.in_layer`, width, d, exact));
    return linear(ctx, hidden, `${NAME}.${name}.out_layer`, d, d, exact);
  };
  const vector = add(g, embed(floatInput(ctx, 'time', [1, TIME_FEATURES]), 'time_in', TIME_FEATURES), floatInput(ctx, 'pooled_vector', [1, d]));
  tap(ctx, 'vec', vector);
  let img = linear(ctx, tokens, `${NAME}.img_in`, c.inChannels, d, exact);
  tap(ctx, 'img_in', img);

  for (let i = 0; i < c.depth; i++) {
    ({ img, txt } = doubleBlock(ctx, c, { img, txt }, vector, at, i));
    tap(ctx, `double.${i}.img`, img);
    tap(ctx, `double.${i}.txt`, txt);
  }
  let x = concat(g, [txt, img], 0);
  for (let i = 0; i < c.depthSingle; i++) {
    x = singleBlock(ctx, c, x, vector, at, i);
    tap(ctx, `single.${i}`, x);
  }
  // Context tokens have done their work: only the target's rows are decoded.
  const rest = slice(g, x, at.textCount, Number.MAX_SAFE_INTEGER, 0, 'N');
  const target = slice(g, rest, 0, g.input('target_count', 'i64', [1]), 0, 'n');
  const chunks = linear(ctx, silu(g, vector), `${NAME}.final_layer.adaLN_modulation.1`, d, 2 * d, exact);
  const [shift, scale] = split(g, chunks, [d, d], 1) as [Value, Value];
  floatOutput(ctx, 'velocity', linear(ctx, modulatedNorm(ctx, c, target, { shift, scale }), `${NAME}.final_layer.linear`, d, c.outChannels, exact));
  return g.build();
}
