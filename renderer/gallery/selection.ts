import { create } from 'zustand';

interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where the keyboard stands, and where a Shift range ends. */
  readonly focus?: string | undefined;
  /** Where a Shift range begins. */
  readonly anchor?: string | undefined;
  readonly only: (id: string) => void;
  readonly toggle: (id: string) => void;
  readonly range: (id: string, order: readonly string[]) => void;
  readonly all: (order: readonly string[]) => void;
  readonly clear: () => void;
  /** After a complete search: forgets what it no longer shows. */
  readonly keepOnly: (known: ReadonlySet<string>) => void;
}

/** Which pictures are chosen: click, Ctrl click, Shift click and their keys, as in every file manager. */
export const useSelection = create<Selection>((set, get) => ({
  ids: new Set(),
  only: (id) => set({ ids: new Set([id]), focus: id, anchor: id }),
  toggle: (id) => {
    const ids = new Set(get().ids);
    if (!ids.delete(id)) ids.add(id);
    set({ ids, focus: id, anchor: id });
  },
  range: (id, order) => {
    const from = order.indexOf(get().anchor ?? id);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) return get().only(id);
    set({ ids: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), focus: id });
  },
  all: (order) => set({ ids: new Set(order) }),
  clear: () => set({ ids: new Set(), anchor: undefined }),
  keepOnly: (known) => {
    const { ids, focus } = get();
    const kept = new Set([...ids].filter((id) => known.has(id)));
    set({ ids: kept, ...(focus !== undefined && !known.has(focus) ? { focus: undefined, anchor: undefined } : {}) });
  },
}));

/** What an action works on: the selection, else the picture the keyboard stands on. */
export function chosenIds(): readonly string[] {
  const { ids, focus } = useSelection.getState();
  return ids.size > 0 ? [...ids] : focus === undefined ? [] : [focus];
}
