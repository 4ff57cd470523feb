/** The one router: the contract's calls tied to the rooms that answer them, whatever transport they came over. */
import { implement, ORPCError, type Router } from '@orpc/server';
import { StandardRPCHandler, type StandardHandleResult, type StandardHandler } from '@orpc/server/standard';
import { contract } from '../../preload/contract/api.ts';
import { errorMap, failureOf, type Failure } from '../../preload/contract/errors.ts';
import { toFailure } from '../errors.ts';
import type { Caller, Rooms } from '../services.ts';
import type { LineContext } from './channel.ts';

/** Where a bug is noted down: never in the answer to a page alone. */
export type Report = (failure: Failure, call: string) => void;

type AnyCall = (input: unknown, caller: Caller) => Promise<unknown> | AsyncIterable<unknown>;
/** The types that tie calls to rooms stand in Rooms; for oRPC it is one router of many. */
type AnyRouter = Router<never, Record<never, never>>;
interface Inner<Path> {
  readonly path: Path;
  next(): Promise<unknown>;
}
interface Outer {
  readonly request: { readonly url: URL };
  next(): Promise<StandardHandleResult>;
}
interface CallBuilder {
  handler(run: (options: { input: unknown; signal?: AbortSignal | undefined; context: LineContext }) => unknown): never;
}

/** The contract's calls with their rooms behind them. */
function createRouter(rooms: Rooms, report: Report): AnyRouter {
  // Built by name: the types of Rooms already tie every call's input and output to the contract.
  const builders = implement(contract) as unknown as Record<string, Record<string, CallBuilder>>;
  return mapValues(rooms as unknown as Record<string, Record<string, AnyCall>>, (room, roomName) =>
    mapValues(room, (call, callName) => builderOf(builders, roomName, callName).handler(({ input, signal, context }) => {
      const answer = call(input, { signal, line: context.line });
      return Symbol.asyncIterator in answer ? stream(answer, `${roomName}.${callName}`, report) : answer;
    })),
  ) as unknown as AnyRouter;
}

/** Rooms → a router and the interceptors that every handler on top of it needs. Whatever a room throws leaves as a code of the error table. */
export function createRoutes(rooms: Rooms, report: Report) {
  return {
    router: createRouter(rooms, report),
    clientInterceptors: [
      async (options: Inner<readonly string[]>) => {
        try {
          return await options.next();
        } catch (error) {
          throw told(error, options.path.join('.'), report);
        }
      },
    ],
    interceptors: [
      async (options: Outer) => {
        const result = await options.next().catch((error: unknown) => {
          // Calls end in failures of ours; only a payload that cannot be decoded fails outside of them.
          if (error instanceof ORPCError) throw error;
          throw toOrpc({ code: 'IPC_INVALID', message: `${options.request.url.pathname}: the input could not be read.`, details: {}, retryable: false });
        });
        if (!result.matched) throw toOrpc({ code: 'IPC_INVALID', message: `There is no call ${options.request.url.pathname}.`, details: {}, retryable: false });
        return result;
      },
    ],
  };
}

/** Rooms → a handler of encoded requests: what pages speak. */
export function createHandler(rooms: Rooms, report: Report): StandardHandler<Record<never, never>> {
  const { router, ...interceptors } = createRoutes(rooms, report);
  return new StandardRPCHandler(router, interceptors);
}

function builderOf(builders: Record<string, Record<string, CallBuilder>>, room: string, call: string): CallBuilder {
  const builder = builders[room]?.[call];
  if (!builder) throw new Error(`the contract has no call ${room}.${call}`);
  return builder;
}

async function* stream(items: AsyncIterable<unknown>, call: string, report: Report): AsyncGenerator<unknown> {
  try {
    yield* items;
  } catch (error) {
    throw told(error, call, report);
  }
}

function told(error: unknown, call: string, report: Report): ORPCError<string, unknown> {
  const failure = error instanceof ORPCError ? failureOfOrpc(error as ORPCError<string, unknown>, call) : toFailure(error);
  if (failure.code !== 'INTERNAL') return toOrpc(failure);
  report(failure, call);
  // A stack is for the log: it holds paths of this machine.
  return toOrpc({ ...failure, details: {} });
}

/** What oRPC itself throws: an input that the contract refuses, or an output that a room should not have given. */
function failureOfOrpc(error: ORPCError<string, unknown>, call: string): Failure {
  if (error.code === 'BAD_REQUEST') {
    const { issues } = (error.data ?? {}) as { issues?: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] }[] };
    const issue = issues?.[0];
    const field = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    const problem = issue?.message ?? error.message;
    return { code: 'IPC_INVALID', message: `${call}: ${field === '' ? '' : `${field}: `}${problem}`, details: { call, field, problem }, retryable: false };
  }
  if (error.code === 'INTERNAL_SERVER_ERROR') return { code: 'INTERNAL', message: `${call}: ${error.message}`, details: { cause: String(error.cause) }, retryable: false };
  return failureOf(error);
}

/** A failure in the form that crosses the contract. */
export function toOrpc({ code, message, details, retryable }: Failure): ORPCError<string, unknown> {
  return new ORPCError(code, { defined: true, status: errorMap[code].status, message, data: { details, retryable } });
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
