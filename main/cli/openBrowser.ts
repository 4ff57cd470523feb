/** Opens an address in the person's browser. */
import { spawn } from 'node:child_process';

/** False where there is no browser to ask for. A browser that then fails says so itself; the address was printed anyway. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const [command, args] = commandFor(url);
  if (process.platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return false;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return true;
}

function commandFor(url: string): [command: string, args: string[]] {
  switch (process.platform) {
    case 'darwin': return ['open', [url]];
    // `start` is a word of the shell; rundll32 takes the address as it is.
    case 'win32': return ['rundll32', ['url.dll,FileProtocolHandler', url]];
    default: return ['xdg-open', [url]];
  }
}
