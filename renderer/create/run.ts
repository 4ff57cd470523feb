import { chatForQuestion, noteSent } from '../ask/chats.ts';
import { studio } from '../studio/current.ts';
import { missing, toProblem } from '../studio/problem.ts';
import { newSeed, useComposer } from './composer.ts';
import { isGenerate, planBatch, readRequest } from './request.ts';

/** Sends what the composer says. The prompt stays for the next variation, except a question, which has become a line of the chat. */
export async function run(front: boolean): Promise<boolean> {
  const state = useComposer.getState();
  const request = readRequest(state);
  if (typeof request === 'string') {
    useComposer.setState({ problem: missing(request) });
    return false;
  }
  useComposer.setState({ submitting: true, problem: undefined });
  try {
    if (isGenerate(request)) {
      const plan = planBatch(state);
      const { modelId } = state;
      if (plan.jobs === 1 && plan.sweep === undefined && !plan.wildcards) {
        await studio().jobs.submit({ requests: [request], modelId, lane: 'foreground', ...(front ? { toFront: true } : {}) });
      } else {
        await studio().batches.create({
          request, modelId, wildcards: plan.wildcards, lane: front ? 'foreground' : 'batch',
          ...(plan.seeds > 1 ? { seeds: plan.seeds } : {}), ...(plan.sweep === undefined ? {} : { sweep: plan.sweep }),
        });
      }
      useComposer.setState((now) => (now.seedLocked ? {} : { sampling: { ...now.sampling, seed: newSeed() } }));
    } else {
      const chatId = await chatForQuestion();
      noteSent(await studio().ask.send({ chatId, text: request.prompt }));
      useComposer.setState({ prompt: '' });
    }
    useComposer.setState((now) => ({ recent: [state.prompt.trim(), ...now.recent.filter((one) => one !== state.prompt.trim())].slice(0, 50) }));
    return true;
  } catch (thrown) {
    useComposer.setState({ problem: toProblem(thrown) });
    return false;
  } finally {
    useComposer.setState({ submitting: false });
  }
}
