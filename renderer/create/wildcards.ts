/** How many prompts `{a|b}` stands for: the product of its alternatives. Unbalanced braces stand for themselves. */
export function wildcardCount(prompt: string): number {
  let product = 1;
  for (const [, inner] of prompt.matchAll(/\{([^{}]*)\}/g)) if (inner?.includes('|')) product *= inner.split('|').length;
  return product;
}

/** Reads "3, 5, 7.5" (or "3 5 7.5"); nothing readable means the current value alone. */
export function sweepValues(text: string, current: number): number[] {
  const values = text.split(/[\s,;]+/).map(Number).filter((value, index, all) => Number.isFinite(value) && value > 0 && all.indexOf(value) === index);
  return values.length === 0 ? [current] : values.slice(0, 8);
}
