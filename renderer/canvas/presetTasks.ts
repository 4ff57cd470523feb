/** Tasks of a model that are one click away: edits of the frame whose wording the model brings itself. */
import { useRunSettings } from './run.ts';

export interface Preset {
  readonly title: string;
  /** What the prompt is for; the model's own wording stands around it. */
  readonly hint: string;
}

const presets: Readonly<Record<string, Preset>> = {
  remove: { title: 'Remove', hint: 'Say what is to be removed.' },
  restyle: { title: 'Restyle', hint: 'Name a style, such as pencil or poster.' },
  colourise: { title: 'Colourise', hint: 'Run it as it is, or say which colours.' },
  denoise: { title: 'Remove noise', hint: 'Run it as it is; words are optional.' },
  deblur: { title: 'Sharpen', hint: 'Run it as it is; words are optional.' },
  writeText: { title: 'Write text', hint: 'The text that is to be written.' },
};

/** Undefined for tasks that the canvas reaches by other ways: masks, frames, maps, references. */
export const presetOf = (task: string): Preset | undefined => presets[task];

/** The preset in use. */
export function usePreset(): Preset | undefined {
  const task = useRunSettings((state) => state.task);
  return task === null ? undefined : presetOf(task);
}

export function clearPreset(): void {
  useRunSettings.setState({ task: null });
}
