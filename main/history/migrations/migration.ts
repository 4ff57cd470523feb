import type { Db } from '../connection.ts';

/** One step of the schema. Append-only: what has been released is never edited, a correction is a new step. */
export interface Migration {
  /** Rises from step to step; kept in `PRAGMA user_version`. */
  readonly version: number;
  readonly name: string;
  /** Runs inside the transaction that `migrate` opens. */
  up(db: Db): void;
}
