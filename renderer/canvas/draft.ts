/** Prompt and settings stay with their project: a page that is loaded anew, or a studio started the next day, goes on where it was left. */
import type { Draft } from '../../preload/contract/draft.ts';
import { chooseModel, currentModel, defaultsOf, newSeed, useComposer } from '../create/composer.ts';
import { fasterFields } from '../create/faster.ts';
import { keepDraftsWith, useProject } from '../project/project.ts';
import { pageIdNow } from '../project/session.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { defaultJoin, useRunSettings } from './run.ts';

/** After the last change: a letter typed is no reason to write. */
const restMs = 600;

function draftNow(): Draft {
  const { task, prompt, modelId, sampling, seedLocked, batch, sweep, recent } = useComposer.getState();
  const { join, experimental } = useRunSettings.getState();
  const { steps, txtCfg, imgCfg, strength, seed } = sampling;
  return {
    task, prompt, modelId, sampling: { steps, txtCfg, imgCfg, strength, seed, ...fasterFields(sampling) }, seedLocked, batch, ...(sweep === undefined ? {} : { sweep }), join, experimental, recent: [...recent],
  };
}

/** What is not a project's own business, such as prompts sent elsewhere, stays. */
function apply(draft: Draft): void {
  const { task, prompt, modelId, sampling, seedLocked, batch, sweep, join, experimental, recent } = draft;
  const known = useConnection.getState().models.some((model) => model.id === modelId && model.state === 'ready');
  // Numbers of a model that is gone would be wrong for the one that stands in.
  if (known) chooseModel(modelId);
  useComposer.setState((now) => ({
    task, prompt, seedLocked, batch, sweep, problem: undefined,
    sampling: known ? { guidanceRange: undefined, stepCache: undefined, ...sampling } : { ...defaultsOf(currentModel()), seed: sampling.seed },
    recent: [...new Set([...recent, ...now.recent])].slice(0, 50),
  }));
  useRunSettings.setState({ join: { ...defaultJoin, ...join }, experimental, task: null });
}

function clear(): void {
  useComposer.setState({ task: 'create', prompt: '', seedLocked: false, batch: 1, sweep: undefined, problem: undefined, sampling: { ...defaultsOf(currentModel()), seed: newSeed() } });
  useRunSettings.setState({ join: defaultJoin, experimental: false, task: null });
}

let kept = '';
let timer: ReturnType<typeof setTimeout> | undefined;

async function keep(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const { project, access } = useProject.getState();
  const pageId = pageIdNow();
  if (project === undefined || access !== 'write' || pageId === undefined) return;
  const draft = draftNow();
  const text = project.id + JSON.stringify(draft);
  if (text === kept) return;
  await studio().projects.keepDraft({ id: project.id, pageId, draft });
  kept = text;
}

function soon(): void {
  clearTimeout(timer);
  // What could not be kept now is kept with the next change, or when the project is let go.
  timer = setTimeout(() => { void keep().catch(() => undefined); }, restMs);
}

/** Called once, before a project is opened. */
export function keepDrafts(): void {
  keepDraftsWith({
    opened: (draft, first) => {
      const { prompt, task } = useComposer.getState();
      if (draft !== undefined) apply(draft);
      else if (!first) clear();
      // Whoever began to type while the studio was starting goes on.
      if (first && prompt !== '') useComposer.setState({ prompt, task });
      const { project } = useProject.getState();
      kept = project === undefined ? '' : project.id + JSON.stringify(draftNow());
    },
    leaving: keep,
  });
  useComposer.subscribe(soon);
  useRunSettings.subscribe(soon);
}
