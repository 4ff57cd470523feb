import { create } from 'zustand';
import { defaultOptions } from '../tools/tool.ts';
import type { ToolId, ToolOptions } from '../tools/tool.ts';

interface Tools {
  readonly tool: ToolId;
  /** What the next press goes to: Space and Alt hold another tool for a moment. */
  readonly effective: ToolId;
  readonly options: ToolOptions;
}

/** The tool in hand and its settings. Of the page, not of the document. */
export const useTools = create<Tools>(() => ({ tool: 'brush', effective: 'brush', options: defaultOptions }));

export function setOptions(patch: Partial<ToolOptions>): void {
  useTools.setState(({ options }) => ({ options: { ...options, ...patch } }));
}
