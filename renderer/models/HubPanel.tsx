import { useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { HubSourceChange } from '../../preload/contract/models.ts';
import { say } from '../shell/notices.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { bytes } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { askPlan, useInstalls } from './installs.ts';
import css from './Install.module.css';
import { PlanPanel } from './PlanPanel.tsx';

/** The card under which a repository that is on no card is planned. */
const otherCard = 'other';

function Repository() {
  const [repo, setRepo] = useState('');
  return (
    <>
      <form className={css.fields} onSubmit={(event) => { event.preventDefault(); void askPlan(otherCard, { repo: repo.trim() }); }}>
        <label htmlFor="hub-repo">Repository</label>
        <input id="hub-repo" placeholder="OWNER/NAME of an Ovis-U1 model" value={repo} onChange={(event) => setRepo(event.currentTarget.value)} />
        <Button type="submit" disabled={!/^[^/\s]+\/[^/\s]+$/.test(repo.trim())}>Ask the hub</Button>
      </form>
      <PlanPanel cardId={otherCard} />
    </>
  );
}

/** Where models are fetched from and kept: hub or mirror, token, folder. */
export function HubPanel() {
  const source = useInstalls((state) => state.source);
  const [endpoint, setEndpoint] = useState<string>();
  const [token, setToken] = useState('');
  const [dir, setDir] = useState<string>();
  const [problem, setProblem] = useState<Failure>();
  if (source === undefined) return null;
  const store = async (change: HubSourceChange, said: string): Promise<void> => {
    try {
      useInstalls.setState({ source: await studio().models.changeSource(change) });
      setProblem(undefined);
      setEndpoint(undefined);
      setToken('');
      setDir(undefined);
      say(said);
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
  };
  return (
    <section className={css.hub} aria-label="Hub">
      <form className={css.fields} onSubmit={(event) => { event.preventDefault(); void store({ endpoint: (endpoint ?? source.endpoint).trim() }, 'The hub is stored'); }}>
        <label htmlFor="hub-endpoint">Hub or mirror</label>
        <input id="hub-endpoint" value={endpoint ?? source.endpoint} onChange={(event) => setEndpoint(event.currentTarget.value)} />
        <Button type="submit" disabled={endpoint === undefined || endpoint.trim() === source.endpoint}>Store</Button>
      </form>
      <form className={css.fields} onSubmit={(event) => { event.preventDefault(); void store({ token: token.trim() }, 'The token is stored'); }}>
        <label htmlFor="hub-token">Token</label>
        <input id="hub-token" type="password" autoComplete="off" placeholder={source.hasToken ? 'Stored; type another to replace it' : 'None; only gated or private models need one'} value={token} onChange={(event) => setToken(event.currentTarget.value)} />
        <span style={{ display: 'flex', gap: 8 }}>
          {source.hasToken && <Button kind="ghost" onClick={() => { void store({ token: null }, 'The token is removed'); }}>Remove</Button>}
          <Button type="submit" disabled={token.trim() === ''}>Store</Button>
        </span>
        <span className={css.hint}>Kept in a file that only you can read, and sent to {new URL(source.endpoint).host} alone.</span>
      </form>
      <form className={css.fields} onSubmit={(event) => { event.preventDefault(); void store({ modelsDir: (dir ?? '').trim() === '' ? null : (dir ?? '').trim() }, 'New models go there from now on'); }}>
        <label htmlFor="hub-dir">Keep models in</label>
        <input id="hub-dir" value={dir ?? source.modelsDir} onChange={(event) => setDir(event.currentTarget.value)} />
        <Button type="submit" disabled={dir === undefined || dir.trim() === source.modelsDir}>Store</Button>
        <span className={css.hint}>{source.freeDiskBytes === null ? '' : `${bytes(source.freeDiskBytes)} free. `}Models that are elsewhere stay there and are still found.</span>
      </form>
      {problem !== undefined && <Notice code={problem.code} more={problem.message}>Not stored. {problem.message}</Notice>}
      <Repository />
    </section>
  );
}
