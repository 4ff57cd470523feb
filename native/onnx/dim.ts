/**
 * Tensor dimensions known as numbers, or as products and sums of named unknowns ("8*h", "txt+img").
 * Enough algebra to refuse a graph whose shapes cannot fit, before the runtime sees it.
 */

export type Dim = number | string;
export type Shape = readonly Dim[];

interface Monomial {
  readonly coefficient: number;
  readonly symbols: readonly string[];
}

/** A sum is one opaque symbol: only equality is ever asked of it. */
function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { coefficient: dim, symbols: [] };
  if (dim.includes('+')) return { coefficient: 1, symbols: [dim] };
  let coefficient = 1;
  const symbols: string[] = [];
  for (const factor of dim.split('*')) {
    if (/^\d+$/.test(factor)) coefficient *= Number(factor);
    else symbols.push(factor);
  }
  return { coefficient, symbols };
}

function format({ coefficient, symbols }: Monomial): Dim {
  if (symbols.length === 0) return coefficient;
  const product = [...symbols].sort().join('*');
  return coefficient === 1 ? product : `${coefficient}*${product}`;
}

/** The product of dimensions, in canonical form. */
export function product(dims: Shape): Dim {
  let coefficient = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    const part = parse(dim);
    coefficient *= part.coefficient;
    symbols.push(...part.symbols);
  }
  return format({ coefficient, symbols });
}

/** The sum of dimensions; numbers are added, unknowns joined by "+". */
export function sum(dims: Shape): Dim {
  let known = 0;
  const unknown: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') known += dim;
    else unknown.push(dim);
  }
  if (unknown.length === 0) return known;
  return [...(known === 0 ? [] : [`${known}`]), ...unknown].join('+');
}

/** Whether two dimensions are the same number or the same expression. */
export function sameDim(a: Dim, b: Dim): boolean {
  return product([a]) === product([b]);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i] as Dim));
}

/** The broadcast shape of two operands by ONNX's rules, or null when they cannot meet. */
export function broadcast(a: Shape, b: Shape): Dim[] | null {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left === 1) out.push(right);
    else if (right === 1 || sameDim(left, right)) out.push(left);
    else return null;
  }
  return out;
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
