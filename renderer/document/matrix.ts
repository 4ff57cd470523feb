/** Affine transforms. `multiply(a, b)` does b first, as `a·b` of column vectors. */
import type { Matrix, Point, Rect } from './records.ts';

/** JSON knows no −0, so neither does the document. */
const plain = (value: number): number => (value === 0 ? 0 : value);

const of = (a: number, b: number, c: number, d: number, e: number, f: number): Matrix => [plain(a), plain(b), plain(c), plain(d), plain(e), plain(f)];

export function multiply([a1, b1, c1, d1, e1, f1]: Matrix, [a2, b2, c2, d2, e2, f2]: Matrix): Matrix {
  return of(a1 * a2 + c1 * b2, b1 * a2 + d1 * b2, a1 * c2 + c1 * d2, b1 * c2 + d1 * d2, a1 * e2 + c1 * f2 + e1, b1 * e2 + d1 * f2 + f1);
}

export function determinant([a, b, c, d]: Matrix): number {
  return a * d - b * c;
}

/** The way back; undefined where the matrix flattens the plane. */
export function inverse(matrix: Matrix): Matrix | undefined {
  const det = determinant(matrix);
  if (!Number.isFinite(1 / det)) return undefined;
  const [a, b, c, d, e, f] = matrix;
  return of(d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det);
}

export function transformPoint([a, b, c, d, e, f]: Matrix, { x, y }: Point): Point {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** The upright box around the transformed rectangle. */
export function transformRect(matrix: Matrix, { x, y, width, height }: Rect): Rect {
  const corners = [{ x, y }, { x: x + width, y }, { x, y: y + height }, { x: x + width, y: y + height }].map((corner) => transformPoint(matrix, corner));
  const left = Math.min(...corners.map((corner) => corner.x));
  const top = Math.min(...corners.map((corner) => corner.y));
  return { x: plain(left), y: plain(top), width: Math.max(...corners.map((corner) => corner.x)) - left, height: Math.max(...corners.map((corner) => corner.y)) - top };
}

export function translation(x: number, y: number): Matrix {
  return of(1, 0, 0, 1, x, y);
}

/** Scales about a point; negative factors mirror. */
export function scaling(x: number, y: number, about: Point = { x: 0, y: 0 }): Matrix {
  return of(x, 0, 0, y, about.x * (1 - x), about.y * (1 - y));
}

const turns: Readonly<Record<number, readonly [cos: number, sin: number]>> = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] };

/** Turns clockwise (y points down) about a point; right angles are exact, so that pixels stay on their grid. */
export function rotation(degrees: number, about: Point = { x: 0, y: 0 }): Matrix {
  const turn = ((degrees % 360) + 360) % 360;
  const [cos, sin] = turns[turn] ?? [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  return of(cos, sin, -sin, cos, about.x - cos * about.x + sin * about.y, about.y - sin * about.x - cos * about.y);
}

/** Whether pixels land on pixels: only whole steps, quarter turns and mirrors, which need no resampling. */
export function keepsPixels([a, b, c, d, e, f]: Matrix): boolean {
  const unit = (value: number): boolean => Math.abs(value) === 1;
  const square = (unit(a) && unit(d) && b === 0 && c === 0) || (unit(b) && unit(c) && a === 0 && d === 0);
  return square && Number.isInteger(e) && Number.isInteger(f);
}

/** By how much lengths grow, on average over the directions. */
export function meanScale(matrix: Matrix): number {
  return Math.sqrt(Math.abs(determinant(matrix)));
}

export function sameMatrix(a: Matrix, b: Matrix): boolean {
  return a.every((value, i) => value === b[i]);
}
