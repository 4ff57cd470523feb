import { ChevronDown, FilePlus2, FolderOpen, ImageDown, Pencil, Save, Trash2, Undo2, Upload } from 'lucide-react';
import { useState } from 'react';
import { Menu } from '../ui/Menu.tsx';
import { say } from '../shell/notices.ts';
import { toProblem } from '../studio/problem.ts';
import { keysOf, runCommand } from '../palette/commands.ts';
import { studio } from '../studio/current.ts';
import css from './Project.module.css';
import { useProject } from './project.ts';
import { createProject, deleteProject, openProject, renameProject, restoreProject } from './session.ts';

function attempt(action: () => Promise<unknown>): void {
  action().catch((thrown: unknown) => useProject.setState({ problem: toProblem(thrown) }));
}

function freeName(names: readonly string[]): string {
  const taken = new Set(names);
  let n = 1;
  while (taken.has(n === 1 ? 'Untitled' : `Untitled ${n}`)) n++;
  return n === 1 ? 'Untitled' : `Untitled ${n}`;
}

/** The newest project of the trash comes back. */
async function restoreLast(): Promise<void> {
  const [last] = await studio().projects.trashed();
  if (last === undefined) say('The trash holds no project');
  else await restoreProject(last.id);
}

/** Which project is open, and everything that can be done with projects. */
export function ProjectSwitcher() {
  const { project, list } = useProject();
  const [renaming, setRenaming] = useState(false);
  if (project === undefined) return null;
  const others = list.filter((one) => one.id !== project.id).toSorted((a, b) => (b.openedAt ?? 0) - (a.openedAt ?? 0)).slice(0, 10);
  if (renaming) {
    const commit = (name: string): void => { setRenaming(false); if (name.trim() !== '' && name.trim() !== project.name) attempt(() => renameProject(project.id, name)); };
    return <input className={css.input} autoFocus aria-label="Name of the project" defaultValue={project.name} maxLength={200} onFocus={(event) => event.currentTarget.select()} onBlur={(event) => commit(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter') commit(event.currentTarget.value); if (event.key === 'Escape') setRenaming(false); }} />;
  }
  return (
    <Menu
      trigger={<button type="button" className={css.name} aria-label={`Project ${project.name}`} data-testid="project"><span>{project.name}</span><ChevronDown size={14} aria-hidden /></button>}
      items={[
        ...others.map((one) => ({ label: one.name, icon: <FolderOpen size={14} />, run: () => attempt(() => openProject(one.id)) })),
        ...(others.length === 0 ? [] : [{ kind: 'separator' as const }]),
        { label: 'New project', icon: <FilePlus2 size={14} />, run: () => attempt(() => createProject(freeName(list.map((one) => one.name)))) },
        { label: 'Rename', icon: <Pencil size={14} />, run: () => setRenaming(true) },
        { label: 'Open a project file', icon: <Upload size={14} />, run: () => runCommand('project.openFile') },
        { label: 'Save as a file', icon: <Save size={14} />, keys: keysOf('canvas.edit.save'), run: () => runCommand('canvas.edit.save') },
        { label: 'Export', icon: <ImageDown size={14} />, keys: keysOf('canvas.edit.export'), run: () => runCommand('canvas.edit.export') },
        { kind: 'separator' as const },
        { label: 'Restore the last deleted project', icon: <Undo2 size={14} />, run: () => attempt(restoreLast) },
        { label: 'Move to the trash', icon: <Trash2 size={14} />, danger: true, run: () => attempt(async () => { await deleteProject(project.id); say(`${project.name} moved to the trash`, { label: 'Undo', run: () => attempt(() => restoreProject(project.id)) }); }) },
      ]}
    />
  );
}
