import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Resume, StudioEvent } from '../../preload/contract/events.ts';
import type { EngineStatus, Example, ModelEntry, SystemInfo } from '../../preload/contract/system.ts';
import { studio } from './current.ts';
import { toProblem } from './problem.ts';

interface Connection {
  readonly link: 'connecting' | 'live' | 'lost';
  readonly problem?: Failure | undefined;
  readonly info?: SystemInfo | undefined;
  readonly engine?: EngineStatus | undefined;
  readonly models: readonly ModelEntry[];
  readonly examples: readonly Example[];
  /** Whether the studio has told its examples yet. */
  readonly examplesTold: boolean;
}

/** Whether the studio answers, and what it is. */
export const useConnection = create<Connection>(() => ({ link: 'connecting', models: [], examples: [], examplesTold: false }));

type Listener = (event: StudioEvent) => void;
const listeners = new Set<Listener>();
const loaders = new Set<() => Promise<void>>();

/** Stores subscribe once, at start. */
export function onEvent(listener: Listener): void {
  listeners.add(listener);
}

/** Runs whenever the page has to forget what it knew: at the start, and after it was away for too long. */
export function onSnapshot(load: () => Promise<void>): void {
  loaders.add(load);
}

let resume: Resume | undefined;

let models: Promise<void> = Promise.resolve();

/** The models, for a loader that needs them: everything is asked for at once. */
export function modelsLoaded(): Promise<void> {
  return models;
}

async function loadAll(): Promise<void> {
  models = studio().models.list().then((list) => useConnection.setState({ models: list }));
  const info = studio().system.info().then((told) => useConnection.setState({ info: told }));
  await Promise.all([models, info, ...[...loaders].map((load) => load())]);
}

/** Starts that are one click away bring pictures along, which the studio stores first: nothing waits for them. */
async function loadExamples(): Promise<void> {
  try {
    useConnection.setState({ examples: await studio().examples.list() });
  } finally {
    useConnection.setState({ examplesTold: true });
  }
}

async function take(event: StudioEvent): Promise<void> {
  if (event.type === 'snapshot') {
    useConnection.setState({ engine: event.engine });
    for (const listener of listeners) listener(event);
    await loadAll();
    resume = { epoch: event.epoch, seq: event.seq };
    useConnection.setState({ link: 'live', problem: undefined });
    void loadExamples().catch(() => undefined);
    return;
  }
  if (resume !== undefined) resume = { ...resume, seq: event.seq };
  if (event.type === 'engine') useConnection.setState({ engine: event.engine });
  if (event.type === 'models') useConnection.setState({ models: await studio().models.list() });
  for (const listener of listeners) listener(event);
}

/** Keeps the page in step with the studio until the signal: reconnects with back-off and resumes after the last event seen. */
export async function stayConnected(signal: AbortSignal): Promise<void> {
  let wait = 250;
  while (!signal.aborted) {
    try {
      const news = await studio().events.watch(resume === undefined ? {} : { resume }, { signal });
      if (resume !== undefined) useConnection.setState({ link: 'live', problem: undefined });
      for await (const event of news) {
        await take(event);
        wait = 250;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      useConnection.setState({ link: 'lost', problem: toProblem(thrown) });
    }
    if (signal.aborted) return;
    useConnection.setState((state) => (state.link === 'live' ? { link: 'lost' } : {}));
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 4000);
  }
}

