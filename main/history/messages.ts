/** What main and the history's worker say to each other. */
import type { Failure } from '../errors.ts';
import type { OpenNotice } from './open.ts';
import type { OperationName } from './operations.ts';

export type HistoryRequest =
  /** The first one, once. */
  | { readonly type: 'open'; readonly dir: string }
  | { readonly type: 'run'; readonly id: number; readonly name: OperationName; readonly values: readonly unknown[] }
  | { readonly type: 'close'; readonly id: number };

export type HistoryReply =
  | { readonly type: 'opened'; readonly notice: OpenNotice | null }
  | { readonly type: 'failed'; readonly error: Failure }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: Failure };
