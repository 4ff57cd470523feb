import { create } from 'zustand';
import type { Staged } from '../../preload/contract/canvas.ts';
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

/** Results that wait on the canvas when it is opened: taken over by staging. */
let stagedListener: (staged: readonly Staged[]) => void = () => undefined;
export function onStagedAtOpen(listener: (staged: readonly Staged[]) => void): void {
  stagedListener = listener;
}
export function tellStaged(staged: readonly Staged[]): void {
  stagedListener(staged);
}
