import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { HubSource, Install, InstallPlan, PlanInput } from '../../preload/contract/models.ts';
import { say } from '../shell/notices.ts';
import { onEvent, onSnapshot, useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { bytes, plural } from '../ui/format.ts';

/** What the page asked a hub for a model, and what came back. */
interface Asked {
  readonly plan?: InstallPlan;
  readonly problem?: Failure;
  readonly asking?: boolean;
  readonly input: PlanInput;
}

interface State {
  readonly source?: HubSource | undefined;
  readonly installs: Readonly<Record<string, Install>>;
  readonly asked: Readonly<Record<string, Asked>>;
  /** What the last press on a model's card met with. */
  readonly problems: Readonly<Record<string, Failure>>;
  /** Whether the hub's own settings are open. */
  readonly hubOpen: boolean;
}

/** Downloads, and what is known about those that could be made. */
export const useInstalls = create<State>(() => ({ installs: {}, asked: {}, problems: {}, hubOpen: false }));

async function load(): Promise<void> {
  const [installs, source] = await Promise.all([studio().models.installs(), studio().models.source()]);
  useInstalls.setState({ source, installs: Object.fromEntries(installs.map((install) => [install.modelId, install])) });
}

/** The number of requests since the start is part of what the studio tells of itself. */
async function countRequests(): Promise<void> {
  useConnection.setState({ info: await studio().system.info() });
}

onSnapshot(load);
// The place is fetched when it is first opened: the page's own start may be over by then.
if (useConnection.getState().link === 'live') void load();
onEvent((event) => {
  if (event.type === 'install') {
    const { install: told } = event;
    const before = useInstalls.getState().installs[told.modelId]?.state;
    useInstalls.setState((state) => ({ installs: { ...state.installs, [told.modelId]: told } }));
    if (told.state !== before) void countRequests();
  }
  if (event.type === 'models') void load().then(countRequests);
});

function setProblem(id: string, problem: Failure | undefined): void {
  useInstalls.setState(({ problems }) => {
    const { [id]: _old, ...others } = problems;
    return { problems: problem === undefined ? others : { ...others, [id]: problem } };
  });
}

/** A press on a model's card: what it meets with is shown on that card. */
async function attempt(id: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    setProblem(id, undefined);
  } catch (thrown) {
    setProblem(id, toProblem(thrown));
  }
}

function setAsked(key: string, asked: Asked | undefined): void {
  useInstalls.setState((state) => {
    const { [key]: _old, ...others } = state.asked;
    return { asked: asked === undefined ? others : { ...others, [key]: asked } };
  });
}

/** Asks the hub what a download would take; `key` is the card that shows it. */
export async function askPlan(key: string, input: PlanInput): Promise<void> {
  setAsked(key, { input, asking: true });
  try {
    setAsked(key, { input, plan: await studio().models.plan(input) });
  } catch (thrown) {
    setAsked(key, { input, problem: toProblem(thrown) });
  }
  void countRequests();
}

export function forgetPlan(key: string): void {
  setAsked(key, undefined);
}

/** Fetches exactly what the plan showed. */
export async function install(key: string, { source }: InstallPlan): Promise<void> {
  await attempt(key, async () => {
    const begun = await studio().models.install(source);
    useInstalls.setState((state) => ({ installs: { ...state.installs, [begun.modelId]: state.installs[begun.modelId] ?? begun } }));
    setAsked(key, undefined);
  });
}

export function pause(modelId: string): void {
  void attempt(modelId, () => studio().models.pause({ modelId }));
}

export function resume(modelId: string): void {
  void attempt(modelId, () => studio().models.resume({ modelId }));
}

export function cancel(modelId: string): void {
  void attempt(modelId, () => studio().models.cancel({ modelId }));
}

export function remove(modelId: string, name: string): void {
  void attempt(modelId, async () => {
    await studio().models.remove({ modelId });
    say(`${name} is removed; its pictures stay`);
  });
}

export function verify(modelId: string, name: string): void {
  void attempt(modelId, async () => {
    const report = await studio().models.verify({ modelId });
    const checked = report.files.filter(({ state }) => state === 'ok');
    if (report.whole) say(`${name} is whole: ${plural(checked.length, 'file')}, ${bytes(report.bytes)} checked`);
  });
}

export function openHub(): void {
  useInstalls.setState({ hubOpen: true });
}
