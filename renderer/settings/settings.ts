import { create } from 'zustand';
import type { Settings, SettingsChange } from '../../preload/contract/system.ts';
import { onEvent } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';

interface State {
  readonly settings?: Settings | undefined;
}

export const useSettings = create<State>(() => ({}));

onEvent((event) => {
  if (event.type === 'settings' || event.type === 'snapshot') useSettings.setState({ settings: event.settings });
});

/** Shows the change at once and keeps what the studio says it stored. */
export async function saveSettings(patch: SettingsChange): Promise<void> {
  const before = useSettings.getState().settings;
  if (before !== undefined) useSettings.setState({ settings: { ...before, ...(patch as Partial<Settings>) } });
  try {
    useSettings.setState({ settings: await studio().system.changeSettings(patch) });
  } catch (thrown) {
    useSettings.setState({ settings: before });
    throw thrown;
  }
}

const remembered = 'ovis-theme';

/** Puts the theme on the document; `system` follows the system while it changes. The last one is remembered so that the first frame has it. */
export function followTheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const wanted = useSettings.getState().settings?.theme ?? localStorage.getItem(remembered) ?? 'system';
    localStorage.setItem(remembered, wanted);
    document.documentElement.dataset['theme'] = wanted === 'system' ? (dark.matches ? 'dark' : 'light') : wanted;
  };
  useSettings.subscribe(apply);
  dark.addEventListener('change', apply);
  apply();
}
