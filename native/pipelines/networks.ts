import os from 'node:os';
import { EngineError } from '../errors.ts';
import { buildLmHead, buildQwen3 } from '../models/qwen3.ts';
import { buildRefiner } from '../models/refiner.ts';
import { buildVaeDecoder, buildVaeEncoder } from '../models/vae.ts';
import { buildVisualTokenizer } from '../models/visualTokenizer.ts';
import { buildYak } from '../models/yak.ts';
import type { BuildOptions } from '../nn/context.ts';
import type { BuiltGraph } from '../onnx/graph.ts';
import { createSession, type HostTensor, type Session } from '../onnx/session.ts';
import type { Precision, ProviderName, RunOptions } from '../types.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { withPacked } from '../weights/pack/apply.ts';

export type NetworkName = 'visualTokenizer' | 'llm' | 'lmHead' | 'refiner' | 'yak' | 'vaeEncoder' | 'vaeDecoder';

/** How this engine runs: everything that decides which bytes come out. */
export interface RuntimeChoice {
  readonly provider: ProviderName;
  readonly precision: Precision;
  readonly threads: number;
  readonly attention: 'fused' | 'decomposed';
}

export interface NetworksOptions {
  /** Adds intermediate values as outputs of every graph; parity checks only. */
  readonly taps?: ReadonlySet<string> | 'all';
  /** Sessions may take this much memory together; the least recently used go first. Default: 55 % of the machine's. */
  readonly budgetBytes?: number;
  /** Where packed weights of this model are kept; without it each load packs them anew. */
  readonly packedDir?: string;
}

const prefixes: Readonly<Record<NetworkName, readonly string[]>> = {
  visualTokenizer: ['visual_tokenizer.', 'vte.'],
  llm: ['llm.model.layers.', 'llm.model.norm.'],
  lmHead: ['llm.lm_head.', 'llm.model.embed_tokens.'],
  refiner: ['visual_generator.backbone.txt_in.', 'visual_generator.backbone.vector_in.'],
  yak: ['visual_generator.backbone.'],
  vaeEncoder: ['visual_generator.vae.encoder.'],
  vaeDecoder: ['visual_generator.vae.decoder.'],
};

/** Bytes per weight once a session has packed it. */
const packedBytes: Readonly<Record<Precision, number>> = { fp32: 4, fp16: 2, int8: 1.1, q4: 0.7 };

interface Loaded {
  readonly session: Session;
  readonly bytes: number;
  readonly queryChunks: number;
}

/** The networks of one checkpoint as sessions: made at first use, kept while memory lasts. */
export class Networks {
  readonly checkpoint: Checkpoint;
  readonly choice: RuntimeChoice;
  private readonly options: NetworksOptions;
  /** In order of use, the oldest first. */
  private readonly loaded = new Map<NetworkName, Loaded>();
  private loadMs = 0;
  private followed: RunOptions | undefined;

  constructor(checkpoint: Checkpoint, choice: RuntimeChoice, options: NetworksOptions = {}) {
    this.checkpoint = checkpoint;
    this.choice = choice;
    this.options = options;
  }

  private build(name: NetworkName, queryChunks: number, checkpoint = this.checkpoint): BuiltGraph {
    const { llm, vision, yak, vae } = this.checkpoint.config;
    const options: BuildOptions = {
      precision: this.choice.precision,
      attention: this.choice.attention,
      queryChunks,
      ...(this.options.taps === undefined ? {} : { taps: this.options.taps }),
    };
    switch (name) {
      case 'visualTokenizer': return buildVisualTokenizer(checkpoint, vision, llm, options);
      case 'llm': return buildQwen3(checkpoint, llm, options);
      case 'lmHead': return buildLmHead(checkpoint, llm, options);
      case 'refiner': return buildRefiner(checkpoint, yak, options);
      case 'yak': return buildYak(checkpoint, yak, options);
      case 'vaeEncoder': return buildVaeEncoder(checkpoint, vae, options);
      case 'vaeDecoder': return buildVaeDecoder(checkpoint, vae, options);
    }
  }

  /** What a network's session will take, roughly: its weights as packed. */
  private estimate(name: NetworkName): number {
    const perWeight = packedBytes[name.startsWith('vae') ? 'fp32' : this.choice.precision];
    let weights = 0;
    for (const [tensor, entry] of this.checkpoint.tensors) {
      const other = name === 'yak' && prefixes.refiner.some((prefix) => tensor.startsWith(prefix));
      if (!other && prefixes[name].some((prefix) => tensor.startsWith(prefix))) weights += entry.shape.reduce((a, b) => a * b, 1);
    }
    return weights * perWeight;
  }

  private async makeRoom(bytes: number): Promise<void> {
    const budget = this.options.budgetBytes ?? os.totalmem() * 0.55;
    let used = [...this.loaded.values()].reduce((sum, { bytes: each }) => sum + each, 0);
    for (const [name, old] of this.loaded) {
      if (used + bytes <= budget) return;
      this.loaded.delete(name);
      used -= old.bytes;
      await old.session.release();
    }
  }

  /** The checkpoint as this network's graph is to see it: with its matrices packed, where there is a folder for that. */
  private async packed(name: NetworkName): Promise<Checkpoint> {
    const { packedDir } = this.options;
    if (packedDir === undefined || this.choice.precision === 'fp32') return this.checkpoint;
    return withPacked(this.checkpoint, (weights) => this.build(name, 1, weights), {
      dir: packedDir, hash: this.checkpoint.hash, network: name, threads: this.choice.threads, signal: this.followed?.signal,
      progress: (progress) => this.followed?.onEvent?.({ type: 'packing', network: name, ...progress }),
    });
  }

  /** Whose events and whose end the making of packed weights follows. */
  follow(run: RunOptions): void {
    this.followed = run;
  }

  /** The session of a network, ready to run. `queryChunks` matters to decomposed attention only. */
  async session(name: NetworkName, queryChunks = 1): Promise<Session> {
    const known = this.loaded.get(name);
    if (known && known.queryChunks >= queryChunks) {
      this.loaded.delete(name);
      this.loaded.set(name, known);
      return known.session;
    }
    if (known) {
      this.loaded.delete(name);
      await known.session.release();
    }
    const bytes = this.estimate(name);
    await this.makeRoom(bytes);
    const started = performance.now();
    const weights = await this.packed(name);
    const session = await createSession(this.build(name, queryChunks, weights), {
      provider: this.choice.provider, threads: this.choice.threads, externalRoot: weights.externalRoot,
    });
    this.loadMs += performance.now() - started;
    this.loaded.set(name, { session, bytes, queryChunks });
    return session;
  }

  async run(name: NetworkName, feeds: Readonly<Record<string, HostTensor>>, queryChunks = 1): Promise<Record<string, HostTensor>> {
    return (await this.session(name, queryChunks)).run(feeds);
  }

  /** Milliseconds spent making sessions since the last call. */
  takeLoadMs(): number {
    const spent = this.loadMs;
    this.loadMs = 0;
    return spent;
  }

  async release(): Promise<void> {
    const sessions = [...this.loaded.values()];
    this.loaded.clear();
    for (const { session } of sessions) await session.release();
  }
}

/** The float values of an output; GRAPH_INVALID if the network has none of that name. */
export function floats(outputs: Readonly<Record<string, HostTensor>>, name: string): Float32Array {
  const tensor = outputs[name];
  if (!tensor || !(tensor.data instanceof Float32Array)) {
    throw new EngineError('GRAPH_INVALID', `a network gave no float output "${name}"`, { output: name });
  }
  return tensor.data;
}
