import { create } from 'zustand';

/** Small pictures of layers by layer id, painted by the canvas: blob addresses. */
export const useThumbs = create<{ readonly urls: Readonly<Record<string, string>> }>(() => ({ urls: {} }));
