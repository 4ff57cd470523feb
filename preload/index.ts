/** Runs in the sandbox beside the page: hands a MessagePort to main and its other end to the page. Nothing else crosses here. */
import { contextBridge, ipcRenderer } from 'electron';
import { dragMessage, portMessage, type StudioBridge } from './contract/transport.ts';

const bridge: StudioBridge = {
  connect() {
    // The bridge itself cannot carry ports; a message of the window to itself can.
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage(portMessage, null, [port1]);
    window.postMessage(portMessage, window.location.origin, [port2]);
  },
  startDrag(ids) {
    ipcRenderer.send(dragMessage, ids);
  },
};

contextBridge.exposeInMainWorld('studio', bridge);
