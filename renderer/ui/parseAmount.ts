/** Rounds to a number of decimals without trailing binary dust. */
export function roundTo(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

/**
 * Reads what a person types into a number field: `512`, `1,5`, `2*256`, `1024/2 + 64`, `512 px`.
 * Returns the number, or a sentence saying what is wrong.
 */
export function parseAmount(text: string, unit?: string): number | string {
  let source = text.trim();
  if (unit && source.toLowerCase().endsWith(unit.toLowerCase())) source = source.slice(0, -unit.length).trim();
  source = source.replaceAll('×', '*').replaceAll('÷', '/').replace(/(\d),(\d)/g, '$1.$2');
  if (source === '') return 'Type a number';
  let at = 0;
  const peek = (): string => { while (source[at] === ' ') at++; return source[at] ?? ''; };
  const atom = (): number => {
    const sign = peek();
    if (sign === '-' || sign === '+') { at++; return sign === '-' ? -atom() : atom(); }
    if (sign === '(') {
      at++;
      const inner = sum();
      if (peek() !== ')') return NaN;
      at++;
      return inner;
    }
    const digits = /^\d*\.?\d+|^\d+\./.exec(source.slice(at));
    if (digits === null) return NaN;
    at += digits[0].length;
    return Number(digits[0]);
  };
  const product = (): number => {
    let left = atom();
    for (let op = peek(); op === '*' || op === '/'; op = peek()) { at++; left = op === '*' ? left * atom() : left / atom(); }
    return left;
  };
  const sum = (): number => {
    let left = product();
    for (let op = peek(); op === '+' || op === '-'; op = peek()) { at++; left = op === '+' ? left + product() : left - product(); }
    return left;
  };
  const value = sum();
  if (peek() !== '' || !Number.isFinite(value)) return `“${text.trim()}” is not a number`;
  return value;
}
