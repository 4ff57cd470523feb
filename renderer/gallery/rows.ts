import type { Day } from './sparse.ts';

/** One line of the grid: a day's heading, or a run of pictures. */
export type Row =
  | { readonly kind: 'day'; readonly day: Day }
  | { readonly kind: 'tiles'; readonly from: number; readonly to: number };

/** Lines of the grid, found by arithmetic: a hundred thousand pictures are some thousand days, not some thousand row objects. */
export class Rows {
  readonly count: number;
  private readonly days: readonly Day[];
  private readonly columns: number;
  /** First row of each day. */
  private readonly starts: readonly number[];

  constructor(days: readonly Day[], columns: number) {
    this.days = days;
    this.columns = columns;
    let row = 0;
    this.starts = days.map((day) => {
      const start = row;
      row += 1 + Math.ceil(day.count / columns);
      return start;
    });
    this.count = row;
  }

  isDay(row: number): boolean {
    return this.starts[this.dayOfRow(row)] === row;
  }

  at(row: number): Row | undefined {
    const index = this.dayOfRow(row);
    const day = this.days[index];
    const start = this.starts[index];
    if (day === undefined || start === undefined) return undefined;
    if (row === start) return { kind: 'day', day };
    const from = day.start + (row - start - 1) * this.columns;
    return { kind: 'tiles', from, to: Math.min(from + this.columns, day.start + day.count) };
  }

  /** The row in which a picture stands. */
  rowOf(index: number): number {
    let day = 0;
    while (day + 1 < this.days.length && this.days[day + 1]!.start <= index) day++;
    return (this.starts[day] ?? 0) + 1 + Math.floor((index - (this.days[day]?.start ?? 0)) / this.columns);
  }

  /** The picture above or below, in the same column where there is one. */
  neighbour(index: number, by: -1 | 1): number {
    const row = this.rowOf(index);
    const here = this.at(row);
    if (here?.kind !== 'tiles') return index;
    const column = index - here.from;
    for (let next = row + by; next >= 0 && next < this.count; next += by) {
      const there = this.at(next);
      if (there?.kind === 'tiles') return Math.min(there.from + column, there.to - 1);
    }
    return index;
  }

  private dayOfRow(row: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
