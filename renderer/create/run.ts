import { chatForQuestion, noteSent } from '../ask/chats.ts';
import { planNow, submitCanvas } from '../canvas/run.ts';
import { askAboutFrame } from '../canvas/askFrame.ts';
import { useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { missing, toProblem } from '../studio/problem.ts';
import { newSeed, useComposer } from './composer.ts';
import { fasterFields } from './faster.ts';
import { planBatch, readQuestion } from './request.ts';

/** What stops a run now, as a sentence. */
export function whatIsMissing(): string | undefined {
  const state = useComposer.getState();
  if (state.task === 'ask' && useView.getState().place !== 'canvas') {
    const question = readQuestion(state);
    return typeof question === 'string' ? question : undefined;
  }
  const plan = planNow();
  return plan.ok ? undefined : plan.message;
}

/** Sends what the composer says. The prompt stays for the next variation, except a question, which has become a line of the chat. */
export async function run(front: boolean): Promise<boolean> {
  const state = useComposer.getState();
  const lacking = whatIsMissing();
  if (lacking !== undefined) {
    useComposer.setState({ problem: missing(lacking) });
    return false;
  }
  useComposer.setState({ submitting: true, problem: undefined });
  try {
    if (state.task !== 'ask') {
      await (state.sweep !== undefined && state.task === 'create' && planNow().ok && isPlainDrawing() ? submitSweep(front) : submitCanvas(front));
    } else if (useView.getState().place === 'canvas') {
      await askAboutFrame(state.prompt.trim());
    } else {
      const chatId = await chatForQuestion();
      noteSent(await studio().ask.send({ chatId, text: state.prompt.trim() }));
    }
    if (state.task === 'ask') useComposer.setState({ prompt: '' });
    useComposer.setState((now) => ({ recent: [state.prompt.trim(), ...now.recent.filter((one) => one !== state.prompt.trim())].slice(0, 50) }));
    return true;
  } catch (thrown) {
    useComposer.setState({ problem: toProblem(thrown) });
    return false;
  } finally {
    useComposer.setState({ submitting: false });
  }
}

function isPlainDrawing(): boolean {
  const plan = planNow();
  return plan.ok && plan.kind === 'textToImage' && plan.references.length === 0;
}

/** A guidance study of a drawing from words alone comes back as one labelled grid, in the gallery. */
async function submitSweep(front: boolean): Promise<void> {
  const state = useComposer.getState();
  const plan = planNow();
  const batch = planBatch(state);
  const { steps, txtCfg, seed } = state.sampling;
  await studio().batches.create({
    request: { kind: 'textToImage', prompt: state.prompt.trim(), width: plan.ok ? plan.frame.width : 512, height: plan.ok ? plan.frame.height : 512, steps, txtCfg, seed, ...fasterFields(state.sampling) },
    modelId: state.modelId, wildcards: batch.wildcards, lane: front ? 'foreground' : 'batch',
    ...(batch.seeds > 1 ? { seeds: batch.seeds } : {}), ...(batch.sweep === undefined ? {} : { sweep: batch.sweep }),
  });
  useComposer.setState((now) => (now.seedLocked ? {} : { sampling: { ...now.sampling, seed: newSeed() } }));
}
