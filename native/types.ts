/** Everything that crosses the engine's one public door: requests, results, progress. Types only. */

/** 8-bit RGB pixels, row-major, 3 bytes a pixel. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** 8-bit single-channel mask, row-major; 255 = repaint, 0 = keep. */
export interface MaskImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** `q4`: 4 bits with a scale for every 32 weights; `q4b128`: one for every 128 where a matrix's rows divide so, else as `q4`. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'q4' | 'q4b128';
export type ProviderName = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
/** `auto` runs a self-test on the provider and takes the fused kernels only where they are right. */
export type AttentionVariant = 'auto' | 'fused' | 'decomposed';

export interface EngineOptions {
  /** Intra-op threads; default: all cores. */
  readonly threads?: number;
  readonly provider?: ProviderName;
  readonly precision?: Precision;
  readonly attention?: AttentionVariant;
  /** A folder where this model's packed weights are made once and kept; without it each load packs them anew. */
  readonly packedDir?: string;
  /** Private memory that networks may take together; where all do not fit they come and go one by one, and one that does not fit even alone is OUT_OF_MEMORY. Default: what is free, and no refusal. */
  readonly memoryBytes?: number;
}

/**
 * `published`: pictures are resized as the published scripts do (smart_resize, factor 32).
 * `exact`: edge-padded to a multiple of 32 and cropped back, never resized.
 */
export type Sizing = 'published' | 'exact';

/** The noise stream: torch's CPU f32 draw (default), or its bf16 draw, which is another stream for the same seed. */
export type NoiseStream = 'torch-f32' | 'torch-bf16';

interface SamplingRequest {
  readonly prompt: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly txtCfg?: number;
  /** Overrides the checkpoint's timestep shift: false = none, a number = a fixed mu. */
  readonly shift?: boolean | number;
  readonly noiseStream?: NoiseStream;
  /** Emits a preview every n steps; 0 = never. Default 0. */
  readonly previewEvery?: number;
  /**
   * The autoencoder works in overlapping pieces of this side, in pixels: a multiple of 32 from 128 on. It takes the memory of one piece;
   * the picture differs a little. Default: all at once.
   */
  readonly vaeTile?: number;
  /** The shares of the steps, 0–1, between which guidance acts; outside of them only the conditional branch is evaluated. The picture differs. Default: all. */
  /** Pixels: the size at which the model works. What it sees is scaled there, what it draws is scaled back. Default: the size of the result. */
  readonly work?: { readonly width: number; readonly height: number };
  readonly guidanceRange?: { readonly start: number; readonly end: number };
  /** 0–0.5: steps whose velocity is foretold to change by less than this share are drawn on from those before. The picture differs. Default: every step is computed. */
  readonly stepCache?: number;
}

export interface TextToImageRequest extends SamplingRequest {
  readonly kind: 'textToImage';
  /** Pixels; floored to multiples of 16. */
  readonly width?: number;
  readonly height?: number;
  /** Context pictures (subject or style); empty = plain text to image. */
  readonly references?: readonly RgbImage[];
  /** Which task's wording and fill of studio.json wraps the prompt when references are given. */
  readonly referenceTask?: 'subject' | 'style';
  readonly imgCfg?: number;
  /** Allows more references than the checkpoint was trained for. */
  readonly experimental?: boolean;
}

export interface EditRequest extends SamplingRequest {
  readonly kind: 'edit';
  readonly image: RgbImage;
  readonly references?: readonly RgbImage[];
  readonly imgCfg?: number;
  readonly sizing?: Sizing;
  /** (0, 1]; 1 = start from pure noise. */
  readonly strength?: number;
  /** Wraps the prompt in a task template of studio.json; default: the prompt is the instruction. */
  readonly task?: string;
  readonly experimental?: boolean;
}

export interface InpaintRequest extends SamplingRequest {
  readonly kind: 'inpaint';
  readonly image: RgbImage;
  /** Where the model may paint; grown and feathered by the caller. */
  readonly denoiseMask: MaskImage;
  /** Through which the result is composited; default: the denoise mask. Bytes where it is 0 come back unchanged. */
  readonly compositeMask?: MaskImage;
  /** Whose wording the prompt gets. `edit`: it is an instruction, and the model sees what is under the mask. Default `inpaint`. */
  readonly task?: 'inpaint' | 'outpaint' | 'edit';
  /** The task template of an `edit`, as in EditRequest. */
  readonly editTask?: string;
  /** The drawing comes back as decoded, for the caller to composite. */
  readonly raw?: boolean;
  readonly references?: readonly RgbImage[];
  readonly imgCfg?: number;
  readonly strength?: number;
  readonly experimental?: boolean;
}

export type OutpaintFill = 'edge' | 'blur' | 'neutral' | 'telea';

export interface OutpaintRequest extends SamplingRequest {
  readonly kind: 'outpaint';
  readonly image: RgbImage;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly fill?: OutpaintFill;
  /** Pixels of the original, inside its border, over which old and new are blended; 0 = hard edge. */
  readonly blend?: number;
  readonly imgCfg?: number;
  /** (0, 1]; below 1 the fill shines through. */
  readonly strength?: number;
}

export interface ControlRequest extends SamplingRequest {
  readonly kind: 'control';
  readonly control: 'canny' | 'depth';
  /** The prepared control map: these very bytes are the context image. */
  readonly map: RgbImage;
  /** 0–1, a factor of imgCfg. Default 1. */
  readonly strength?: number;
  /** The shares of the steps, 0–1, between which the map is seen; outside of them only the words count. Default 0 and 1. */
  readonly start?: number;
  readonly end?: number;
  readonly references?: readonly RgbImage[];
  readonly imgCfg?: number;
  readonly experimental?: boolean;
}

