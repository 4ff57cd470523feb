/** Which precision suits a model on this machine. Pure. */
import type { Precision, Provider } from '../../preload/contract/generation.ts';
import type { PrecisionChoice } from '../../preload/contract/precisions.ts';

export type Judged = Pick<PrecisionChoice, 'precision' | 'memory' | 'error'>;

export interface Recommendation {
  readonly precision: Precision;
  readonly reason: string;
}

/** Coarser scales take an eighth less of the disk and a quarter less of memory: worth it where they cost next to nothing. */
const blockTolerance = 1.1;

/** On a processor half precision takes longer than full and nearly as much memory; a card has no kernel for int8. */
const suited: Readonly<Record<'processor' | 'card', readonly Precision[]>> = { processor: ['fp32', 'int8', 'q4', 'q4b128'], card: ['fp16', 'q4', 'q4b128'] };

/** 4 bits in which blocks: the coarser ones only where their measured error is within a tenth of the finer ones', or nothing else fits. */
function inOrder(choices: readonly Judged[], provider: Provider): Judged[] {
  const wanted = suited[provider === 'cpu' ? 'processor' : 'card'];
  const known = wanted.flatMap((precision) => choices.filter((choice) => choice.precision === precision));
  const [fine, coarse] = [known.find(({ precision }) => precision === 'q4'), known.find(({ precision }) => precision === 'q4b128')];
  if (!fine || !coarse || coarse.error > fine.error * blockTolerance) return known;
  return known.filter((choice) => choice !== fine);
}

const inPieces = ({ tile }: Judged['memory']): string => (tile === null ? '' : `, with pictures decoded in pieces of ${tile}`);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** The most exact one whose parts all stay in memory; else the most exact that fits part by part; else the smallest. */
export function recommend(choices: readonly Judged[], provider: Provider, freeBytes: number | null): Recommendation {
  const order = inOrder(choices, provider);
  if (freeBytes === null) {
    const half = order.find(({ precision }) => precision === 'fp16') ?? order[0];
    return { precision: half?.precision ?? 'fp16', reason: 'Half precision is what graphics cards are made for. How much memory this one has, its system does not tell; if it runs out, 4 bits take a third of it.' };
  }
  const free = `${gigabytes(freeBytes)} of ${provider === 'cpu' ? 'memory' : 'the card’s memory'} are free`;
  const whole = order.find(({ memory }) => memory.fits === 'whole');
  if (whole) {
    const more = whole.precision === 'fp32' ? 'Exact, and all of it stays in memory' : 'The most exact that stays in memory as a whole';
    return { precision: whole.precision, reason: `${more}${inPieces(whole.memory)}: ${gigabytes(whole.memory.wholeBytes)}; ${free}.` };
  }
  const parts = order.find(({ memory }) => memory.fits === 'oneByOne');
  if (parts) return { precision: parts.precision, reason: `Nothing stays in memory as a whole; the most exact that fits one part after the other, which takes longer${inPieces(parts.memory)}: ${gigabytes(parts.memory.oneByOneBytes)}; ${free}.` };
  const smallest = order.reduce((a, b) => (b.memory.oneByOneBytes < a.memory.oneByOneBytes ? b : a));
  return { precision: smallest.precision, reason: `The smallest; it needs ${gigabytes(smallest.memory.oneByOneBytes)}, and ${free}. Smaller pictures may fit.` };
}
