/** Files that import each other in a loop, as groups (each with a path from every member to every other); Tarjan 1972. */
export function loopsIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const loops: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    open.add(file);
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue;
      if (!order.has(next)) {
        visit(next);
        lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
      } else if (open.has(next)) lowest.set(file, Math.min(lowest.get(file)!, order.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    group.forEach((member) => open.delete(member));
    if (group.length > 1 || (imports.get(file) ?? []).includes(file)) loops.push(group.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return loops.sort();
}
