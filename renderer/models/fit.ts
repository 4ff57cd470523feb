import type { FittingPlan } from '../../preload/contract/jobs.ts';
import type { Precision } from '../../preload/contract/generation.ts';
import { saveSettings, useSettings } from '../settings/settings.ts';

/** What would have to change for a job to fit into memory. */
export type Fit = Omit<FittingPlan, 'neededBytes'>;

const precisionWords: Readonly<Record<Precision, string>> = { fp32: 'fp32', fp16: 'fp16', int8: '8 bit', q4: '4 bit', q4b128: '4 bit in large blocks' };

/** "Run in 4 bit, in pieces", "Run at 512 × 512". */
export function fitLabel({ precision, vaeTile, width, height, memoryLimitBytes }: Fit): string {
  const parts = [
    memoryLimitBytes === undefined ? '' : 'part by part',
    precision === undefined ? '' : `in ${precisionWords[precision]}`,
    vaeTile === undefined ? '' : 'in pieces',
    width === undefined || height === undefined ? '' : `at ${width} × ${height}`,
  ].filter(Boolean);
  return `Run ${parts.join(', ')}`;
}

/** What a person should know before pressing it. */
export function fitNote({ precision, vaeTile, memoryLimitBytes }: Fit): string {
  const costs = [memoryLimitBytes === undefined ? '' : 'parts of the model are loaded one after the other, which takes longer', precision === undefined ? '' : 'fewer bits change fine detail', vaeTile === undefined ? '' : 'pieces change the picture by a few levels at most places'].filter(Boolean);
  return costs.length === 0 ? '' : `${costs.join('; ')}.`.replace(/^./, (first) => first.toUpperCase());
}

/** Weights are a choice for every job of the model, pieces for every job: they stay in the settings until somebody changes them. */
export async function chooseFit({ precision, vaeTile, memoryLimitBytes }: Fit, modelId: string): Promise<void> {
  if (precision === undefined && vaeTile === undefined && memoryLimitBytes === undefined) return;
  const precisions = useSettings.getState().settings?.precisions;
  await saveSettings({ ...(precision === undefined ? {} : { precisions: { ...precisions, [modelId]: precision } }), ...(vaeTile === undefined ? {} : { vaeTile }), ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }) });
}
