import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { chordOf, normalChord } from '../palette/chord.ts';
import { allCommands, keysOf } from '../palette/commands.ts';
import { IconButton } from '../ui/Button.tsx';
import { keyLabel } from '../ui/keyLabel.ts';
import css from './SettingsDialog.module.css';

const modifiers = new Set(['Control', 'Shift', 'Alt', 'Meta', 'Tab', 'Escape']);

/** Every action and its key: click the key, press another one. */
export function KeyList({ keys, save }: { readonly keys: Readonly<Record<string, string>>; readonly save: (patch: { keys: Record<string, string> }) => void }) {
  const [listening, setListening] = useState<string>();
  const [taken, setTaken] = useState<string>();
  // One text for eye and ear: who speaks to the page says what is written there.
  const label = (id: string): string => (listening === id ? 'Press a key' : keyLabel(keysOf(id) ?? '') || 'None');
  return (
    <div className={css.keys}>
      {allCommands().map((command) => (
        [
          <span key={`${command.id} name`}>{command.title}{taken !== undefined && listening === command.id && <em className={css.hint}> {taken}</em>}</span>,
          <button
            key={`${command.id} key`} type="button" className={css.key} aria-label={`Key of “${command.title}”: ${label(command.id)}`}
            onClick={() => { setListening(command.id); setTaken(undefined); }} onBlur={() => setListening(undefined)}
            onKeyDown={(event) => {
              if (listening !== command.id || modifiers.has(event.key)) return;
              event.preventDefault();
              event.stopPropagation();
              const chord = chordOf(event.nativeEvent);
              const other = allCommands().find((one) => one.id !== command.id && normalChord(keysOf(one.id) ?? '') === chord && one.when === undefined && command.when === undefined);
              if (other !== undefined) return setTaken(`${keyLabel(chord)} already means “${other.title}”`);
              setListening(undefined);
              save({ keys: { ...keys, [command.id]: chord } });
            }}
          >{label(command.id)}</button>,
          keys[command.id] === undefined ? <span key={`${command.id} reset`} />
            : <IconButton key={`${command.id} reset`} tiny label="Back to the default" onClick={() => { const { [command.id]: _gone, ...rest } = keys; save({ keys: rest }); }}><RotateCcw size={14} /></IconButton>,
        ]
      ))}
    </div>
  );
}
