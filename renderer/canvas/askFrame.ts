import { chatForQuestion, noteSent } from '../ask/chats.ts';
import { useComposer } from '../create/composer.ts';
import { useProject } from '../project/project.ts';
import { go } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { frameHash } from './run.ts';

/** Asks about what the frame shows; the answer can become the prompt of the next edit. */
export async function askAboutFrame(text: string): Promise<void> {
  const frame = await frameHash();
  const name = useProject.getState().project?.name ?? 'Canvas';
  useComposer.setState({ askPictures: [{ ...frame, name: `${name}, frame`, fromFrame: true }] });
  const chatId = await chatForQuestion();
  noteSent(await studio().ask.send({ chatId, text }));
  go('ask');
}
