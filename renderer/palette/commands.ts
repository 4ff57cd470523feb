/** Every action of the studio: its name, its key and what it does. The palette lists them, the keyboard runs them. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: 'Go' | 'Prompt' | 'Jobs' | 'Pictures' | 'View' | 'Studio' | 'Tools' | 'Brush' | 'Layers' | 'Masks' | 'Selection' | 'Frame' | 'Run' | 'Staging' | 'Edit' | 'Project';
  /** Such as `Ctrl+Shift+Enter`. Letters are matched by character, punctuation and digits by position. */
  readonly keys?: string | undefined;
  /** Other chords of the same meaning, until the person chooses one. */
  readonly also?: readonly string[];
  /** Acts while its key is down; whoever acts listens for the key himself. */
  readonly hold?: boolean;
  /** A text field keeps this chord for itself, Ctrl or not. */
  readonly notInText?: boolean;
  /** Whether it means anything now; the palette hides it otherwise. */
  readonly when?: (() => boolean) | undefined;
  /** Works while a text field has the focus, too. Chords with Ctrl always do. */
  readonly inText?: boolean;
  readonly run: () => void | Promise<unknown>;
}

const registry = new Map<string, Command>();

export function registerCommands(commands: readonly Command[]): void {
  for (const command of commands) registry.set(command.id, command);
}

export function allCommands(): readonly Command[] {
  return [...registry.values()];
}

let overrides: Readonly<Record<string, string>> = {};

/** Keys that the person chose, by command id, as settings store them. */
export function setKeyOverrides(keys: Readonly<Record<string, string>>): void {
  overrides = keys;
}

export function keysOf(id: string): string | undefined {
  return overrides[id] ?? registry.get(id)?.keys;
}

/** Every chord that means the command now. */
export function chordsOf(command: Command): readonly string[] {
  const rebound = overrides[command.id];
  return rebound === undefined ? [...(command.keys === undefined ? [] : [command.keys]), ...(command.also ?? [])] : [rebound];
}

export function runCommand(id: string): void {
  const command = registry.get(id);
  if (command?.when?.() === false) return;
  void Promise.resolve(command?.run()).catch(report);
}

let report: (thrown: unknown) => void = () => undefined;

/** Where a command's failure is shown; set by the shell. */
export function onCommandFailure(show: (thrown: unknown) => void): void {
  report = show;
}
