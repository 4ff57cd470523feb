import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { Search } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { GalleryItem } from '../../preload/contract/project.ts';
import { useProject } from '../project/project.ts';
import { openProject } from '../project/session.ts';
import { go, openViewer, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { thumbUrl } from '../studio/picture.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { allCommands, keysOf, runCommand } from './commands.ts';
import css from './Palette.module.css';

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly keys?: string | undefined;
  readonly hash?: string;
  readonly run: () => void;
}

interface Group {
  readonly value: string;
  readonly items: readonly Entry[];
}

function usePictures(text: string): readonly GalleryItem[] {
  const [found, setFound] = useState<readonly GalleryItem[]>([]);
  useEffect(() => {
    if (text.trim().length < 2) { setFound([]); return; }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      studio().gallery.search({ filter: { text }, limit: 6 }, { signal: controller.signal }).then((page) => setFound(page.items), () => undefined);
    }, 80);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [text]);
  return found;
}

/** Every word of the query has to begin a word of the title. */
function matches(title: string, text: string): boolean {
  const words = title.toLowerCase().split(/\W+/);
  return text.toLowerCase().split(/\s+/).filter(Boolean).every((part) => words.some((word) => word.startsWith(part)));
}

/** Commands, projects and pictures by name. */
export function Palette() {
  const open = useView((view) => view.paletteOpen);
  const [text, setText] = useState('');
  const pictures = usePictures(open ? text : '');
  const { project, list } = useProject();
  const close = (): void => { useView.setState({ paletteOpen: false }); setText(''); };
  const groups = useMemo((): readonly Group[] => {
    const commands = allCommands().filter((command) => open && command.id !== 'studio.palette' && command.hold !== true && command.when?.() !== false && matches(command.title, text))
      .map((command): Entry & { readonly group: string } => ({ id: command.id, label: command.title, keys: keysOf(command.id), group: command.group, run: () => runCommand(command.id) }));
    const byGroup = Map.groupBy(commands, (command) => command.group);
    const projects = text.trim() === '' ? [] : list.filter((one) => one.id !== project?.id && matches(one.name, text)).toSorted((a, b) => (b.openedAt ?? 0) - (a.openedAt ?? 0)).slice(0, 6);
    return [
      ...[...byGroup].map(([value, items]) => ({ value, items })),
      ...(projects.length === 0 ? [] : [{ value: 'Open a project', items: projects.map((one) => ({ id: one.id, label: one.name, run: () => { void openProject(one.id).then(() => go('canvas'), (thrown: unknown) => useProject.setState({ problem: toProblem(thrown) })); } })) }]),
      ...(pictures.length === 0 ? [] : [{ value: 'Found in the gallery', items: pictures.map((item) => ({ id: item.id, label: item.title, hash: item.hash, run: () => openViewer(item.id) })) }]),
    ];
  }, [open, text, pictures, project, list]);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => { if (!next) close(); }}>
      <Dialog.Portal>
        <Dialog.Backdrop className={css.backdrop} />
        <Dialog.Popup className={css.popup} aria-label="Search everything" data-testid="palette">
          <Autocomplete.Root open inline items={groups} value={text} onValueChange={setText} filter={null} autoHighlight="always" itemToStringValue={(item: unknown) => (item as Entry).label}>
            <div className={css.in}><Search size={16} aria-hidden /><Autocomplete.Input placeholder="Search commands, projects and pictures" aria-label="Search commands, projects and pictures" autoFocus /></div>
            <Autocomplete.Empty className={css.none}>Nothing is called that.</Autocomplete.Empty>
            <Autocomplete.List className={css.list}>
              {(group: Group) => (
                <Autocomplete.Group key={group.value} items={group.items}>
                  <Autocomplete.GroupLabel className={css.group}>{group.value}</Autocomplete.GroupLabel>
                  <Autocomplete.Collection>
                    {(item: Entry) => (
                      <Autocomplete.Item key={item.id} value={item} className={css.item} onClick={() => { close(); item.run(); }}>
                        {item.hash !== undefined && <img src={thumbUrl(item.hash)} alt="" />}<span>{item.label}</span>{item.keys !== undefined && <kbd>{keyLabel(item.keys)}</kbd>}
                      </Autocomplete.Item>
                    )}
                  </Autocomplete.Collection>
                </Autocomplete.Group>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
