import { WandSparkles } from 'lucide-react';
import { useComposer, useModel } from '../create/composer.ts';
import { focusPrompt, soon } from '../shell/regions.ts';
import { IconButton } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { useRunSettings } from './run.ts';

interface Preset {
  readonly title: string;
  /** What it begins the prompt with; words in the middle of which the person goes on. */
  readonly prompt: string;
  /** Runs without further words. */
  readonly complete?: boolean;
}

/** What the tasks of a model are called, and the words that they begin with. */
const known: Readonly<Record<string, Preset>> = {
  remove: { title: 'Remove something', prompt: '' },
  restyle: { title: 'Restyle', prompt: 'turn this into ' },
  style: { title: 'Restyle', prompt: 'turn this into ' },
  colourise: { title: 'Colourise', prompt: 'colourise this picture', complete: true },
  colorize: { title: 'Colourise', prompt: 'colourise this picture', complete: true },
  denoise: { title: 'Remove noise', prompt: 'remove the noise', complete: true },
  deblur: { title: 'Sharpen what is blurred', prompt: 'deblur this picture', complete: true },
  text: { title: 'Write text', prompt: 'write the text “”' },
  writeText: { title: 'Write text', prompt: 'write the text “”' },
};

/** Tasks that are not edits by words of the frame. */
const others = new Set(['textToImage', 'edit', 'inpaint', 'outpaint', 'control', 'canny', 'depth', 'subject', 'understand', 'caption', 'ask']);

/** One click from what the loaded model says that it can do. */
export function Presets() {
  const model = useModel();
  const tasks = (model?.tasks ?? []).filter((task) => !others.has(task.name));
  if (tasks.length === 0) return null;
  return (
    <Menu
      side="top" align="end" trigger={<IconButton tiny label="Presets of the model"><WandSparkles size={14} /></IconButton>}
      items={tasks.map((task) => {
        const preset = known[task.name] ?? { title: task.name, prompt: '' };
        return {
          label: `${preset.title}${task.experimental ? ' (experimental)' : ''}`,
          run: () => {
            useRunSettings.setState({ task: task.name });
            useComposer.setState({ task: 'edit', prompt: preset.prompt, problem: undefined });
            soon(focusPrompt);
          },
        };
      })}
    />
  );
}

/** The preset in use, and the way out of it. */
export function usePreset(): string | undefined {
  const task = useRunSettings((state) => state.task);
  return task === null ? undefined : known[task]?.title ?? task;
}

