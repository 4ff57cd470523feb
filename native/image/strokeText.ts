/** Letters drawn as strokes: the labels of a guidance study look the same on machines with no fonts at all. */

interface Glyph {
  readonly width: number;
  /** An SVG path; capitals stand between y = 0 and the baseline y = 7. */
  readonly path: string;
}

const glyph = (width: number, path: string): Glyph => ({ width, path });

const glyphs: Readonly<Record<string, Glyph>> = {
  ' ': glyph(1.2, ''),
  // Heavier than the stroke: at ten pixels 1.5 must not read as 15.
  '.': glyph(1, 'M.3 6.4H.7V6.9H.3Z'),
  '·': glyph(0.2, 'M.1 3.8v.1'),
  '-': glyph(2, 'M0 4H2'),
  '0': glyph(4, 'M2 0C.6 0 0 1.4 0 3.5S.6 7 2 7S4 5.6 4 3.5S3.4 0 2 0Z'),
  '1': glyph(1.8, 'M.2 1.4L1.8 0V7'),
  '2': glyph(4, 'M.1 1.8C.1 .7 .9 0 2 0S3.9 .7 3.9 1.8C3.9 3.4 1.5 4.6 0 7H4'),
  '3': glyph(4, 'M.2 1.2C.6 .4 1.2 0 2 0C3 0 3.7 .7 3.7 1.7S2.9 3.3 1.6 3.3C3 3.3 4 4 4 5.1S3.2 7 2 7C1.1 7 .4 6.6 0 5.8'),
  '4': glyph(4, 'M2.9 7V0L0 5H4'),
  '5': glyph(4, 'M3.7 0H.8L.4 3.1C.9 2.7 1.4 2.5 2 2.5C3.2 2.5 4 3.4 4 4.7S3.2 7 2 7C1.1 7 .4 6.6 0 5.9'),
  '6': glyph(4, 'M3.2 0C1.2 .8 0 2.6 0 4.7C0 6.1 .8 7 2 7S4 6.1 4 4.8S3.2 2.7 2 2.7S0 3.5 0 4.8'),
  '7': glyph(4, 'M0 0H4L1.4 7'),
  '8': glyph(4, 'M2 3.3C.9 3.3 .3 2.6 .3 1.7S.9 0 2 0S3.7 .8 3.7 1.7S3.1 3.3 2 3.3C.8 3.3 0 4 0 5.1S.8 7 2 7S4 6.2 4 5.1S3.2 3.3 2 3.3Z'),
  '9': glyph(4, 'M.8 7C2.8 6.2 4 4.4 4 2.3C4 .9 3.2 0 2 0S0 .9 0 2.2S.8 4.3 2 4.3S4 3.5 4 2.2'),
  C: glyph(4.4, 'M4.4 1.3C3.9 .5 3.2 0 2.4 0C.9 0 0 1.4 0 3.5S.9 7 2.4 7C3.2 7 3.9 6.5 4.4 5.7'),
  d: glyph(3.4, 'M3.4 0V7M3.4 4.5C3.4 3 2.7 2 1.7 2S0 3 0 4.5S.7 7 1.7 7S3.4 6 3.4 4.5'),
  e: glyph(3.4, 'M0 4.4H3.4C3.4 3 2.7 2 1.7 2S0 3 0 4.5S.7 7 1.8 7C2.5 7 3 6.7 3.3 6.1'),
  f: glyph(2.2, 'M2.2 0C1.3 0 1 .4 1 1.3V7M0 2H2.2'),
  g: glyph(3.4, 'M3.4 2V7.2C3.4 8.5 2.7 9 1.7 9C1 9 .5 8.8 .2 8.4M3.4 4.5C3.4 3 2.7 2 1.7 2S0 3 0 4.5S.7 7 1.7 7S3.4 6 3.4 4.5'),
  i: glyph(0.2, 'M.1 2V7M.1 .2v.1'),
  m: glyph(5.2, 'M0 2V7M0 3.8C0 2.7 .6 2 1.4 2S2.6 2.5 2.6 3.6V7M2.6 3.8C2.6 2.7 3.2 2 4 2S5.2 2.5 5.2 3.6V7'),
  s: glyph(3, 'M2.8 2.7C2.5 2.2 2 2 1.5 2C.7 2 .2 2.4 .2 3.2C.2 4.9 3 4 3 5.6C3 6.5 2.4 7 1.5 7C.8 7 .3 6.7 0 6.2'),
  t: glyph(2.3, 'M1 .6V5.8C1 6.7 1.4 7 2.3 7M0 2H2.3'),
  x: glyph(3.2, 'M0 2L3.2 7M3.2 2L0 7'),
};

/** Between two letters, in the units of the glyphs. */
const gap = 1.5;
const capHeight = 7;

/** Pixels that a label takes at this cap height; other scripts are guessed at, generously. */
export function labelWidth(text: string, height: number): number {
  return [...text].reduce((sum, char) => sum + (glyphs[char]?.width ?? (char.charCodeAt(0) > 0x2e80 ? 9 : 5)) + gap, -gap) * (height / capHeight);
}

/** The point of a label that stands at its `x`. */
type Anchor = 'start' | 'middle' | 'end';

/** Share of its width that a label reaches to the left of its `x`. */
const before: Readonly<Record<Anchor, number>> = { start: 0, middle: 0.5, end: 1 };

/**
 * SVG of one line, capitals between `y` and `y + height`. Guidance values and seeds are drawn as strokes; a label with any other
 * character is left to the machine's fonts, and to them how wide it becomes.
 */
export function labelSvg(text: string, x: number, y: number, height: number, anchor: Anchor = 'start'): string {
  const scale = height / capHeight;
  if (![...text].every((char) => char in glyphs)) {
    const size = height * 1.38;
    return `<text x="${x}" y="${y + height}" font-family="Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif" font-size="${size}" text-anchor="${anchor}" fill="#27272a">${escaped(text)}</text>`;
  }
  let at = 0;
  const paths = [...text].map((char) => {
    const { width, path } = glyphs[char]!;
    const placed = path === '' ? '' : `<path transform="translate(${at} 0)" d="${path}"/>`;
    at += width + gap;
    return placed;
  });
  return `<g transform="translate(${x - before[anchor] * labelWidth(text, height)} ${y}) scale(${scale})" fill="none" stroke="#27272a" stroke-width=".85" stroke-linecap="round" stroke-linejoin="round">${paths.join('')}</g>`;
}

function escaped(text: string): string {
  // Control characters are not XML at all, escaped or not.
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, ' ').replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
