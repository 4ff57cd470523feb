import { useEffect, useState } from 'react';
import type { ComponentType } from 'react';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';

const waiting = new Set<() => Promise<unknown>>();
const wanted = new Set<Promise<unknown>>();

/** Resolves when the parts that are to be seen now are here, or could not be fetched. */
export async function partsInView(): Promise<void> {
  await Promise.allSettled(wanted);
}

/**
 * A part of the page that is fetched apart. Unlike React's `lazy` it is drawn in the same frame once it is here, so that a key which
 * opens a place can focus something in it.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;
  const fetchOnce = (): Promise<void> => loading ??= load().then((part) => { Loaded = part; waiting.delete(fetchOnce); }, (failure: unknown) => {
    // The studio was away: asked for again with the next look.
    loading = undefined;
    throw failure;
  });
  waiting.add(fetchOnce);
  return function Later(props: Props) {
    const [state, setState] = useState<'loading' | 'here' | 'failed'>('loading');
    useEffect(() => {
      if (Loaded !== undefined || state !== 'loading') return;
      let shown = true;
      const part = fetchOnce().then(() => { if (shown) setState('here'); }, () => { if (shown) setState('failed'); }).finally(() => wanted.delete(part));
      wanted.add(part);
      return () => { shown = false; };
    }, [state]);
    if (Loaded !== undefined) return <Loaded {...props} />;
    return state === 'failed' ? <Empty action={<Button onClick={() => location.reload()}>Reload</Button>}>This part of the page could not be fetched. Is the studio still running?</Empty> : null;
  };
}

/** Fetches what has not been shown yet, one part after the other, while nothing else happens. */
export function fetchTheRest(): void {
  const [next] = waiting;
  if (next === undefined) return;
  requestIdleCallback(() => { void next().then(fetchTheRest, () => undefined); }, { timeout: 2000 });
}
