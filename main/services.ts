/** The services behind the contract. Rooms answer calls; the others are what rooms are built from. */
import type { Readable } from 'node:stream';
import type { InferContractRouterInputs, InferContractRouterOutputs } from '@orpc/contract';
import type { Contract } from '../preload/contract/api.ts';
import type { CanvasState, JournalRow, Staged, StagedFacts } from '../preload/contract/canvas.ts';
import type { Hash } from '../preload/contract/common.ts';
import type { CanvasRect, InpaintInput } from '../preload/contract/generation.ts';
import type { JobEvent, NewEvent, Resume, StudioEvent } from '../preload/contract/events.ts';
import type { BatchRecord, JobRecord, QueueStatus } from '../preload/contract/jobs.ts';
import type { AssetInfo, Chat, ChatSummary, Generation, Project, Turn } from '../preload/contract/project.ts';
import type { EngineStatus, ModelEntry, Settings, SettingsChange } from '../preload/contract/system.ts';
import type { ProjectRecords } from './history/projectRows.ts';
import type { CompositeSource, NewGeneration, NewStaged, StagedRow } from './history/rowTypes.ts';
import type { NewJob } from './jobs/submit.ts';
import type { EngineOptions, GenerateRequest, GenerateResult, MaskImage, ModelInfo, RgbImage, RunOptions, UnderstandRequest, UnderstandResult } from './engine/protocol.ts';

type Inputs = InferContractRouterInputs<Contract>;
type Outputs = InferContractRouterOutputs<Contract>;

/** Who asks. */
export interface Caller {
  /** Aborted when the page takes the call back or goes away. */
  readonly signal: AbortSignal | undefined;
  /** Aborted when the page's line to the studio is closed; undefined for a script, which has none. */
  readonly line?: AbortSignal | undefined;
}

/** Streams are async iterables on this side; everything else is a promise. */
type Answer<T> = T extends AsyncIterator<infer Item, unknown, unknown> ? AsyncIterable<Item> : Promise<T>;

/** One room of the contract: input as checked, output as promised. Failures are thrown as StudioError. */
export type Room<Name extends keyof Contract> = {
  readonly [Call in keyof Contract[Name]]: (
    input: Call extends keyof Inputs[Name] ? Inputs[Name][Call] : never,
    caller: Caller,
  ) => Answer<Call extends keyof Outputs[Name] ? Outputs[Name][Call] : never>;
};

export type Rooms = { readonly [Name in keyof Contract]: Room<Name> };

/** The canvases' rows. */
export interface CanvasRows {
  open(projectId: string): Promise<CanvasState>;
  /** A page takes up writing: what only another page's undo could bring back is let go. */
  claim(projectId: string, pageId: string): Promise<void>;
  append(projectId: string, entries: readonly JournalRow[]): Promise<number>;
  snapshot(projectId: string, seq: number, text: string): Promise<number>;
  listStaged(projectId: string): Promise<StagedRow[]>;
  getStaged(id: string): Promise<StagedRow>;
  changeStaged(id: string, change: Partial<Omit<StagedRow, 'id' | 'projectId' | 'state'>>): Promise<StagedRow>;
  settleStaged(ids: readonly string[], state: Staged['state']): Promise<StagedRow[]>;
  /** What a recipe has made before, while it is stored. */
  derived(recipe: string): Promise<Hash | undefined>;
  setDerived(recipe: string, hash: Hash): Promise<void>;
  /** From what a picture was made without a generation, for the lineage. */
  addSources(hash: Hash, sources: readonly Hash[], how: string): Promise<void>;
}

/** The queue's rows. Every method returns when the rows are on the disk. */
export interface JobRows {
  load(): Promise<{ readonly jobs: JobRecord[]; readonly batches: BatchRecord[]; readonly paused: boolean }>;
  /** Inserts or replaces, all in one transaction. */
  save(jobs: readonly JobRecord[]): Promise<void>;
  /** A job's end, its pictures, and what waits on a canvas, in one transaction: a result is never lost, nor told twice. */
  finish(job: JobRecord, generations: readonly NewGeneration[], staged?: readonly NewStaged[]): Promise<void>;
  remove(jobIds: readonly string[]): Promise<void>;
  saveBatch(batch: BatchRecord): Promise<void>;
  setPaused(paused: boolean): Promise<void>;
}

