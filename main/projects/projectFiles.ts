/** Projects as files for other machines. */
import type { Project } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';

export interface ProjectFiles {
  exportFile(id: string): Promise<Blob>;
  importFile(file: Blob, name: string | undefined): Promise<Project>;
  saveTo(id: string, path: string): Promise<{ bytes: number }>;
  openFrom(path: string, name: string | undefined): Promise<Project>;
}

export function projectFiles(): ProjectFiles {
  const later = async (): Promise<never> => { throw new StudioError('NOT_FOUND', 'Project files are not built yet.'); };
  return { exportFile: later, importFile: later, saveTo: later, openFrom: later };
}
