import { create } from 'zustand';
import type { Staged } from '../../preload/contract/canvas.ts';
import type { Draft } from '../../preload/contract/draft.ts';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Project } from '../../preload/contract/project.ts';
import type { SaveState } from '../document/journalWriter.ts';

interface ProjectState {
  readonly project?: Project | undefined;
  readonly list: readonly Project[];
  readonly access: 'none' | 'write' | 'read';
  readonly save: SaveState;
  /** Something about the project itself: it cannot be opened, it was damaged. Stays until resolved. */
  readonly problem?: Failure | undefined;
  /** Why the last action on the canvas was refused; goes with the next that works. */
  readonly refusal?: Failure | undefined;
}

/** The project that is open in this page. */
export const useProject = create<ProjectState>(() => ({ list: [], access: 'none', save: { state: 'saved', at: null } }));

/** Keeps prompt and settings with the project; registered by whoever knows what they are. */
export interface DraftKeeper {
  /** A project was opened, which is not the one before; without a draft it never had any. `first`: the page had none open. */
  readonly opened: (draft: Draft | undefined, first: boolean) => void;
  /** It is let go: resolves when what was not kept yet is. */
  readonly leaving: () => Promise<void>;
}

let keeper: DraftKeeper | undefined;
export function keepDraftsWith(next: DraftKeeper): void {
  keeper = next;
}
export function draftKeeper(): DraftKeeper | undefined {
  return keeper;
}

/** Results that wait on the canvas when it is opened: taken over by staging. */
let stagedListener: (staged: readonly Staged[]) => void = () => undefined;
export function onStagedAtOpen(listener: (staged: readonly Staged[]) => void): void {
  stagedListener = listener;
}
export function tellStaged(staged: readonly Staged[]): void {
  stagedListener(staged);
}