export interface ChatRows {
  list(projectId?: string): Promise<ChatSummary[]>;
  create(chat: ChatSummary): Promise<Chat>;
  get(id: string): Promise<Chat>;
  /** Title or pictures. */
  change(id: string, change: { readonly title?: string; readonly images?: readonly Hash[] }): Promise<ChatSummary>;
  delete(id: string): Promise<void>;
  /** Inserts or replaces turns of a chat, in one transaction; new ones stand at its end. */
  saveTurns(chatId: string, turns: readonly Turn[]): Promise<void>;
}

type GalleryRows = Pick<
  Room<'gallery'>,
  'search' | 'timeline' | 'counts' | 'get' | 'star' | 'tag' | 'note' | 'moveToProject' | 'trash' | 'restore' | 'savedSearches' | 'saveSearch' | 'forgetSearch'
>;
/** Without the caller: a row is the same whoever asks. */
type Plain<R> = {
  readonly [Call in keyof R]: R[Call] extends (input: infer I, caller: Caller) => infer O ? (unknown extends I ? () => O : (input: I) => O) : never;
};

/** Everything in SQLite, in its worker thread. */
export interface HistoryService {
  readonly projects: {
    list(): Promise<Project[]>;
    /** NOT_FOUND, in the trash too. */
    get(id: string): Promise<Project>;
    create(name: string): Promise<Project>;
    rename(id: string, name: string): Promise<Project>;
    /** Marks it as opened now. */
    touch(id: string): Promise<Project>;
    /** What stands in its prompt and settings, as JSON; null = nothing was kept. */
    draft(id: string): Promise<string | null>;
    /** NOT_FOUND. */
    keepDraft(id: string, draft: string): Promise<void>;
    /** Into the trash. */
    delete(id: string): Promise<void>;
    trashed(): Promise<Project[]>;
    restore(id: string): Promise<Project>;
    /** All of it as plain records, and such records as a new project. */
    read(id: string): Promise<ProjectRecords>;
    write(records: Omit<ProjectRecords, 'hashes'>): Promise<Project>;
  };
  readonly gallery: Plain<GalleryRows> & {
    add(rows: readonly NewGeneration[]): Promise<Generation[]>;
    /** Trashed rows for ever; without ids, all of them. out: how many went. The asset store's collection removes their files. */
    purge(ids?: readonly string[]): Promise<number>;
  };
  readonly lineage: Plain<Room<'lineage'>>;
  readonly chats: ChatRows;
  readonly canvas: CanvasRows;
  readonly jobs: JobRows;
  close(): Promise<void>;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Content-addressed files. ASSET_MISSING for a hash that is not stored. */
export interface AssetStore {
  /** Stores encoded bytes as they are; `made`: a PNG of our own making. REQUEST_INVALID unless they are a picture that can be decoded. */
  put(bytes: Uint8Array, made?: PictureSize): Promise<AssetInfo>;
  info(hash: Hash): Promise<AssetInfo>;
  read(hash: Hash): Promise<Uint8Array>;
  /** Where the bytes lie, for streaming. */
  file(hash: Hash): Promise<{ readonly path: string; readonly mime: string; readonly bytes: number }>;
  /** Its WebP thumbnail, made when there is none yet. */
  thumbnail(hash: Hash): Promise<{ readonly path: string; readonly bytes: number }>;
  /** Removes what nothing uses. */
  collect(): Promise<{ readonly files: number; readonly bytes: number }>;
  close(): Promise<void>;
}

/** What was stored of a composited drawing. The patch lies at `rect` within the picture. */
export interface CompositedFiles {
  readonly result: AssetInfo;
  readonly patch: { readonly hash: Hash; readonly rect: CanvasRect } | null;
  readonly facts: StagedFacts;
}

/** Pixels in and out of files, in a worker. */
export interface Pictures {
  /** Upright sRGB pixels. */
  rgb(hash: Hash, part?: CompositeSource['crop']): Promise<RgbImage>;
  mask(hash: Hash, part?: CompositeSource['crop']): Promise<MaskImage>;
  /** Lays a drawing (of the crop, where there is one) onto its picture, and stores what comes of it: the whole, and what changed alone. */
  composite(request: InpaintInput, drawn: RgbImage | Hash, generation: Pick<Generation, 'request' | 'seed' | 'modelName' | 'reproduce'>): Promise<CompositedFiles>;
  /** Stores pixels that are no result of their own. */
  savePlain(image: RgbImage): Promise<AssetInfo>;
  /** Stores a result as a PNG that remembers its parameters. */
  save(image: RgbImage, generation: Pick<Generation, 'request' | 'seed' | 'modelName' | 'reproduce'>): Promise<AssetInfo>;
}

/** The queue, as the rest of main sees it. */
export interface JobQueue {
  readonly jobs: Room<'jobs'>;
  readonly batches: Room<'batches'>;
  /** For rooms that make jobs of their own; as `jobs.submit`. */
  add(jobs: readonly NewJob[], toFront: boolean): Promise<JobRecord[]>;
  snapshot(): { readonly jobs: JobRecord[]; readonly queue: QueueStatus };
  /** The encoded preview of a step, while it is remembered. */
  preview(jobId: string, step: number): { readonly mime: string; readonly bytes: Uint8Array } | undefined;
  /** Stops the running job, which becomes interrupted, and writes everything down. */
  close(): Promise<void>;
}

/** The engine as the queue uses it; host.ts has the real one. */
export interface EngineService {
  load(dir: string, options?: EngineOptions, run?: RunOptions): Promise<ModelInfo>;
  generate(request: GenerateRequest, run?: RunOptions): Promise<GenerateResult>;
  understand(request: UnderstandRequest, run?: RunOptions): Promise<UnderstandResult>;
  /** A depth map of a picture's own size by the depth network of a model folder. */
  depthMap(dir: string, image: RgbImage, run?: RunOptions): Promise<RgbImage>;
  status(): EngineStatus;
  /** Ends the process now; the next call starts it again. */
  kill(): void;
  dispose(): Promise<void>;
}

/** Gives every piece of news its place in the order, and remembers the last ones for pages that come back. */
export interface EventHub {
  readonly epoch: string;
  readonly seq: number;
  publish(event: NewEvent): number;
  watch(resume: Resume | undefined, signal: AbortSignal | undefined): AsyncIterable<StudioEvent>;
  /** One job's events after `afterSeq`, ending with its end; where they are forgotten, its present state first. */
  follow(jobId: string, afterSeq: number | undefined, signal: AbortSignal | undefined): AsyncIterable<JobEvent>;
}

export interface SettingsService {
  get(): Settings;
  change(change: SettingsChange): Promise<Settings>;
}

export interface ModelList {
  list(): Promise<ModelEntry[]>;
  /** MODEL_MISSING unless it is there and whole. */
  dirOf(modelId: string): Promise<string>;
  importFolder(dir: string): Promise<ModelEntry>;
  forget(modelId: string): Promise<void>;
  /** Where its weights are kept once they are packed for a precision; undefined for an id that is no folder name. */
  packedDirOf(modelId: string): string | undefined;
  /** Removes the files of a downloaded one. */
  remove(modelId: string): Promise<void>;
}

/** What pages fetch by address: `/asset/<hash>`, `/thumb/<hash>`, `/preview/<jobId>/<step>`. */
export interface Resource {
  readonly mime: string;
  readonly bytes: number;
  /** Never changes under this address. */
  readonly immutable: boolean;
  readonly etag: string;
  /** Bytes [start, end], both included. */
  open(range?: { readonly start: number; readonly end: number }): Readable;
}
