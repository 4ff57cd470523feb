import { Search, Settings } from 'lucide-react';
import { keysOf } from '../palette/commands.ts';
import { ProjectSwitcher } from '../project/ProjectSwitcher.tsx';
import { JobStrip } from '../queue/JobStrip.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Tip } from '../ui/Tip.tsx';
import css from './Header.module.css';
import { go, useView } from './view.ts';
import type { Place } from './view.ts';

const places: readonly { readonly id: Place; readonly name: string }[] = [
  { id: 'canvas', name: 'Canvas' }, { id: 'gallery', name: 'Gallery' }, { id: 'ask', name: 'Ask' }, { id: 'models', name: 'Models' },
];

function Mark() {
  return (
    <div className={css.mark}>
      <svg viewBox="0 0 18 18" fill="none" aria-hidden>
        <rect x="1" y="1" width="16" height="16" rx="4" stroke="currentColor" strokeWidth="1.6" />
        <circle cx="7.4" cy="10.4" r="3.4" fill="currentColor" />
        <path d="M11 6.2h3.2M12.6 4.6v3.2" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
      Ovis Studio
    </div>
  );
}

export function Header() {
  const place = useView((view) => view.place);
  return (
    <header className={css.head} data-region="header">
      <div className={css.left}><Mark /><span className={css.vr} /><ProjectSwitcher /></div>
      <nav className={css.places} aria-label="Places">
        {places.map(({ id, name }) => (
          <Tip key={id} text={name} keys={keysOf(`go.${id}`)}>
            <button type="button" aria-current={place === id ? 'page' : undefined} onClick={() => go(id)}>{name}</button>
          </Tip>
        ))}
      </nav>
      <div className={css.right}>
        <IconButton label="Search everything" keys={keysOf('studio.palette')} onClick={() => useView.setState({ paletteOpen: true })}><Search size={16} /></IconButton>
        <IconButton label="Settings" keys={keysOf('studio.settings')} onClick={() => useView.setState({ settingsOpen: true })}><Settings size={16} /></IconButton>
        <JobStrip />
      </div>
    </header>
  );
}
