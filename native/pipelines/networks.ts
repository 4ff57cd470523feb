import { EngineError } from '../errors.ts';
import { CardPool } from '../memory/cardPool.ts';
import { outgrowsPool, workOnCard } from '../memory/cardWork.ts';
import { freeMemory } from '../memory/free.ts';
import { dimsByValue, workBytes } from '../memory/liveness.ts';
import { cardWeights, weightMemory, type WeightMemory } from '../memory/weightMemory.ts';
import { largerOf, queryChunksFor, uncut, type Chunks, type Device } from '../nn/chunks.ts';
import type { BuiltGraph } from '../onnx/graph.ts';
import { createSession, type HostTensor, type Session } from '../onnx/session.ts';
import type { Precision, ProviderName, RunOptions } from '../types.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { withPacked } from '../weights/pack/apply.ts';
import { packKindOf } from '../weights/pack/kernels.ts';
import { buildNetwork, type NetworkName } from './graphs.ts';

export type { NetworkName } from './graphs.ts';

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
  /**
   * Sessions and what they work on may take this much private memory together; where that is not enough for all, each is let go
   * before the next one comes, the least recently used first. Default: what the machine has free when it is wanted.
   */
  readonly budgetBytes?: number;
  /** Where packed weights of this model are kept; without it each load packs them anew. */
  readonly packedDir?: string;
}

interface Loaded {
  readonly session: Session;
  readonly graph: BuiltGraph;
  /** Private memory of its weights. */
  readonly held: number;
  readonly chunks: Chunks;
  /** For inputs of these shapes alone; null = for all. */
  readonly shapes: string | null;
}

/** One way to run a network. */
interface Way {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly dims: Readonly<Record<string, number>>;
  readonly key: string;
  readonly chunks: Chunks;
}

/** A graph that is about to become a session. */
interface Prepared {
  readonly graph: BuiltGraph;
  readonly weights: WeightMemory;
  readonly externalRoot: string;
}

/** What a network needs to run once, apart from others. */
interface Need {
  /** While its session is made and while it runs, whichever is more; its weights are in it. */
  readonly most: number;
  readonly held: number;
}

/** Of what is free, this much may be taken: the rest is for what nobody foresees. */
const usableShare = 0.92;

/** The networks of one checkpoint as sessions: made at first use, kept while memory lasts. */
export class Networks {
  readonly checkpoint: Checkpoint;
  readonly choice: RuntimeChoice;
  private readonly options: NetworksOptions;
  /** In order of use, the oldest first. */
  private readonly loaded = new Map<NetworkName, Loaded>();
  /** Those that had to go for others. */
  private readonly unloaded = new Set<NetworkName>();
  private readonly works = new Map<string, { readonly bytes: number; readonly outgrows: boolean }>();
  private readonly pool = new CardPool();
  /** What each may take, as found in this job since the last network came or went: asking the system at every step and token would cost more than some of them. */
  private readonly granted = new Map<NetworkName, number>();
  private loadMs = 0;
  private followed: RunOptions | undefined;

  constructor(checkpoint: Checkpoint, choice: RuntimeChoice, options: NetworksOptions = {}) {
    this.checkpoint = checkpoint;
    this.choice = choice;
    this.options = options;
  }

  get device(): Device {
    return this.choice.provider === 'cpu' ? 'processor' : 'card';
  }

  /** How decomposed attention cuts its query rows here. */
  attentionChunks(numHeads: number, queries: number, keys: number, elementBytes = 4): Chunks {
    return this.choice.attention === 'fused' ? uncut : { queries: queryChunksFor(this.device, numHeads, queries, keys, elementBytes), rows: 1 };
  }

  private build(name: NetworkName, chunks: Chunks, checkpoint = this.checkpoint): BuiltGraph {
    return buildNetwork(name, checkpoint, {
      precision: this.choice.precision,
      attention: this.choice.attention,
      chunks,
      ...(this.options.taps === undefined ? {} : { taps: this.options.taps }),
    });
  }

  /**
   * Whether the language model's keys and values stay on the card from token to token. They are good for as long as its session: not where sessions
   * come and go under a limit. Who watches every value wants them in ordinary memory.
   */
  get keepsOnCard(): boolean {
    return this.choice.provider === 'webgpu' && this.options.budgetBytes === undefined && this.options.taps === undefined;
  }

  private held(): number {
    return [...this.loaded.values()].reduce((sum, { held }) => sum + held, 0);
  }

