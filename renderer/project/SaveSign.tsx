import { clockTime } from '../ui/format.ts';
import { useProject } from './project.ts';

/** "Saved 22:41", or what keeps it from being saved. */
export function SaveSign() {
  const { save, access } = useProject();
  if (access === 'read') return <span data-testid="saved">Reading only</span>;
  switch (save.state) {
    case 'saving': return <span data-testid="saved">Saving</span>;
    case 'saved': return <span data-testid="saved">{save.at === null ? 'Everything is saved' : `Saved ${clockTime(save.at)}`}</span>;
    default: return <span data-testid="saved">Not saved</span>;
  }
}
