import { create } from 'zustand';
import type { Generation } from '../../preload/contract/project.ts';
import { useEffect } from 'react';
import { onEvent, onSnapshot } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';

interface Known {
  readonly rows: ReadonlyMap<string, Generation>;
}

const useKnown = create<Known>(() => ({ rows: new Map() }));
const asked = new Set<string>();

async function load(id: string): Promise<void> {
  if (asked.has(id)) return;
  asked.add(id);
  try {
    const row = await studio().gallery.get({ id });
    useKnown.setState(({ rows }) => ({ rows: new Map([...[...rows].slice(-200), [id, row]]) }));
  } finally {
    asked.delete(id);
  }
}

function forget(ids: readonly string[]): void {
  const gone = new Set(ids);
  const { rows } = useKnown.getState();
  // What is on screen is fetched again rather than blanked.
  for (const id of rows.keys()) if (gone.has(id)) void load(id).catch(() => undefined);
}

onEvent((event) => { if (event.type === 'gallery' && event.change === 'changed') forget(event.ids); });
onSnapshot(async () => { forget([...useKnown.getState().rows.keys()]); });

/** A picture with all its parameters, fetched when first wanted and kept up to date. */
export function useGeneration(id: string | undefined): Generation | undefined {
  const row = useKnown((state) => (id === undefined ? undefined : state.rows.get(id)));
  useEffect(() => {
    if (id !== undefined && row === undefined) void load(id).catch(() => undefined);
  }, [id, row]);
  return row;
}

/** Shows a change at once; the studio confirms with an event. */
export function patchGeneration(id: string, patch: Partial<Generation>): void {
  useKnown.setState(({ rows }) => {
    const row = rows.get(id);
    return row === undefined ? {} : { rows: new Map(rows).set(id, { ...row, ...patch }) };
  });
}
