/** Rows as they are written: what the history cannot work out by itself. */
import type { Staged } from '../../preload/contract/canvas.ts';
import type { Hash } from '../../preload/contract/common.ts';
import type { MaskOptions } from '../../preload/contract/generation.ts';
import type { Generation, Parent } from '../../preload/contract/project.ts';

/** A generation. */
export type NewGeneration = Omit<Generation, 'title' | 'parents' | 'trashedAt' | 'starred' | 'tags' | 'note'> & {
  readonly parents: readonly Omit<Parent, 'generationId'>[];
};

/** What a drawing was composited from, so that it can be done again in another way. */
export interface CompositeSource {
  readonly image: Hash;
  readonly denoiseMask: Hash;
  readonly compositeMask: Hash;
  readonly crop: { readonly left: number; readonly top: number; readonly width: number; readonly height: number } | null;
  readonly task: 'inpaint' | 'outpaint' | 'edit';
  readonly options: MaskOptions;
}

/** A waiting result as it is stored. `source` is null where nothing was masked. */
export type StagedRow = Staged & { readonly source: CompositeSource | null };
export type NewStaged = Omit<StagedRow, 'state'>;