export type GenerateRequest = TextToImageRequest | EditRequest | InpaintRequest | OutpaintRequest | ControlRequest;

export interface UnderstandRequest {
  /** The question; pictures go where `<image>` stands, or before the text when it holds none. */
  readonly prompt: string;
  readonly images: readonly RgbImage[];
  /** Earlier turns of the same chat, oldest first. */
  readonly history?: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[];
  readonly maxTokens?: number;
  /** 0 = greedy. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly repetitionPenalty?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
}

/** Milliseconds per stage, by stage name (`condition`, `encode`, `denoise`, `decode`, …). */
export type TimingsMs = Readonly<Record<string, number>>;

export type ProgressEvent =
  | { readonly type: 'stage'; readonly stage: 'load' | 'condition' | 'encode' | 'denoise' | 'decode' | 'understand' }
  | { readonly type: 'step'; readonly step: number; readonly steps: number; readonly stepMs: number; readonly leftMs: number }
  | { readonly type: 'preview'; readonly step: number; readonly image: RgbImage }
  | { readonly type: 'token'; readonly text: string; readonly index: number }
  /** A network is being made ready. `alone`: others had to go for it, since all do not fit; `again`: it was one of those. */
  | { readonly type: 'loading'; readonly network: string; readonly again: boolean; readonly alone: boolean }
  /** Weights of a network are packed for this precision, once. Bytes of stored weights. */
  | { readonly type: 'packing'; readonly network: string; readonly doneBytes: number; readonly totalBytes: number; readonly bytesPerSecond: number };

export interface GenerateResult {
  readonly image: RgbImage;
  readonly seed: number;
  readonly steps: number;
  /** The guidance that was used, asked for or by default. */
  readonly txtCfg: number;
  readonly imgCfg: number;
  readonly timingsMs: TimingsMs;
  /** What must be stored with the row to reproduce these bytes. */
  readonly reproduce: ReproductionInfo;
}

export interface UnderstandResult {
  readonly text: string;
  readonly tokens: number;
  readonly stopReason: 'eos' | 'length' | 'stop';
  readonly timingsMs: TimingsMs;
}

export interface ReproductionInfo {
  readonly engineVersion: string;
  readonly provider: ProviderName;
  readonly precision: Precision;
  readonly threads: number;
  readonly attention: 'fused' | 'decomposed';
  readonly modelHash: string;
}

export interface ModelInfo {
  readonly dir: string;
  readonly name: string;
  readonly modelHash: string;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly dtypes: readonly string[];
  readonly contextImages: number;
  readonly sizes: readonly (readonly [width: number, height: number])[];
  readonly defaults: { readonly steps: number; readonly txtCfg: number; readonly imgCfg: number };
  readonly tasks: readonly { readonly name: string; readonly experimental: boolean }[];
  readonly reproduce: ReproductionInfo;
}

export interface RunOptions {
  readonly onEvent?: (event: ProgressEvent) => void;
  /** Looked at between steps and tokens; an abort ends the run as CANCELLED, without decoding. */
  readonly signal?: AbortSignal;
}

/** One loaded checkpoint. Calls run one after the other. */
export interface Engine {
  readonly info: ModelInfo;
  generate(request: GenerateRequest, options?: RunOptions): Promise<GenerateResult>;
  understand(request: UnderstandRequest, options?: RunOptions): Promise<UnderstandResult>;
  /** Releases every session; the engine is unusable afterwards. */
  dispose(): Promise<void>;
}

/** What is to be packed, and where to. */
export interface PackTarget {
  readonly precision: Precision;
  readonly packedDir: string;
  /** Default: all cores. */
  readonly threads?: number;
}

/** What packing made. */
export interface PackReport {
  /** Of the packed files. */
  readonly bytes: number;
  /** Of stored weights that were read and packed now; 0 where all of it was there. */
  readonly packedStoredBytes: number;
  readonly milliseconds: number;
}

/** What a provider's self-test found: the largest error of each kernel over its largest value, against the processor; null = it has no such kernel. */
export interface ProviderReport {
  readonly provider: ProviderName;
  readonly matrixProduct: number;
  readonly fusedAttention: number | null;
  readonly decomposedAttention: number | null;
  readonly halfConvolution: number | null;
  /** Of a product of 1024³ with its data on the way (256³ on a slow device), 10⁹ operations a second. */
  readonly gigaflops: number;
}

export type EstimatorTask = 'detector' | 'depth';

export interface EstimatorOptions {
  /** Intra-op threads; default: all cores. */
  readonly threads?: number;
}

/** A solid of the built-in model's world. */
export interface DetectedThing {
  readonly shape: string;
  readonly colour: string;
  readonly material: string;
  /** Its middle, as shares of the picture's width and height from the top left. */
  readonly x: number;
  readonly y: number;
  /** Share of the picture that it covers. */
  readonly area: number;
}

export interface Detection {
  readonly things: readonly DetectedThing[];
  readonly floor: string;
  /** Time of day. */
  readonly sky: string;
}

/** The small networks that lie beside the built-in model and read pictures of any size. */
export interface Estimators {
  /** Which of them the folder has. */
  readonly has: Readonly<Record<EstimatorTask, boolean>>;
  /** What stands in a picture of the built-in model's world. REQUEST_INVALID without a detector. */
  detect(image: RgbImage): Promise<Detection>;
  /** A depth map of the picture's own size, grey: the nearest point white, the sky black. REQUEST_INVALID without a depth network. */
  depthMap(image: RgbImage): Promise<RgbImage>;
  dispose(): Promise<void>;
}
