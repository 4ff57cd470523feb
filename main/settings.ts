/** What the person has chosen, in one small file of the data folder. */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { settingsSchema, type Settings, type SettingsChange } from '../preload/contract/system.ts';
import type { SettingsService } from './services.ts';
import { writeFileAtomic } from './writeFile.ts';

export const defaultSettings: Settings = {
  theme: 'system',
  modelId: 'toybox',
  threads: null,
  provider: null,
  precision: null,
  attention: 'auto',
  previewEvery: 1,
  idleUnloadMinutes: 10,
  notifications: true,
  trashDays: 30,
  lastProjectId: null,
  memoryLimitBytes: null,
  vaeTile: null,
  keys: {},
};

export class SettingsFile implements SettingsService {
  readonly #path: string;
  #settings: Settings;
  readonly #changed: (settings: Settings) => void;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, settings: Settings, changed: (settings: Settings) => void) {
    this.#path = path;
    this.#settings = settings;
    this.#changed = changed;
  }

  /** Reads the file; a field that is missing or that this studio does not understand gets its default. */
  static async open(dataDir: string, changed: (settings: Settings) => void): Promise<SettingsFile> {
    const path = join(dataDir, 'settings.json');
    const text = await readFile(path, 'utf8').catch(() => undefined);
    return new SettingsFile(path, text === undefined ? defaultSettings : await parse(path, text), changed);
  }

  get(): Settings {
    return this.#settings;
  }

  /** Written before it is told. */
  change(change: SettingsChange): Promise<Settings> {
    // One after the other: two changes at once must not undo each other.
    const next = this.#writing.then(async () => {
      const settings = settingsSchema.parse({ ...this.#settings, ...change });
      await writeFileAtomic(this.#path, Buffer.from(`${JSON.stringify(settings, null, 2)}\n`));
      this.#settings = settings;
      this.#changed(settings);
      return settings;
    });
    this.#writing = next.catch(() => undefined);
    return next;
  }
}

async function parse(path: string, text: string): Promise<Settings> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // Kept aside: a person may have edited it by hand.
    await rename(path, `${path}.unreadable`).catch(() => undefined);
    return defaultSettings;
  }
  const given = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
  // A field that has no default is left out where it is missing: settings of an earlier version do not know it.
  const entries = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const field = schema.safeParse(given[name]);
    return [name, field.success ? field.data : defaultSettings[name as keyof Settings]] as const;
  }).filter(([, value]) => value !== undefined);
  return settingsSchema.parse(Object.fromEntries(entries));
}
