/** A studio that runs already, as the command line uses it: the calls of its HTTP side. */
import type { AssetInfo, Generation, Turn } from '../../preload/contract/project.ts';
import { failureOf } from '../../preload/contract/errors.ts';
import type { JobEvent } from '../../preload/contract/events.ts';
import type { GenerateInput, Precision } from '../../preload/contract/generation.ts';
import type { JobRecord, Progress } from '../../preload/contract/jobs.ts';
import { cancelled, fromFailure } from '../errors.ts';
import type { ProgressEvent } from '../engine/protocol.ts';
import { findRunning, type Running } from '../transport/running.ts';

export interface Watching {
  readonly onEvent: (event: ProgressEvent) => void;
  /** An abort stops the job after its running step. */
  readonly signal: AbortSignal;
}

/** Failures come as the studio tells them: StudioError with its code. */
export class RunningStudio {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  /** The one on this data folder; undefined where none answers. */
  static async find(dataDir: string): Promise<RunningStudio | undefined> {
    const running = await findRunning(dataDir);
    return running && new RunningStudio(running);
  }

  async upload(png: Uint8Array, name: string): Promise<AssetInfo> {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)], { type: 'image/png' }), name);
    return (await this.#send('assets/upload', form)).json() as Promise<AssetInfo>;
  }

  /** Queues it in front, follows it to its end. out: its row, and its file with the parameters inside. */
  async draw(request: GenerateInput, watching: Watching): Promise<{ readonly row: Generation; readonly png: Uint8Array }> {
    const [job] = await this.#call<JobRecord[]>('jobs/submit', { requests: [request], toFront: true });
    const done = await this.#follow(job?.id ?? '', watching);
    const id = done.generationIds[0];
    const row = await this.#call<Generation>('gallery/get', { id });
    const file = await this.#send('gallery/export', JSON.stringify({ id, format: 'png' }));
    return { row, png: new Uint8Array(await file.arrayBuffer()) };
  }

  /** A question in a chat of its own, which stays in the studio. */
  async ask(text: string, images: readonly string[], options: object, watching: Watching): Promise<Turn> {
    const chat = await this.#call<{ id: string }>('ask/create', { images });
    const { job, answer } = await this.#call<{ job: JobRecord; answer: Turn }>('ask/send', { chatId: chat.id, text, options });
    await this.#follow(job.id, watching);
    const { turns } = await this.#call<{ turns: Turn[] }>('ask/get', { id: chat.id });
    return turns.find(({ id }) => id === answer.id) ?? answer;
  }

  /** Brings a picture made elsewhere into the gallery; its parameters are read from inside. */
  async take(png: Uint8Array, name: string): Promise<void> {
    const { hash } = await this.upload(png, name);
    await this.#call('gallery/import', { files: [{ hash, name }] });
  }

  /** Runs a model in another precision from now on; the studio packs what that needs. */
  async choosePrecision(modelId: string, precision: Precision | null): Promise<void> {
    await this.#call('models/choosePrecision', { modelId, precision });
  }

  async removePack(modelId: string, precision: Precision): Promise<number> {
    return (await this.#call<{ freedBytes: number }>('models/removePack', { modelId, precision })).freedBytes;
  }

  async #follow(jobId: string, { onEvent, signal }: Watching): Promise<JobRecord> {
    const stop = (): void => void this.#call('jobs/cancel', { jobIds: [jobId] }).catch(() => undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    try {
      let stage: string | undefined;
      let told = 0;
      const tell = (progress: Progress): void => {
        if (progress.stage !== stage && isEngineStage(progress.stage)) onEvent({ type: 'stage', stage: progress.stage });
        stage = progress.stage;
        if (progress.step > told) onEvent({ type: 'step', step: progress.step, steps: progress.steps, stepMs: progress.stepMs ?? 0, leftMs: progress.leftMs ?? 0 });
        told = progress.step;
      };
      const stream = await this.#send('jobs/follow', JSON.stringify({ jobId }));
      for await (const event of eventsOf(stream)) {
        if (event.type === 'progress') tell(event.progress);
        if (event.type === 'token') onEvent({ type: 'token', text: event.text, index: event.index });
      }
      const job = await this.#call<JobRecord>('jobs/get', { jobId });
      if (job.state === 'cancelled') throw cancelled();
      if (job.failure) throw fromFailure(job.failure);
      return job;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #call<T>(call: string, input: object): Promise<T> {
    const reply = await this.#send(call, JSON.stringify(input));
    return (reply.headers.get('content-type')?.includes('json') ? await reply.json() : undefined) as T;
  }

  async #send(call: string, body: string | FormData): Promise<Response> {
    const reply = await fetch(`${this.#running.origin}/api/${call}`, {
      method: 'POST', body, headers: { authorization: `Bearer ${this.#running.secret}`, ...(typeof body === 'string' && { 'content-type': 'application/json' }) },
    });
    if (reply.ok) return reply;
    throw fromFailure(failureOf(await reply.json().catch(() => undefined)));
  }
}

const engineStages = ['load', 'condition', 'encode', 'denoise', 'decode', 'understand'] as const;

function isEngineStage(stage: string | null): stage is (typeof engineStages)[number] {
  return (engineStages as readonly (string | null)[]).includes(stage);
}

/** Server-sent events: blank lines between them, their data as JSON. */
async function* eventsOf(reply: Response): AsyncGenerator<JobEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of reply.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (name === 'error') throw fromFailure(failureOf(data === undefined ? undefined : JSON.parse(data)));
      if (name === 'message' && data !== undefined) yield JSON.parse(data) as JobEvent;
    }
  }
}
