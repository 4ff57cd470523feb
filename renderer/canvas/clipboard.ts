import { canvasDocument } from '../project/canvasStore.ts';
import { say } from '../shell/notices.ts';
import { refusal } from '../studio/problem.ts';
import { keptRect } from '../document/coverage.ts';
import { pictureRaster, toPng } from './pixels.ts';
import { copySelection } from './selection.ts';

/** What the frame shows, as a picture for any program. */
async function copyFrame(): Promise<void> {
  const document = canvasDocument();
  const blob = toPng(await pictureRaster(document, keptRect(document)));
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
  say('The frame is copied');
}

/** The selection where there is one, else the frame. */
export async function copyWhatIsMeant(): Promise<void> {
  if (!(await copySelection())) await copyFrame();
}

/** Reads pictures from the clipboard and offers them as a paste does. */
export async function pasteFromClipboard(): Promise<void> {
  const files: File[] = [];
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((one) => one.startsWith('image/'));
    if (type !== undefined) files.push(new File([await item.getType(type)], '', { type }));
  }
  if (files.length === 0) throw refusal('There is no picture on the clipboard.');
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
}
