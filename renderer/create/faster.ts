/** Ways to take less time for a picture that differs a little; off unless chosen. */
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { Option } from '../ui/Select.tsx';

type GuidanceRange = NonNullable<GenerateInput['guidanceRange']>;

/** The fields of a request that they fill; absent = every step in full. */
export interface Faster {
  readonly guidanceRange?: GuidanceRange | undefined;
  readonly stepCache?: number | undefined;
}

interface Way extends Option<string> {
  readonly fields: Faster;
  /** What it gains and costs, as measured of the built-in model (native/measured.md); ΔE is CIEDE2000. */
  readonly hint: string;
}

const early = { start: 0, end: 0.8 };

export const ways: readonly Way[] = [
  { value: 'off', label: 'Off', fields: {}, hint: 'Every step in full' },
  { value: 'guidance', label: 'Guide 80 % of the steps', fields: { guidanceRange: early }, hint: 'About 1.1 times as fast; Toybox’s pictures change by ΔE 1' },
  { value: 'cache', label: 'Skip calm steps', fields: { stepCache: 0.1 }, hint: '1.4 to 1.8 times as fast; Toybox’s pictures change by ΔE 0.4, hardly to be seen' },
  { value: 'more', label: 'Skip more steps', fields: { stepCache: 0.2 }, hint: '2.2 to 2.5 times as fast; Toybox’s pictures change by ΔE 0.8, some visibly' },
  { value: 'both', label: 'Guide 80 %, skip calm steps', fields: { guidanceRange: early, stepCache: 0.1 }, hint: '1.5 to 2 times as fast; Toybox’s pictures change by ΔE 1' },
];

/** Which of the ways these fields are; undefined where a row from elsewhere has other values. */
export function wayOf({ guidanceRange: range, stepCache }: Faster): Way | undefined {
  return ways.find(({ fields }) => fields.stepCache === stepCache && fields.guidanceRange?.start === range?.start && fields.guidanceRange?.end === range?.end);
}

/** Only what is set, for a request. */
export function fasterFields({ guidanceRange, stepCache }: Faster): { guidanceRange?: GuidanceRange; stepCache?: number } {
  return { ...(guidanceRange === undefined ? {} : { guidanceRange }), ...(stepCache === undefined ? {} : { stepCache }) };
}

/** In words, for a list of parameters. */
export function fasterText({ guidanceRange: range, stepCache }: Faster): string | undefined {
  const parts = [range === undefined ? '' : `guided from ${Math.round(range.start * 100)} to ${Math.round(range.end * 100)} % of the steps`, stepCache === undefined ? '' : `steps skipped below ${stepCache}`].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(', ');
}
