import { textGuidance, textImageGuidance } from '../guidance/guidance.ts';
import { tokenIds } from '../latents/pack.ts';
import { widestLayer } from '../models/yak.ts';
import { rowChunksFor, type Chunks } from '../nn/chunks.ts';
import { axesRope, type RopeValues } from '../nn/ropeTable.ts';
import { f32Tensor, i64Tensor, type HostTensor } from '../onnx/session.ts';
import { timeFeatures } from '../schedulers/timeFeatures.ts';
import type { Condition } from './conditioning.ts';
import type { PipelineContext } from './context.ts';
import { floats } from './networks.ts';

/** The visual decoder at work: one velocity per branch, then guidance. */

/** Packed latents of one picture; sides in tokens (16 pixels each). */
export interface TokenGrid {
  readonly tokens: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** One condition of the decoder, with everything that does not change from step to step. */
export interface Branch {
  readonly condition: Condition;
  readonly context: readonly TokenGrid[];
  readonly rope: RopeValues;
  readonly constants: Readonly<Record<string, HostTensor>>;
  readonly chunks: Chunks;
}

/** Rotary ids of a sequence: text rows are all zero, the target has axis 0 = 0, the i-th context picture i. */
function sequenceIds(textRows: number, target: Omit<TokenGrid, 'tokens'>, context: readonly TokenGrid[]): Float32Array {
  const parts = [target, ...context].map(({ rows, columns }, axis0) => tokenIds(2 * rows, 2 * columns, axis0));
  const out = new Float32Array(3 * textRows + parts.reduce((sum, part) => sum + part.length, 0));
  let at = 3 * textRows;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const counting = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Prepares a branch once per run: rotary table, refined text, context tokens. */
export function makeBranch(ctx: PipelineContext, condition: Condition, target: Omit<TokenGrid, 'tokens'>, context: readonly TokenGrid[]): Branch {
  const { yak } = ctx.checkpoint.config;
  const textRows = condition.count;
  const rope = axesRope(sequenceIds(textRows, target, context), yak.axesDim, yak.theta);
  const imageRows = rope.rows - textRows;
  const elementBytes = ctx.networks.choice.precision === 'fp16' ? 2 : 4;
  return {
    condition, context, rope,
    chunks: { ...ctx.networks.attentionChunks(yak.numHeads, rope.rows, rope.rows, elementBytes), rows: rowChunksFor(ctx.networks.device, rope.rows, widestLayer(yak), elementBytes) },
    constants: {
      txt: f32Tensor(condition.textFeatures, [textRows, yak.hiddenSize]),
      txt_count: i64Tensor([textRows]),
      pooled_vector: f32Tensor(condition.vector, [1, yak.hiddenSize]),
      cos: f32Tensor(rope.cos, [rope.rows, rope.pairs]),
      sin: f32Tensor(rope.sin, [rope.rows, rope.pairs]),
      positions: i64Tensor(counting(0, rope.rows), [1, rope.rows]),
      image_positions: i64Tensor(counting(textRows, imageRows), [1, imageRows]),
      target_count: i64Tensor([target.rows * target.columns]),
    },
  };
}

/** The velocity of one branch at time t. x [n, 4C] → [n, 4C] */
export async function branchVelocity(ctx: PipelineContext, branch: Branch, x: Float32Array, t: number): Promise<Record<string, HostTensor>> {
  const { inChannels } = ctx.checkpoint.config.yak;
  let tokens = x;
  if (branch.context.length > 0) {
    tokens = new Float32Array(x.length + branch.context.reduce((sum, grid) => sum + grid.tokens.length, 0));
    tokens.set(x);
    let at = x.length;
    for (const grid of branch.context) {
      tokens.set(grid.tokens, at);
      at += grid.tokens.length;
    }
  }
  const time = timeFeatures(t);
  return ctx.networks.run('yak', {
    ...branch.constants,
    tokens: f32Tensor(tokens, [tokens.length / inChannels, inChannels]),
    time: f32Tensor(time, [1, time.length]),
  }, branch.chunks);
}

/** Which branches guidance mixes. Without a picture: uncond and cond. With: noBoth, noTxt, cond. */
export type Guidance =
  | { readonly kind: 'text'; readonly txtCfg: number; readonly cond: Branch; readonly uncond: Branch }
  | { readonly kind: 'textImage'; readonly txtCfg: number; readonly imgCfg: number; readonly cond: Branch; readonly noTxt: Branch; readonly noBoth: Branch };

/** One branch's velocity, told to whoever observes. */
async function namedVelocity(ctx: PipelineContext, branch: Branch, x: Float32Array, t: number, name: string): Promise<Float32Array> {
  const v = floats(await branchVelocity(ctx, branch, x, t), 'velocity');
  ctx.observe?.(name, v, [x.length / ctx.checkpoint.config.yak.inChannels, ctx.checkpoint.config.yak.inChannels]);
  return v;
}

/** What the conditional branch says, without guidance. */
export function plainVelocity(ctx: PipelineContext, { cond }: Guidance, x: Float32Array, t: number, scope: string): Promise<Float32Array> {
  return namedVelocity(ctx, cond, x, t, `${scope}.v_cond`);
}

/** The guided velocity; a branch that the scales cancel out is not evaluated. `scope` names observed values. */
export async function guidedVelocity(ctx: PipelineContext, guidance: Guidance, x: Float32Array, t: number, scope: string): Promise<Float32Array> {
  const evaluate = (branch: Branch, name: string): Promise<Float32Array> => namedVelocity(ctx, branch, x, t, `${scope}.v_${name}`);
  const out = new Float32Array(x.length);
  const everything = ctx.observe !== undefined;
  if (guidance.kind === 'text') {
    const cond = await evaluate(guidance.cond, 'cond');
    if (guidance.txtCfg === 1 && !everything) return cond;
    textGuidance(out, cond, await evaluate(guidance.uncond, 'uncond'), guidance.txtCfg);
  } else {
    const { txtCfg: txt, imgCfg: img } = guidance;
    // v = (1 − img)·noBoth + (img − txt)·noTxt + txt·cond
    const cond = await evaluate(guidance.cond, 'cond');
    const noTxt = img === txt && !everything ? cond : await evaluate(guidance.noTxt, 'no_txt');
    const noBoth = img === 1 && !everything ? noTxt : await evaluate(guidance.noBoth, 'no_both');
    if (img === txt && !everything) textGuidance(out, cond, noBoth, txt);
    else textImageGuidance(out, { cond, noTxt, noBoth }, { txt, img });
  }
  return out;
}
