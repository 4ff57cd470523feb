import { WandSparkles } from 'lucide-react';
import { useComposer, useModel } from '../create/composer.ts';
import { focusPrompt } from '../shell/focusField.ts';
import { IconButton } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { presetOf } from './presetTasks.ts';
import { useRunSettings } from './run.ts';

/** One click from what the loaded model says that it can do. */
export function Presets() {
  const model = useModel();
  const items = (model?.tasks ?? []).flatMap(({ name, experimental }) => {
    const preset = presetOf(name);
    return preset === undefined ? [] : [{
      label: `${preset.title}${experimental ? ' (experimental)' : ''}`,
      run: () => {
        useRunSettings.setState({ task: name });
        useComposer.setState({ task: 'edit', prompt: '', problem: undefined });
        focusPrompt();
      },
    }];
  });
  if (items.length === 0) return null;
  return <Menu side="top" align="end" trigger={<IconButton tiny label="Presets of the model"><WandSparkles size={14} /></IconButton>} items={items} />;
}
