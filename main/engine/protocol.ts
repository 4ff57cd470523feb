/** What the parent and the engine process say to each other. Pixels travel as bytes inside the messages. */
import type { Failure } from '../../preload/contract/errors.ts';
import type { EngineOptions, EstimatorTask, GenerateRequest, PackTarget, ProgressEvent, ProviderName, RgbImage, UnderstandRequest } from '../../native/types.ts';

export type * from '../../native/types.ts';
export type { EngineErrorCode, ErrorDetails } from '../../native/errors.ts';

/** Both ends must speak the same one; raised with every change of a message. */
export const protocolVersion = 4;

/** Requests: each carries an id and is answered by one result or one failure of that id. */
export type EngineCall =
  | { readonly type: 'load'; readonly id: number; readonly dir: string; readonly options: EngineOptions }
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerateRequest }
  | { readonly type: 'understand'; readonly id: number; readonly request: UnderstandRequest }
  | { readonly type: 'estimate'; readonly id: number; readonly dir: string; readonly task: EstimatorTask; readonly image: RgbImage; readonly threads: number | null }
  | { readonly type: 'estimators'; readonly id: number; readonly dir: string }
  | { readonly type: 'probe'; readonly id: number; readonly provider: ProviderName }
  | { readonly type: 'pack'; readonly id: number; readonly dir: string; readonly target: PackTarget }
  | { readonly type: 'info'; readonly id: number }
  | { readonly type: 'unload'; readonly id: number };

/** Parent → engine process. `cancel` names the call to stop; neither it nor `shutdown` is answered. */
export type ParentMessage = EngineCall | { readonly type: 'cancel'; readonly id: number } | { readonly type: 'shutdown' };

/** Engine process → parent. A failure without an id answers a message whose id could not be read. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly protocol: number }
  | { readonly type: 'event'; readonly id: number; readonly seq: number; readonly event: ProgressEvent }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number | null; readonly error: Failure };
