import { flush, openProject } from '../project/session.ts';
import { useProject } from '../project/project.ts';
import { say } from '../shell/notices.ts';
import { studio } from '../studio/current.ts';
import { refusal } from '../studio/problem.ts';

/** Hands a file to the person. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Readable, and safe on every file system. */
export function safeName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N} _.-]+/gu, '').trim().slice(0, 80).trim() || 'canvas';
}

/** The whole project as one file: canvas, results, rows and their pictures. */
export async function saveProjectFile(): Promise<void> {
  const { project } = useProject.getState();
  if (project === undefined) throw refusal('No project is open.');
  await flush().catch(() => undefined);
  saveAs(await studio().projects.exportFile({ id: project.id }), `${safeName(project.name)}.ovis`);
  say(`${project.name} saved as a file`);
}

/** Opens a project file as a new project. */
export async function openProjectFile(file: File): Promise<void> {
  const project = await studio().projects.importFile({ file });
  await openProject(project.id);
  useProject.setState({ list: await studio().projects.list() });
  say(`${project.name} opened`);
}
