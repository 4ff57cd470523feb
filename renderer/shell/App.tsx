import { Toast } from '@base-ui/react/toast';
import { Tooltip } from '@base-ui/react/tooltip';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Canvas } from '../canvas/Canvas.tsx';
import { useConnection } from '../studio/connection.ts';
import { explain } from '../studio/explain.ts';
import { Notice } from '../ui/Notice.tsx';
import { Announcer } from './Announcer.tsx';
import css from './App.module.css';
import { DropArea } from './DropArea.tsx';
import { Header } from './Header.tsx';
import { fetchTheRest, later, partsInView } from './later.tsx';
import { StartNotices } from './StartNotices.tsx';
import { StatusBar } from './StatusBar.tsx';
import { Toasts } from './Toasts.tsx';
import { toasts } from './notices.ts';
import { useView } from './view.ts';

// What the first look at the window does not need comes after it: the studio is there a good deal sooner.
// In the order in which they are fetched when nothing else happens.
const Palette = later(async () => (await import('../palette/Palette.tsx')).Palette);
const Gallery = later(async () => (await import('../gallery/Gallery.tsx')).Gallery);
const Ask = later(async () => (await import('../ask/Ask.tsx')).Ask);
const Models = later(async () => (await import('../models/Models.tsx')).Models);
const Viewer = later(async () => (await import('../viewer/Viewer.tsx')).Viewer);
const SettingsDialog = later(async () => (await import('../settings/SettingsDialog.tsx')).SettingsDialog);
const ExportDialog = later(async () => (await import('../canvas/ExportDialog.tsx')).ExportDialog);
const DeleteDialog = later(async () => (await import('../gallery/DeleteDialog.tsx')).DeleteDialog);

function Place() {
  const place = useView((view) => view.place);
  switch (place) {
    case 'canvas': return <Canvas />;
    case 'gallery': return <Gallery />;
    case 'ask': return <Ask />;
    case 'models': return <Models />;
  }
}

/** Stays once it was opened: what closes may take a moment to fade. */
function OnceOpened({ open, children }: { readonly open: boolean; readonly children: ReactNode }) {
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return opened || open ? children : null;
}

function LinkLost() {
  const { link, problem } = useConnection();
  if (link !== 'lost') return null;
  const signedOut = problem?.code === 'UNAUTHORIZED' ? explain(problem) : undefined;
  return (
    <div className={css.lost}>
      <Notice tone="warn" code={problem?.code} more={problem?.message}>
        {signedOut === undefined ? 'The studio does not answer. Jobs go on if it is still running; this page connects again by itself.' : `${signedOut.sentence} ${signedOut.more}`}
      </Notice>
    </div>
  );
}

/** Marks the page as ready once it is drawn with what the studio told; then comes the rest of it. */
function useReadyMark(): void {
  const live = useConnection(({ link }) => link === 'live');
  useEffect(() => {
    if (!live || document.documentElement.dataset['ready'] === 'true') return;
    void partsInView().then(() => {
      document.documentElement.dataset['ready'] = 'true';
      fetchTheRest();
    });
  }, [live]);
}

/** The window: header, the place the person is in, status. Whatever floats is drawn after them. */
export function App() {
  const { viewing, settingsOpen, paletteOpen, exportOpen, deleting: toDelete } = useView();
  const deleting = toDelete !== undefined;
  useReadyMark();
  return (
    <Tooltip.Provider delay={500}>
      <Toast.Provider toastManager={toasts} limit={1}>
        <DropArea>
          <div className={css.app}>
            <Header />
            <main className={css.main}>
              <Place />
              {viewing !== undefined && <Viewer key={viewing} id={viewing} />}
              <LinkLost />
              <StartNotices />
            </main>
            <StatusBar />
          </div>
        </DropArea>
        <OnceOpened open={exportOpen}><ExportDialog /></OnceOpened>
        <OnceOpened open={settingsOpen}><SettingsDialog /></OnceOpened>
        <OnceOpened open={deleting}><DeleteDialog /></OnceOpened>
        <OnceOpened open={paletteOpen}><Palette /></OnceOpened>
        <Toasts />
        <Announcer />
      </Toast.Provider>
    </Tooltip.Provider>
  );
}
