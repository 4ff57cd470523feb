/** Closed outlines of what lies above half in a grid of alpha, as x, y lists in the grid's pixels. Marching squares along edges. */
export function outlines(alpha: Uint8ClampedArray | Uint8Array, width: number, height: number, stride = 1, threshold = 128): number[][] {
  const inside = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && (alpha[(y * width + x) * stride] ?? 0) >= threshold;
  // Directed edges of inside pixels that face the outside, by their start, so that the inside lies to the right.
  const next = new Map<number, number[]>();
  const corner = (x: number, y: number): number => y * (width + 1) + x;
  const add = (from: number, to: number): void => { const list = next.get(from); if (list === undefined) next.set(from, [to]); else list.push(to); };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      if (!inside(x, y - 1)) add(corner(x, y), corner(x + 1, y));
      if (!inside(x + 1, y)) add(corner(x + 1, y), corner(x + 1, y + 1));
      if (!inside(x, y + 1)) add(corner(x + 1, y + 1), corner(x, y + 1));
      if (!inside(x - 1, y)) add(corner(x, y + 1), corner(x, y));
    }
  }
  const found: number[][] = [];
  for (const [start] of next) {
    while ((next.get(start)?.length ?? 0) > 0) {
      const line: number[] = [];
      let at = start;
      let came = 0;
      do {
        const exits = next.get(at);
        if (exits === undefined || exits.length === 0) break;
        const to = exits.length === 1 ? exits.pop() as number : takeTurn(exits, at, came, width);
        const step = to - at;
        // Straight runs become one segment.
        if (step !== came) line.push(at % (width + 1), Math.floor(at / (width + 1)));
        came = step;
        at = to;
      } while (at !== start);
      if (line.length >= 6) found.push(line);
    }
  }
  return found;
}

/** Where two pixels touch at a corner, the outline turns right and stays with its own pixel. */
function takeTurn(exits: number[], at: number, came: number, width: number): number {
  const right = came === 1 ? width + 1 : came === width + 1 ? -1 : came === -1 ? -(width + 1) : 1;
  const index = Math.max(0, exits.findIndex((to) => to - at === right));
  return exits.splice(index, 1)[0] as number;
}
