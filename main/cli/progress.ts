/** Progress on stderr: one moving line in a terminal, plain lines anywhere else. */
import type { ProgressEvent } from '../engine/protocol.ts';

const barWidth = 24;
const stageNames: Readonly<Record<Extract<ProgressEvent, { type: 'stage' }>['stage'], string>> = {
  load: 'Loading the model',
  condition: 'Reading the prompt',
  encode: 'Encoding the picture',
  denoise: 'Drawing',
  decode: 'Decoding',
  understand: 'Looking',
};

const networkNames: Readonly<Record<string, string>> = {
  visualTokenizer: 'the visual tokenizer', llm: 'the language model', lmHead: 'the language model’s head', refiner: 'the refiner', yak: 'the visual decoder',
  vaeEncoder: 'the VAE’s encoder', vaeDecoder: 'the VAE’s decoder',
};

export interface ProgressSink {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Prints what a run reports. Nothing at all when quiet. */
export class ProgressBar {
  readonly #sink: ProgressSink;
  readonly #quiet: boolean;
  #lineOpen = false;
  #tenth = -1;

  constructor(sink: ProgressSink, quiet = false) {
    this.#sink = sink;
    this.#quiet = quiet;
  }

  get isTerminal(): boolean {
    return this.#sink.isTTY === true;
  }

  readonly onEvent = (event: ProgressEvent): void => {
    if (event.type === 'stage') this.say(`${stageNames[event.stage]} …`);
    else if (event.type === 'step') this.#step(event.step, event.steps, event.leftMs);
    else if (event.type === 'loading' && event.alone) this.say(`Memory does not hold everything: loading ${networkNames[event.network] ?? event.network} by itself …`);
    else if (event.type === 'packing') this.say(`Packing weights, once: ${(event.doneBytes / 1e9).toFixed(2)} of ${(event.totalBytes / 1e9).toFixed(2)} GB · ${(event.bytesPerSecond / 1e9).toFixed(2)} GB/s`);
  };

  /** A line of its own. */
  say(text: string): void {
    if (this.#quiet) return;
    if (this.#sink.isTTY) this.#replace(text);
    else this.#sink.write(`${text}\n`);
  }

  /** Leaves the terminal on a fresh, empty line. */
  end(): void {
    if (this.#lineOpen) this.#replace('');
    this.#lineOpen = false;
    this.#tenth = -1;
  }

  #step(step: number, steps: number, leftMs: number): void {
    const text = `Step ${step} of ${steps} · ${duration(leftMs)} left`;
    if (this.#sink.isTTY) {
      const done = Math.round((step / steps) * barWidth);
      this.say(`${'█'.repeat(done)}${'░'.repeat(barWidth - done)} ${text}`);
      return;
    }
    // A log wants a few lines, not one for each of fifty steps.
    const tenth = Math.floor((step / steps) * 10);
    if (tenth === this.#tenth) return;
    this.#tenth = tenth;
    this.say(text);
  }

  #replace(text: string): void {
    if (this.#quiet) return;
    this.#sink.write(`\r\u001b[2K${text}`);
    this.#lineOpen = true;
  }
}

/** 950 → "1 s", 75 000 → "1 min 15 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
