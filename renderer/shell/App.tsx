import { Toast } from '@base-ui/react/toast';
import { Tooltip } from '@base-ui/react/tooltip';
import { Ask } from '../ask/Ask.tsx';
import { Create } from '../create/Create.tsx';
import { Gallery } from '../gallery/Gallery.tsx';
import { DeleteDialog } from '../gallery/DeleteDialog.tsx';
import { Models } from '../models/Models.tsx';
import { Palette } from '../palette/Palette.tsx';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { useConnection } from '../studio/connection.ts';
import { explain } from '../studio/explain.ts';
import { Notice } from '../ui/Notice.tsx';
import { Viewer } from '../viewer/Viewer.tsx';
import { Announcer } from './Announcer.tsx';
import css from './App.module.css';
import { DropArea } from './DropArea.tsx';
import { Header } from './Header.tsx';
import { StatusBar } from './StatusBar.tsx';
import { Toasts } from './Toasts.tsx';
import { toasts } from './notices.ts';
import { useView } from './view.ts';

function Place() {
  const place = useView((view) => view.place);
  switch (place) {
    case 'create': return <Create />;
    case 'gallery': return <Gallery />;
    case 'ask': return <Ask />;
    case 'models': return <Models />;
  }
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

/** The window: header, the place the person is in, status. Whatever floats is drawn after them. */
export function App() {
  const viewing = useView((view) => view.viewing);
  return (
    <Tooltip.Provider delay={500}>
      <Toast.Provider toastManager={toasts}>
        <DropArea>
          <div className={css.app}>
            <Header />
            <main className={css.main}>
              <Place />
              {viewing !== undefined && <Viewer key={viewing} id={viewing} />}
              <LinkLost />
            </main>
            <StatusBar />
          </div>
        </DropArea>
        <SettingsDialog />
        <DeleteDialog />
        <Palette />
        <Toasts />
        <Announcer />
      </Toast.Provider>
    </Tooltip.Provider>
  );
}