  /** Lets the least recently used sessions go until one more fits beside the rest. OUT_OF_MEMORY where it cannot fit under a limit that was set. */
  private async makeRoom(name: NetworkName, need: Need): Promise<void> {
    if (need.most <= (this.granted.get(name) ?? 0)) return;
    const known = this.loaded.get(name)?.held ?? 0;
    // A processor's memory is the machine's; what a card has is only known where somebody says so.
    const budget = this.options.budgetBytes ?? (this.choice.provider === 'cpu' ? this.held() + freeMemory() * usableShare : Infinity);
    for (const [other, { session }] of this.loaded) {
      if (this.held() - known + need.most <= budget) break;
      if (other === name) continue;
      this.loaded.delete(other);
      this.granted.clear();
      this.unloaded.add(other);
      await session.release();
    }
    // What the machine has may grow while we ask (others swap out, caches shrink); a limit that somebody set is one.
    if (this.options.budgetBytes !== undefined && need.most > budget) {
      throw new EngineError('OUT_OF_MEMORY', `the ${name} network needs ${Math.ceil(need.most / 2 ** 20)} MiB, more than the ${Math.floor(budget / 2 ** 20)} MiB that it may take`, {
        network: name, neededBytes: Math.ceil(need.most), freeBytes: budget,
      }, { retryable: true });
    }
    this.granted.set(name, need.most);
  }

  /** The checkpoint as this network's graph is to see it: with its matrices packed, where there is a folder for that. */
  private async packed(name: NetworkName): Promise<Checkpoint> {
    const { packedDir } = this.options;
    const form = packKindOf[this.choice.precision];
    if (packedDir === undefined || form === undefined) return this.checkpoint;
    return withPacked(this.checkpoint, (weights) => this.build(name, uncut, weights), {
      dir: packedDir, hash: this.checkpoint.hash, network: name, form, threads: this.choice.threads, signal: this.followed?.signal,
      progress: (progress) => this.followed?.onEvent?.({ type: 'packing', network: name, ...progress }),
    });
  }

  /** Whose events and whose end the making of packed weights follows. */
  follow(run: RunOptions): void {
    this.followed = run;
    this.granted.clear();
  }

  private async prepare(name: NetworkName, chunks: Chunks): Promise<Prepared> {
    const weights = await this.packed(name);
    const graph = this.build(name, chunks, weights);
    // A card's memory and the machine's are two: what is counted is what the limit is of.
    return { graph, weights: (this.device === 'processor' ? weightMemory : cardWeights)(graph), externalRoot: weights.externalRoot };
  }

  /** The session of a network with room to work in. */
  private async session(name: NetworkName, way: Way): Promise<Session> {
    const known = this.loaded.get(name);
    const enough = known && largerOf(known.chunks, way.chunks);
    if (known && enough && enough.queries === known.chunks.queries && enough.rows === known.chunks.rows) {
      const { bytes, outgrows } = this.work(name, known.graph, way);
      if (known.shapes === (outgrows ? way.key : null) || known.shapes === way.key) {
        this.loaded.delete(name);
        this.loaded.set(name, known);
        await this.makeRoom(name, { most: known.held + bytes, held: known.held });
        return known.session;
      }
    }
    if (known) {
      this.loaded.delete(name);
      await known.session.release();
    }
    const started = performance.now();
    const chunks = enough ?? way.chunks;
    const { graph, weights: { held, loading }, externalRoot } = await this.prepare(name, chunks);
    const { bytes, outgrows } = this.work(name, graph, way);
    await this.makeRoom(name, { most: Math.max(loading, held + bytes), held });
    this.followed?.onEvent?.({ type: 'loading', network: name, again: this.unloaded.has(name), alone: this.unloaded.size > 0 });
    const keep = name === 'llm' && this.keepsOnCard ? graph.outputs.map((output) => output.name).filter((output) => output.startsWith('present_')) : [];
    const session = await createSession(graph, { provider: this.choice.provider, threads: this.choice.threads, externalRoot, keep, ...(outgrows && { shapes: way.shapes }) });
    this.loadMs += performance.now() - started;
    this.loaded.set(name, { session, graph, held, chunks, shapes: outgrows ? way.key : null });
    // The others were given their room without this one.
    this.granted.clear();
    return session;
  }

  /** What one run works on; looked up, since a step repeats what the one before did. */
  private work(name: NetworkName, graph: BuiltGraph, { shapes, dims, key }: Way): { readonly bytes: number; readonly outgrows: boolean } {
    const found = this.works.get(`${name} ${key}`);
    // Buffers of a card stay, whoever asked for them.
    if (found) return this.device === 'card' ? { ...found, bytes: Math.max(found.bytes, this.pool.bytes) } : found;
    const outgrows = this.device === 'card' && outgrowsPool(graph, shapes, dims);
    if (this.device === 'card') workOnCard(this.pool, graph, shapes, dims, outgrows);
    const made = { bytes: this.device === 'card' ? this.pool.peak() : workBytes(graph, shapes, dims), outgrows };
    if (this.works.size > 100) this.works.clear();
    this.works.set(`${name} ${key}`, made);
    return made;
  }

  /** Runs a network, loading it first where need be. `into` names outputs that are written in place. OUT_OF_MEMORY naming the network. */
  async run(
    name: NetworkName, feeds: Readonly<Record<string, HostTensor>>, chunks = uncut, into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    const shapes = Object.fromEntries(Object.entries(feeds).map(([input, { shape }]) => [input, shape]));
    const session = await this.session(name, { shapes, dims: dimsByValue(feeds), key: JSON.stringify(shapes), chunks });
    return session.run(feeds, into);
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
