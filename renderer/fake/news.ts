import type { NewEvent, StudioEvent } from '../../preload/contract/events.ts';

/** Events in one order for whoever listens; like the studio's own, without its memory of the past. */
export class News {
  private seq = 0;
  private readonly waiting = new Set<(event: StudioEvent) => void>();

  next(): number {
    return ++this.seq;
  }

  tell(event: NewEvent): void {
    const full: StudioEvent = { ...event, seq: this.next(), at: Date.now() };
    for (const listener of this.waiting) listener(full);
  }

  async *listen(first: StudioEvent, signal: AbortSignal | undefined): AsyncGenerator<StudioEvent> {
    const queue: StudioEvent[] = [first];
    let wake: () => void = () => undefined;
    const add = (event: StudioEvent): void => { queue.push(event); wake(); };
    this.waiting.add(add);
    signal?.addEventListener('abort', () => wake());
    try {
      while (!signal?.aborted) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
    } finally {
      this.waiting.delete(add);
    }
  }
}
