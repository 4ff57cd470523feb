/** Confidence intervals for the bench's tables. */

const Z = 1.959964;

/** Wilson's 95 % interval of a share of n trials; right also near 0 and 1. */
export function wilson(successes: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const p = successes / n;
  const middle = (p + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** 95 % interval of a mean by the normal approximation. */
export function meanInterval(values: readonly number[]): [number, number] {
  const mean = average(values);
  if (values.length < 2) return [mean, mean];
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = Z * Math.sqrt(variance / values.length);
  return [mean - half, mean + half];
}

/** 95 % interval of the mean of several shares that weigh the same, each of its own trials [successes, n]; with Agresti and Coull's two more of each for the spread. */
export function meanOfShares(shares: readonly (readonly [successes: number, n: number])[]): [number, number] {
  const mean = average(shares.map(([successes, n]) => successes / n));
  const variance = shares.reduce((sum, [successes, n]) => {
    const p = (successes + 2) / (n + 4);
    return sum + (p * (1 - p)) / (n + 4);
  }, 0) / shares.length ** 2;
  const half = Z * Math.sqrt(variance);
  return [Math.max(0, mean - half), Math.min(1, mean + half)];
}

export const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
