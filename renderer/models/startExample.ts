import type { Example } from '../../preload/contract/system.ts';
import { newChat } from '../ask/chats.ts';
import { editOnCanvas, frameForRequest } from '../canvas/open.ts';
import { addPictures, applyRequest, setTask, useComposer } from '../create/composer.ts';
import { focusPrompt } from '../shell/focusField.ts';
import { go } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import type { PictureRef } from '../studio/picture.ts';

/** Opens an example with everything filled in: one press of Ctrl ↵ away from its result. */
export async function startExample(example: Example): Promise<void> {
  const pictures: PictureRef[] = [];
  if (example.image !== null) {
    const info = await studio().assets.info({ hash: example.image });
    pictures.push({ hash: info.hash, name: 'Sample', width: info.width, height: info.height });
  }
  if (example.place === 'ask') {
    newChat();
    addPictures(pictures);
    useComposer.setState({ prompt: example.question ?? example.text });
    go('ask');
  } else {
    setTask(example.place);
    if (example.request !== undefined) {
      applyRequest(example.request, null);
      frameForRequest(example.request);
    }
    useComposer.setState({ seedLocked: false });
    if (example.place === 'edit' && pictures.length > 0) await editOnCanvas(pictures);
    else go('canvas');
  }
  focusPrompt();
}
