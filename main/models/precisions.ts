/** In which precisions a model can run on this machine. */
import type { Precision, Provider } from '../../preload/contract/generation.ts';
import type { ModelPrecisions, PrecisionChoice } from '../../preload/contract/precisions.ts';
import type { Settings } from '../../preload/contract/system.ts';
import { StudioError } from '../errors.ts';
import type { ModelList } from '../services.ts';
import { recentCardMemory, type CardMemory } from './cardMemory.ts';
import { chosenPrecision, engineDefault } from './chosenPrecision.ts';
import type { Packs } from './packs.ts';
import type { PlanThread } from './planThread.ts';
import { recommend } from './recommend.ts';

export interface PrecisionsParts {
  readonly models: Pick<ModelList, 'dirOf' | 'packedDirOf' | 'list'>;
  readonly settings: () => Settings;
  /** What runs where the settings leave it open. */
  readonly provider: () => Provider;
  readonly plans: Pick<PlanThread, 'ask'>;
  readonly packs: Packs;
  /** Default: what the system tells. */
  readonly card?: () => Promise<CardMemory | undefined>;
}

/** The published size; a model that draws smaller pictures is planned at the largest of its own. */
const plannedSide = 1024;

const notes: Readonly<Record<'cpu' | 'card', Partial<Record<Precision, string>>>> = {
  cpu: { fp16: 'Slow on a processor, which computes in full precision between.' },
  card: { int8: 'Made for processors: a card has no kernel for it.', fp32: 'Twice the memory and time of fp16.' },
};

/** Errors: MODEL_MISSING, the checkpoint's. */
export async function precisionsOf(modelId: string, { models, settings, provider: chosenProvider, plans, packs, card = recentCardMemory }: PrecisionsParts): Promise<ModelPrecisions> {
  const now = settings();
  const { attention, memoryLimitBytes = null, vaeTile = null } = now;
  const provider = now.provider ?? chosenProvider();
  const onCard = provider !== 'cpu';
  const [dir, packedDir] = [await models.dirOf(modelId), models.packedDirOf(modelId)];
  if (packedDir === undefined) throw new StudioError('REQUEST_INVALID', `The model "${modelId}" has no folder for packed weights.`, { modelId });
  const sizes = (await models.list()).find(({ id }) => id === modelId)?.sizes ?? [];
  const [width, height] = sizes.filter(([w, h]) => w * h <= plannedSide ** 2).toSorted(([aw, ah], [bw, bh]) => bw * bh - aw * ah)[0] ?? [plannedSide, plannedSide];
  const { freeBytes, precisions } = await plans.ask({
    kind: 'precisions', dir, packedDir, device: onCard ? 'card' : 'processor', cardBytes: onCard ? ((await card())?.freeBytes ?? null) : null,
    attention: attention === 'decomposed' || (onCard && attention === 'auto') ? 'decomposed' : 'fused', size: { width, height }, tile: vaeTile, limitBytes: memoryLimitBytes,
  });
  const choices = await Promise.all(precisions.map(async ({ precision, memory, bytes, doneBytes, error }): Promise<PrecisionChoice> => ({
    precision, packBytes: bytes, diskBytes: await packs.diskBytes(modelId, precision), ready: doneBytes === bytes, memory: { ...memory, fits: freeBytes === null ? null : memory.fits }, error,
    note: notes[onCard ? 'card' : 'cpu'][precision] ?? null,
  })));
  return {
    modelId, width, height, provider, freeBytes, choices, used: chosenPrecision(now, modelId) ?? engineDefault, own: ownPrecision(now, modelId),
    recommended: recommend(choices, provider, freeBytes), packing: packs.of(modelId),
  };
}

function ownPrecision({ precisions = {} }: Settings, modelId: string): Precision | null {
  return Object.hasOwn(precisions, modelId) ? (precisions[modelId] ?? null) : null;
}

/** The settings with another precision for one model; null takes its own away. */
export function withPrecision({ precisions = {} }: Settings, modelId: string, precision: Precision | null): Pick<Settings, 'precisions'> {
  const others = Object.fromEntries(Object.entries(precisions).filter(([id]) => id !== modelId));
  return { precisions: precision === null ? others : { ...others, [modelId]: precision } };
}
