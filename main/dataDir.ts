import { join } from 'node:path';

/** The folder that is used when none is named. */
export function defaultDataDir(home: string, env: NodeJS.ProcessEnv): string {
  switch (process.platform) {
    case 'darwin': return join(home, 'Library', 'Application Support', 'Ovis Studio');
    case 'win32': return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Ovis Studio');
    default: return join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'ovis-studio');
  }
}
