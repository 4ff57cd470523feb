/** Pictures dragged out of the window become files of the desktop. */
import { ipcMain, nativeImage, type IpcMainEvent, type NativeImage } from 'electron';
import { dragMessage } from '../../preload/contract/transport.ts';

export interface DragOutParts {
  /** Ids of gallery rows, as they came → files. A page names pictures, never paths. */
  readonly write: (ids: unknown) => Promise<readonly string[]>;
  readonly isOurPage: (event: IpcMainEvent) => boolean;
  readonly note: (text: string) => void;
}

const iconPixels = 96;

/** Serves the page's drags. A drag that comes from anywhere else, or names anything but pictures of the gallery, is noted down and nothing more. */
export function serveDrags({ write, isOurPage, note }: DragOutParts): void {
  ipcMain.on(dragMessage, (event, ids: unknown) => {
    if (!isOurPage(event)) return note(`refused a drag from ${event.senderFrame?.url ?? ''}`);
    write(ids).then((files) => {
      const [file] = files;
      // The window may be gone by now.
      if (file === undefined || event.sender.isDestroyed()) return;
      event.sender.startDrag({ file, files: [...files], icon: iconOf(file) });
    }).catch((error: unknown) => note(`a drag failed: ${error instanceof Error ? error.message : String(error)}`));
  });
}

function iconOf(file: string): NativeImage {
  const picture = nativeImage.createFromPath(file);
  // Of formats that Electron does not read there is no small picture, and without one it refuses to drag.
  if (picture.isEmpty()) return nativeImage.createFromBuffer(Buffer.alloc(iconPixels * iconPixels * 4, 0x80), { width: iconPixels, height: iconPixels });
  const { width, height } = picture.getSize();
  return picture.resize(width > height ? { width: iconPixels } : { height: iconPixels });
}
