/** What a press of Run will do, said before it is done: the job, the pixels that it needs, and the words for the chips. */
import type { CanvasDocument, Rect } from './records.ts';
import type { Coverage } from './coverage.ts';

export type PromptMode = 'create' | 'edit' | 'ask';

/** What the chosen model can do: a part of its entry in the model list. */
export interface ModelAbilities {
  readonly name: string;
  /** Pictures that it was trained to look at while it draws. */
  readonly contextImages: number;
  readonly tasks: readonly { readonly name: string; readonly experimental: boolean }[];
}

export interface PlanInput {
  readonly document: CanvasDocument;
  readonly mode: PromptMode;
  readonly prompt: string;
  readonly model: ModelAbilities | null;
  /** The person allows more pictures than the model was trained for. */
  readonly experimental?: boolean;
  /** A preset of the model's: remove, restyle, … Only for edits. */
  readonly task?: string;
  /** Measured on the pixels; without it, what the records promise. */
  readonly coverage?: Coverage;
  /** Masks whose every pixel turned out to be erased. */
  readonly emptyMasks?: ReadonlySet<string>;
}

export type PlanKind = 'textToImage' | 'edit' | 'inpaint' | 'outpaint' | 'control' | 'understand';

/** The visible pictures within the frame, drawn over each other as a PNG of the frame's size: transparent where nothing is known. */
export interface RasterPlan {
  readonly rect: Rect;
  /** Lowest first. */
  readonly layerIds: readonly string[];
  /** Stored pictures that go into it, for the lineage. */
  readonly sources: readonly string[];
}

/** The masks within the frame, joined: white = repaint, of the frame's size. */
export interface MaskPlan {
  readonly rect: Rect;
  /** `grow` pixels are added to (or below 0 taken from) each before they are joined. */
  readonly layers: readonly { readonly id: string; readonly grow: number }[];
  /** Null = a tenth of the selection's diagonal. */
  readonly feather: number | null;
  /** Left to the repaint: the same for every mask. Not negative. */
  readonly grow: number;
}

/** The map within the frame, opaque, of the frame's size. */
export interface ControlPlan {
  readonly rect: Rect;
  readonly layerId: string;
  readonly control: 'canny' | 'depth';
  /** The stored map itself where it needs no drawing: it has the frame's place and size, and nobody painted on it. */
  readonly hash: string | null;
  readonly strength: number;
  readonly start: number;
  readonly end: number;
}

export interface ReferencePlan {
  readonly layerId: string;
  readonly name: string;
  readonly role: 'subject' | 'style';
  readonly hash: string;
  readonly strength: number;
}

export interface Plan {
  readonly ok: true;
  readonly kind: PlanKind;
  readonly frame: Rect;
  readonly prompt: string;
  /** For the chip: "Inside Mask 1", "Whole frame", "Extend right 37 %". */
  readonly scope: string;
  /** What of the result belongs to the canvas; less than the frame for a picture whose sides are no multiples of 32. */
  readonly keep: Rect;
  readonly raster: RasterPlan | null;
  readonly mask: MaskPlan | null;
  readonly control: ControlPlan | null;
  readonly references: readonly ReferencePlan[];
  /** How references of a drawing without a picture are to be taken. */
  readonly referenceTask: 'subject' | 'style' | null;
  readonly task: string | null;
  /** More pictures than the model was trained for, which the person allowed. */
  readonly experimental: boolean;
  /** Whether the strength field has a say. */
  readonly usesStrength: boolean;
  /** Facts worth knowing that stop nothing. */
  readonly notes: readonly string[];
}

/** A change that makes it work, done by one press. */
export type Remedy =
  | { readonly type: 'hide'; readonly title: string; readonly layerIds: readonly string[] }
  | { readonly type: 'mode'; readonly title: string; readonly mode: PromptMode }
  | { readonly type: 'frame'; readonly title: string; readonly frame: Rect }
  | { readonly type: 'experimental'; readonly title: string }
  | { readonly type: 'plain'; readonly title: string };

/** MODEL: none is ready. PROMPT: words are missing. EMPTY: no pixels to work on. UNSUPPORTED: the model cannot. COMBINATION: each of it, but not together. PENDING: a map is being made. */
export type ObstacleCode = 'MODEL' | 'PROMPT' | 'EMPTY' | 'UNSUPPORTED' | 'COMBINATION' | 'PENDING';

export interface Obstacle {
  readonly ok: false;
  readonly code: ObstacleCode;
  /** A sentence for the person. */
  readonly message: string;
  /** The nearest first. */
  readonly remedies: readonly Remedy[];
  /** The scope as it stands: the chip is shown all the same. */
  readonly scope: string;
}
