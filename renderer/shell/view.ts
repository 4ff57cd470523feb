import { create } from 'zustand';

export type Place = 'canvas' | 'gallery' | 'ask' | 'models';
export type GalleryMode = 'grid' | 'lineage' | 'compare';

interface View {
  readonly place: Place;
  readonly mode: GalleryMode;
  /** The picture opened large, by history id. */
  readonly viewing?: string | undefined;
  readonly lineageOf?: string | undefined;
  readonly compare: { readonly a?: string | undefined; readonly b?: string | undefined };
  readonly queueOpen: boolean;
  readonly settingsOpen: boolean;
  readonly paletteOpen: boolean;
  readonly exportOpen: boolean;
  /** Side panels can be put away when the window is narrow. */
  readonly inspectorOpen: boolean;
  /** Models hides the prompt; `/` brings it back. */
  readonly promptCalled: boolean;
  readonly deleting?: readonly string[] | undefined;
}

/** Where the person is. Nothing of the work lives here, so leaving a place loses nothing. */
export const useView = create<View>(() => ({
  place: 'canvas', mode: 'grid', compare: {}, queueOpen: false, settingsOpen: false, paletteOpen: false, exportOpen: false, inspectorOpen: false, promptCalled: false,
}));

export function go(place: Place, mode: GalleryMode = 'grid'): void {
  useView.setState({ place, viewing: undefined, promptCalled: false, ...(place === 'gallery' ? { mode } : {}) });
}

export function openViewer(id: string): void {
  useView.setState({ viewing: id });
}

export function openLineage(id: string): void {
  useView.setState({ place: 'gallery', mode: 'lineage', lineageOf: id, viewing: undefined });
}

export function openCompare(a: string, b: string): void {
  useView.setState({ place: 'gallery', mode: 'compare', compare: { a, b }, lineageOf: b, viewing: undefined });
}
