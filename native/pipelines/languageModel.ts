import { fusesCache } from '../models/qwen3.ts';
import { uncut } from '../nn/chunks.ts';
import { sequenceRope } from '../nn/ropeTable.ts';
import { f32Tensor, i32Tensor, i64Tensor, letGo, type HostTensor } from '../onnx/session.ts';
import type { PipelineContext } from './context.ts';

/** A finite stand-in for −inf in the causal mask. */
const HIDDEN = -1e9;

/**
 * One sequence going through the language model: a prompt at once, then tokens one by one against the cache of what came before.
 * Fused graphs write into caches of fixed capacity in place; the written-out form grows them. A new sequence takes over the room of the one before.
 * On a card the caches stay there. Must be closed.
 */
export class Sequence {
  private readonly ctx: PipelineContext;
  private readonly capacity: number;
  private readonly fused: boolean;
  private readonly rope: Readonly<Record<'cos' | 'sin', HostTensor>>;
  private caches: Record<string, HostTensor> = {};
  private length = 0;

  /** @param capacity rows that the sequence may reach */
  constructor(ctx: PipelineContext, capacity: number) {
    this.ctx = ctx;
    this.capacity = capacity;
    const { llm } = ctx.checkpoint.config;
    this.fused = fusesCache(llm, ctx.networks.choice);
    const { cos, sin, rows, pairs } = sequenceRope(capacity, llm.headDim, llm.ropeTheta);
    this.rope = { cos: f32Tensor(cos, [rows, pairs]), sin: f32Tensor(sin, [rows, pairs]) };
    const shape = this.fused ? [1, llm.numKvHeads, capacity, llm.headDim] : [1, 0, llm.numKvHeads * llm.headDim];
    const size = shape.reduce((a, b) => a * b, 1);
    const arrays = ctx.caches.take(2 * llm.numLayers, size);
    for (let i = 0; i < llm.numLayers; i++) {
      this.caches[`key.${i}`] = f32Tensor(arrays[2 * i] as Float32Array, shape);
      this.caches[`value.${i}`] = f32Tensor(arrays[2 * i + 1] as Float32Array, shape);
    }
  }

  /** Gives back what the caches take of a card; before the session that made them goes. */
  close(): void {
    Object.values(this.caches).forEach(letGo);
    this.caches = {};
  }

  private isOnCard(): boolean {
    return Object.values(this.caches).some(({ device }) => device !== undefined);
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.length;
  }

  /** Appends embedded rows [L, H]; returns the graph's outputs for those rows (`hidden_last`, `hidden_second_last`). */
  async append(embeds: Float32Array): Promise<Record<string, HostTensor>> {
    const { llm } = this.ctx.checkpoint.config;
    const rows = embeds.length / llm.hiddenSize;
    const total = this.length + rows;
    const feeds: Record<string, HostTensor> = { embeds: f32Tensor(embeds, [rows, llm.hiddenSize]), ...this.rope };
    for (const [name, tensor] of Object.entries(this.caches)) feeds[`past_${name}`] = tensor;
    let into: Record<string, HostTensor> | undefined;
    if (this.fused) {
      Object.assign(feeds, { last_index: i32Tensor([total - 1]), total_length: i32Tensor([total]) });
      // A card takes its first caches from here and keeps them; from then on they are written in place, as in ordinary memory.
      if (this.isOnCard() || !this.ctx.networks.keepsOnCard) into = Object.fromEntries(Object.entries(this.caches).map(([name, tensor]) => [`present_${name}`, tensor]));
    } else {
      Object.assign(feeds, {
        positions: i64Tensor(Array.from({ length: rows }, (_, i) => this.length + i), [1, rows]),
        mask: f32Tensor(causalMask(rows, this.length), [1, 1, rows, total]),
      });
    }
    const chunks = this.fused ? uncut : this.ctx.networks.attentionChunks(llm.numHeads, this.capacity, this.capacity);
    const outputs = await this.ctx.networks.run('llm', feeds, chunks, into);
    if (!into) {
      for (const [name, tensor] of Object.entries(this.caches)) {
        letGo(tensor);
        this.caches[name] = outputs[`present_${name}`] as HostTensor;
      }
    }
    this.length = total;
    return outputs;
  }
}

/** 0 where a row may look, HIDDEN where it may not. [rows, past+rows] */
function causalMask(rows: number, past: number): Float32Array {
  const total = past + rows;
  const mask = new Float32Array(rows * total);
  for (let row = 0; row < rows; row++) mask.fill(HIDDEN, row * total + past + row + 1, (row + 1) * total);
  return mask;
}
