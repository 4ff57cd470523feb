/** Random and hostile payloads at every call of the contract, over both transports: typed errors, and no end of the studio. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contract } from '../../preload/contract/api.ts';
import { errorCodeSchema, failureOf } from '../../preload/contract/errors.ts';
import { memoryRooms, type MemoryRooms } from '../helpers/memoryRooms.ts';
import { seeded } from '../helpers/random.ts';
import { electronTransport, loopbackTransport, type Line, type Transport } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const uuid = '00000000-0000-4000-8000-000000000000';
const words = ['id', 'ids', 'hash', 'file', 'files', 'requests', 'request', 'kind', 'prompt', 'jobId', 'jobIds', 'filter', 'limit', 'resume', 'epoch', 'seq', 'images', 'chatId', 'text', 'name', '__proto__', 'constructor', 'then', 'toJSON', 'length'];

function payload(next: () => number, depth = 0): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  if (depth < 4 && next() < 0.55) {
    if (next() < 0.3) return Array.from({ length: Math.floor(next() * 5) }, () => payload(next, depth + 1));
    const entries = Array.from({ length: Math.floor(next() * 6) }, () => [pick(words), payload(next, depth + 1)] as const);
    // As JSON makes them: `__proto__` as a key of its own.
    return entries.reduce<Record<string, unknown>>((made, [key, value]) => Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true }), {});
  }
  return pick<() => unknown>([
    () => null, () => undefined, () => true, () => NaN, () => -1, () => 1e308, () => 2 ** 53, () => '', () => uuid, () => 'a'.repeat(64), () => '../../etc/passwd', () => '\0', () => '\ud800',
    () => 'x'.repeat(30_000), () => 10n ** 30n, () => new Date(NaN), () => new Set([1]), () => new Map([['a', 1]]), () => /(a+)+$/, () => new URL('file:///etc/passwd'), () => new Blob(['x']),
    () => 'textToImage', () => 'understand', () => next(),
  ])();
}

const calls = Object.entries(contract).flatMap(([room, members]) => Object.keys(members).map((call) => [room, call] as const));

describe.each([['loopback', loopbackTransport], ['electron', electronTransport]] as const)('over the %s transport', (_name, open) => {
  let memory: MemoryRooms;
  let transport: Transport;
  let line: Line;
  const bugs: string[] = [];

  beforeAll(async () => {
    memory = memoryRooms();
    transport = await open(memory.rooms, (failure, call) => bugs.push(`${call}: ${failure.message}`));
    line = await transport.connect();
  });
  afterAll(async () => {
    line.close();
    await transport.close();
  });

  it('every call answers nonsense with a code of the table', async () => {
    const next = seeded(20_26);
    const client = line.client as unknown as Record<string, Record<string, (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>>>;
    const untyped: string[] = [];
    for (const [room, call] of calls) {
      for (let i = 0; i < 12; i++) {
        const input = payload(next);
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), 200);
        try {
          const answer = await client[room]?.[call]?.(input, { signal: abort.signal });
          // A stream that opened is closed again.
          if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer) await (answer as AsyncGenerator).return(undefined);
        } catch (error) {
          // What cannot even be encoded never left the page.
          if (abort.signal.aborted || error instanceof TypeError || error instanceof RangeError) continue;
          const { code } = failureOf(error);
          const named = (error as { code?: unknown }).code;
          if (!errorCodeSchema.safeParse(named).success) untyped.push(`${room}.${call}: ${code} ${String(named)} ${String(error)}`);
        } finally {
          clearTimeout(timer);
        }
        if (call === 'stopEngine') break;
      }
    }
    expect(untyped).toEqual([]);
    // The two calls of the helper that are wrong on purpose.
    expect(bugs.filter((bug) => !/^system\.(info|diagnostics)/.test(bug))).toEqual([]);
    expect(({} as Record<string, unknown>)['requests']).toBeUndefined();
    expect(await line.client.system.engine()).toMatchObject({ state: 'absent' });
  });

  it('garbage on the line ends that line alone', async () => {
    const next = seeded(7);
    for (let i = 0; i < 60; i++) {
      const other = await transport.connect();
      const length = Math.floor(next() * 200);
      const bytes = Uint8Array.from({ length }, () => next() * 256);
      const text = JSON.stringify({ i: payload(next), t: Math.floor(next() * 6), p: payload(next) }, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
      for (const message of [text, next() < 0.5 ? bytes : Buffer.from(bytes).toString('latin1')]) {
        try {
          other.raw(message);
        } catch {
          break; // closed by the first one
        }
      }
      if (i % 10 === 0) expect(await line.client.system.engine()).toMatchObject({ state: 'absent' });
      other.close();
    }
    expect(await line.client.system.engine()).toMatchObject({ state: 'absent' });
  });
});
