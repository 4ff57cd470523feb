import { createRoot } from 'react-dom/client';
import './ui/base.css';
import { listenForKeys } from './palette/keyboard.ts';
import { onCommandFailure, setKeyOverrides } from './palette/commands.ts';
import { followTheme, useSettings } from './settings/settings.ts';
import { registerActions } from './shell/actions.ts';
import { keepDrafts } from './canvas/draft.ts';
import { onCanvas, registerCanvasActions } from './canvas/actions.ts';
import { registerGuideActions } from './canvas/guides.ts';
import { keepControlMaps } from './panels/controlMaps.ts';
import { App } from './shell/App.tsx';
import { go } from './shell/view.ts';
import { useComposer } from './create/composer.ts';
import { useGallery } from './gallery/gallery.ts';
import { stayConnected, useConnection } from './studio/connection.ts';
import { setStudio } from './studio/current.ts';
import { toProblem } from './studio/problem.ts';
import type { StudioClient } from './studio/client.ts';

/** Draws the studio on a client, whichever it is. */
export function start(client: StudioClient): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root element');
  setStudio(client);
  keepDrafts();
  registerCanvasActions();
  registerActions();
  registerGuideActions(onCanvas);
  keepControlMaps();
  followTheme();
  useSettings.subscribe(({ settings }) => setKeyOverrides(settings?.keys ?? {}));
  // A command that fails tells it beside the prompt, where the person is looking.
  onCommandFailure((thrown) => useComposer.setState({ problem: toProblem(thrown) }));
  const forEver = new AbortController().signal;
  listenForKeys(forEver);
  void stayConnected(forEver);
  void untilLive().then(() => {
    openFirstPlace();
    createRoot(root).render(<App />);
  });
}

/** A studio that answers at once is drawn once, with all that it knows; any other is not waited for. */
const patienceMs = 600;

function untilLive(): Promise<void> {
  return new Promise((resolve) => {
    const stop = useConnection.subscribe(({ link }) => { if (link === 'live') done(); });
    const done = (): void => { stop(); resolve(); };
    setTimeout(done, patienceMs);
  });
}

/** A first launch opens Models, where everything that is ready to use stands. */
function openFirstPlace(): void {
  const look = ({ link }: { readonly link: string }): boolean => {
    if (link !== 'live') return false;
    const { counts } = useGallery.getState();
    if (counts !== undefined && counts.all === 0 && counts.trashed === 0) go('models');
    return true;
  };
  if (look(useConnection.getState())) return;
  const stop = useConnection.subscribe((state) => { if (look(state)) stop(); });
}
